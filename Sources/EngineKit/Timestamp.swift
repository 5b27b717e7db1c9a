package import Bytes
internal import Glibc

/// A point in time, as records keep it and answers tell it. **Units** seconds since 1970, and nanoseconds on top.
package struct Timestamp: Sendable, Equatable, Comparable {
    /// Whole seconds.
    package let seconds: Int
    /// 0...999,999,999.
    package let nanoseconds: Int

    /// A point in time; nanoseconds out of range count as 0.
    package init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0
    }

    /// Now.
    @Sendable package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// So many seconds later; the end of time where there is no such time.
    package func adding(seconds more: Int) -> Timestamp {
        let (sum, isOver) = seconds.addingReportingOverflow(more)
        return Timestamp(seconds: isOver ? .max : sum, nanoseconds: nanoseconds)
    }

    /// Earlier before later.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The time in RFC 3339, UTC; 0001-01-01T00:00:00Z for what no year of four digits holds.
    package var text: String {
        var writer = ByteWriter(capacity: 40)
        if !TimestampText.append(seconds: seconds, nanoseconds: nanoseconds, to: &writer) {
            _ = TimestampText.append(seconds: TimestampText.zeroSeconds, nanoseconds: 0, to: &writer)
        }
        return writer.view.string
    }
}

extension RecordWriter {
    /// Adds a time, or none.
    package mutating func put(_ time: Timestamp?) {
        // No time that is ever written lies at the end of time.
        put(time?.seconds ?? .min)
        put(time?.nanoseconds ?? 0)
    }
}

extension RecordReader {
    /// The next time, or nil where none was put.
    package mutating func time() throws(RecordFault) -> Timestamp? {
        let (seconds, nanoseconds) = (try int(), try int())
        return seconds == .min ? nil : Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// The next text; what is not UTF-8 is damage.
    package mutating func text() throws(RecordFault) -> String {
        guard let text = try view().validText else { throw RecordFault() }
        return text
    }

    /// The next count of things that each take at least `least` bytes: no damaged number makes the reader reserve
    /// memory for more than the record can hold.
    package mutating func count(ofAtLeast least: Int) throws(RecordFault) -> Int {
        let count = try int()
        guard count >= 0, count <= remaining / max(least, 1) else { throw RecordFault() }
        return count
    }
}

extension ByteView {
    /// The text, or nil where it is not UTF-8.
    package var validText: String? {
        String(validating: UnsafeBufferPointer(start: pointer, count: count), as: UTF8.self)
    }
}
