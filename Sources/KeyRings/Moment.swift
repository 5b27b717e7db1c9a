/// A point in time. **Units** seconds since 1970 without leap seconds, and nanoseconds into the second.
package struct Moment: Equatable, Sendable, Comparable {
    /// Whole seconds.
    package let seconds: Int
    /// 0...999,999,999.
    package let nanoseconds: Int

    /// A point in time; nanoseconds out of range count as 0.
    package init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0
    }

    /// Earlier before later.
    package static func < (left: Moment, right: Moment) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
