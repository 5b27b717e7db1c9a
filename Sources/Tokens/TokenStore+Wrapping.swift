package import EngineKit
internal import Storage
internal import Vocabulary

/// Answers kept for one reader, each behind a token of its own that is good for one use.
///
/// **Source** system wire facts §9.
extension TokenStore: ResponseWrapping {
    static let wrapped = "wrapped/"
    /// The policy of wrapping tokens, which nothing else gets.
    package static let wrappingPolicy = "response-wrapping"

    /// What `lookup` tells of a wrapped answer.
    package struct WrapFacts: Sendable, Equatable {
        /// The path of the request whose answer it is.
        package let path: String
        /// **Units** seconds.
        package let seconds: Int
        /// **Units** Unix seconds.
        package let created: Int
        /// What `created` leaves out.
        package let createdNanoseconds: Int
    }

    package func wrap(_ wish: WrapWish) async throws(TokenFault) -> WrapInfo {
        do throws(TokenError) {
            let created = SteadyClock().unixNanoseconds
            // The second is the store's, so that it agrees with when the token ends.
            return try await keep(WrappedAnswer(wish, created: (now(), created % 1_000_000_000)))
        } catch {
            throw TokenFault(error)
        }
    }

    private func keep(_ answer: WrappedAnswer) async throws(TokenError) -> WrapInfo {
        var entry = TokenEntry()
        entry.policies = [Self.wrappingPolicy]
        entry.path = answer.path
        entry.numUses = 1
        entry.ttlSeconds = min(max(answer.seconds, 1), LifeRules.longestSeconds)
        entry.explicitMaxSeconds = entry.ttlSeconds
        let made = try await make(
            entry, now: answer.created.seconds, with: { StoredBeside(Self.wrapped + $0, answer.record) })
        return WrapInfo(
            token: made.token, accessor: made.known.entry.accessor, seconds: entry.ttlSeconds,
            createdUnixSeconds: answer.created.seconds, createdNanoseconds: answer.created.nanoseconds,
            creationPath: answer.path, wrappedAccessor: answer.wrappedAccessor)
    }

    /// What is kept behind a wrapping token, without using it up; nil for all other tokens.
    package func wrapFacts(_ token: SealSecret) async throws(TokenError) -> WrapFacts? {
        guard let known = try await inspect(token, now: now()), known.isWrapping,
            let answer = try await wrappedAnswer(known.id)
        else { return nil }
        return WrapFacts(
            path: answer.path, seconds: answer.seconds, created: answer.created.seconds,
            createdNanoseconds: answer.created.nanoseconds)
    }

    /// Uses a wrapping token up and hands out what is behind it, once: of two who come at once, one gets nil.
    package func unwrap(_ token: SealSecret) async throws(TokenError) -> [UInt8]? {
        try await take(token)?.answer
    }

    /// Keeps what is behind a wrapping token under a new one, for the same time anew.
    package func rewrap(_ token: SealSecret) async throws(TokenError) -> WrapInfo? {
        guard var answer = try await take(token) else { return nil }
        answer.created.seconds = now()
        return try await keep(answer)
    }

    /// The same two for a request that came with the wrapping token itself, whose use is counted already.
    package func unwrap(by caller: Caller) async throws(TokenError) -> [UInt8]? {
        try await takeAnswer(by: caller)?.answer
    }

    /// What is kept behind the caller's wrapping token, once, for `cubbyhole/response`.
    package func answer(keptFor caller: Caller) async throws(TokenFault) -> [UInt8]? {
        do throws(TokenError) { return try await unwrap(by: caller) } catch { throw TokenFault(error) }
    }

    /// See above.
    package func rewrap(by caller: Caller) async throws(TokenError) -> WrapInfo? {
        guard var answer = try await takeAnswer(by: caller) else { return nil }
        answer.created.seconds = now()
        return try await keep(answer)
    }

    private func takeAnswer(by caller: Caller) async throws(TokenError) -> WrappedAnswer? {
        guard caller.tokenPolicies == [Self.wrappingPolicy], let digest = TokenDigest(hex: caller.tokenID),
            let answer = try await wrappedAnswer(caller.tokenID)
        else { return nil }
        return try await revoke(digest) ? answer : nil
    }

    private func take(_ token: SealSecret) async throws(TokenError) -> WrappedAnswer? {
        guard let known = try await inspect(token, now: now()), known.isWrapping, known.entry.numUses == 1,
            let answer = try await wrappedAnswer(known.id)
        else { return nil }
        // The end of the token is one commit, which only one of many who try brings about.
        return try await revoke(known.digest) ? answer : nil
    }

    private func wrappedAnswer(_ id: String) async throws(TokenError) -> WrappedAnswer? {
        guard let stored = try await read(Self.wrapped + id) else { return nil }
        guard let answer = WrappedAnswer(record: stored.value) else { throw .damaged }
        return answer
    }
}

extension KnownToken {
    /// Whether an answer is kept behind it.
    var isWrapping: Bool { entry.policies == [TokenStore.wrappingPolicy] }
}
