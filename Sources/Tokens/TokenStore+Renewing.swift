internal import EngineKit

/// Tokens live longer.
extension TokenStore {
    /// A renewal: the token as it is now, and the sentences for the envelope.
    package struct Renewal: Sendable {
        /// The token with its new end.
        package let known: KnownToken
        /// Why it got less than asked for.
        package let warnings: [String]
    }

    /// Gives a token a new end: `increment` seconds from now, or what it was made for. One whose end has come is
    /// unknown, were it by the same second. **Source** system wire facts §8.2, §8.3.
    package func renew(
        _ digest: TokenDigest, increment: Int?, clock: @Sendable () -> Int
    ) async throws(TokenError) -> Renewal {
        guard let before = try await live(digest, now: clock()) else { throw .unknown }
        guard before.entry.expires != 0 else { throw .noLease }
        guard before.entry.isRenewable else { throw .notRenewable }
        guard let mount = mounts.authMount(ofPath: before.entry.path) else { throw .notRenewable }
        // Asked outside of the change: the method may take its time, over a network.
        let login = try await renewedLogin(before.entry)
        var warnings: [String] = []
        let known = try await change(digest) { (entry) throws(TokenError) in
            let now = clock()
            guard !entry.isOver(at: now), entry.expires != 0 else { return false }
            if let login { entry.take(login) }
            let span: LifeRules.Span
            do throws(LifeRules.PastMax) {
                span = try entry.rules(on: mount).span(increment: increment, issued: entry.issued, now: now)
            } catch {
                throw .pastMax
            }
            warnings = span.warning.map { [$0] } ?? []
            entry.expires = now + span.seconds
            entry.renewed = now
            return true
        }
        guard let known else { throw .unknown }
        return Renewal(known: known, warnings: warnings)
    }

    private func renewedLogin(_ entry: TokenEntry) async throws(TokenError) -> Login? {
        guard let login = entry.login else { return nil }
        do throws(LeaseFault) {
            return try await mounts.renewLogin(login, path: entry.path)
        } catch {
            switch error {
            case .refused(let sentence): throw .refused(sentence)
            case .unavailable: throw .methodUnavailable
            }
        }
    }
}

extension TokenEntry {
    /// Takes over what the method says at a renewal of the times; policies stay as they were at login.
    mutating func take(_ login: Login) {
        self.login = login
        ttlSeconds = login.token.ttlSeconds
        maxSeconds = login.token.maxSeconds
        periodSeconds = login.token.periodSeconds
        // A limit given at login is never lifted.
        let limits = [explicitMaxSeconds, login.token.explicitMaxSeconds].filter { $0 > 0 }
        explicitMaxSeconds = limits.min() ?? 0
    }
}
