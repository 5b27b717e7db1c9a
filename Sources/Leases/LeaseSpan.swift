package import EngineKit

/// How long a lease lives from now on. **Source** system wire facts §8.3.
package struct LeaseSpan: Sendable, Equatable {
    /// **Units** seconds from now, at least 1.
    package var seconds: Int
    /// Longest life over all renewals, from the issue on. **Units** seconds.
    package var maxSeconds: Int
    /// What a client is told of a wish that was cut.
    package var warning: String?

    /// No lease lives longer, whatever anybody wishes: a hundred years.
    package static let longest = 100 * 365 * 86_400

    /// The span of a new lease: the engine's wish or the mount's default, within the engine's and the mount's longest.
    package static func issue(
        _ terms: LeaseTerms, defaultSeconds: Int, mountMaxSeconds: Int
    ) -> LeaseSpan {
        let most = bound(terms.maxSeconds, mountMaxSeconds)
        let wish = terms.ttlSeconds > 0 ? terms.ttlSeconds : max(defaultSeconds, 1)
        return LeaseSpan(
            seconds: min(wish, most), maxSeconds: most, warning: terms.ttlSeconds > most ? capped(wish, most) : nil)
    }

    /// The span of a renewal at `now`; nil once the lease has lived as long as it may.
    package static func renewal(
        wishSeconds: Int?, ttlSeconds: Int, maxSeconds: Int, mountMaxSeconds: Int, issuedUnixSeconds: Int, now: Int
    ) -> LeaseSpan? {
        let most = bound(maxSeconds, mountMaxSeconds)
        // A clock that went back does not make a lease younger than new.
        let age = max(0, now &- issuedUnixSeconds)
        let rest = most - min(age, most)
        guard rest > 0 else { return nil }
        let wish = if let wishSeconds, wishSeconds > 0 { wishSeconds } else { max(ttlSeconds, 1) }
        return LeaseSpan(
            seconds: min(wish, rest), maxSeconds: most, warning: wish > rest ? capped(wish, rest) : nil)
    }

    private static func bound(_ seconds: Int, _ mountMaxSeconds: Int) -> Int {
        let mountMax = min(max(mountMaxSeconds, 1), longest)
        return seconds > 0 ? min(seconds, mountMax) : mountMax
    }

    private static func capped(_ wish: Int, _ most: Int) -> String {
        "TTL of \"\(text(wish))\" exceeded the effective max_ttl of \"\(text(most))\"; "
            + "TTL value is capped accordingly"
    }

    /// As the field's clients spell durations: `1h30m0s`.
    private static func text(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        if hours > 0 { return "\(hours)h\(minutes)m\(rest)s" }
        return minutes > 0 ? "\(minutes)m\(rest)s" : "\(rest)s"
    }
}
