internal import Vocabulary

/// Everything that bounds how long a token or a lease lives, and the arithmetic on it.
///
/// Pure: all times are given. **Units** seconds; Unix seconds for points in time. **Source** system wire facts §8.3.
package struct LifeRules: Sendable, Equatable {
    /// More than 250 years: what is longer counts as this, so that no sum overflows.
    package static let longestSeconds = 1 << 33

    /// What the role or the creator gives each time; 0 for the mount's default.
    package var ttlSeconds = 0
    /// The role's longest life; 0 for the mount's.
    package var maxSeconds = 0
    /// A period: each renewal starts it anew; 0 for none.
    package var periodSeconds = 0
    /// The longest life whatever happens, periods included; 0 for none.
    package var explicitMaxSeconds = 0
    /// The mount's default.
    package var mountDefaultSeconds: Int
    /// The mount's longest life.
    package var mountMaxSeconds: Int

    /// The rules of a mount alone.
    package init(mountDefaultSeconds: Int, mountMaxSeconds: Int) {
        self.mountDefaultSeconds = mountDefaultSeconds
        self.mountMaxSeconds = mountMaxSeconds
    }

    /// The rules of a mount alone.
    package init(_ mount: MountPoint) {
        self.init(mountDefaultSeconds: mount.defaultLeaseSeconds, mountMaxSeconds: mount.maxLeaseSeconds)
    }

    /// A stretch of life, from now on.
    package struct Span: Sendable, Equatable {
        /// At least 1.
        package var seconds: Int
        /// The sentence for the envelope's warnings when less than asked is given.
        package var warning: String?
    }

    /// There is nothing left to give: the longest life is over.
    package struct PastMax: Error, Equatable {}

    /// How long something issued at `issued` lives from `now` on, when somebody asks for `increment` seconds; nothing,
    /// zero and less ask for the usual time.
    ///
    /// Never more than is left until the longest life ends, and never 0, which elsewhere means for ever.
    package func span(increment: Int?, issued: Int, now: Int) throws(PastMax) -> Span {
        // A clock that ran backwards must not lengthen a life.
        let age = Self.bounded(now > issued ? now - issued : 0)
        let period = Self.bounded(periodSeconds)
        let limit = period > 0 ? Self.smallest(explicitMaxSeconds) : longest
        var wanted = Self.bounded(increment ?? 0)
        if period > 0 { wanted = Self.smallest(period, longest) ?? period }
        if wanted == 0 { wanted = Self.bounded(ttlSeconds) }
        if wanted == 0 { wanted = Self.bounded(mountDefaultSeconds) }
        guard let limit else { return Span(seconds: max(wanted, 1)) }
        let left = limit - age
        guard left > 0 else { throw PastMax() }
        if wanted == 0 { wanted = left }
        guard wanted > left else { return Span(seconds: wanted) }
        let isAsked = period > 0 || (increment ?? 0) > 0 || ttlSeconds > 0
        return Span(seconds: left, warning: isAsked ? Self.warning(wanted, left) : nil)
    }

    /// The longest life of what is not periodic; nil for none, which no mount has.
    private var longest: Int? { Self.smallest(mountMaxSeconds, maxSeconds, explicitMaxSeconds) }

    private static func bounded(_ seconds: Int) -> Int { min(max(seconds, 0), longestSeconds) }

    /// The smallest of those that say something.
    private static func smallest(_ limits: Int?...) -> Int? {
        limits.compactMap { $0.map(bounded) }.filter { $0 > 0 }.min()
    }

    private static func warning(_ wanted: Int, _ given: Int) -> String {
        let (wanted, given) = (DurationText.spelled(seconds: wanted), DurationText.spelled(seconds: given))
        return "TTL of \"\(wanted)\" exceeded the effective max_ttl of \"\(given)\"; TTL value is capped accordingly"
    }
}
