internal import Bytes
internal import EngineKit
internal import Foundation
internal import Policies
internal import Storage
internal import Tokens
internal import Vocabulary

/// Tokens and policies over storage in memory.
struct AccessHouse {
    private let backend = InMemoryStorage()
    private let tokenStore: TokenStore
    private let policyStore: PolicyStore
    private let policyCount: Int
    private static let epoch = 1_800_000_000

    /// Policies that grant what applications need, each for paths of its own.
    init(policies: Int) async throws {
        policyCount = policies
        policyStore = PolicyStore(storage: StorageView(backend, prefix: "core/policy/")) { _ in false }
        tokenStore = TokenStore(
            storage: StorageView(backend, prefix: "core/token/"), mounts: NoAuthMounts(), now: { Self.epoch })
        try await tokenStore.open()
        for number in 0..<policies {
            _ = try await policyStore.put(Self.policy(number), text: Self.text(number))
        }
    }

    /// The same storage as the next run of a server finds it.
    func reopened() async throws -> TokenStore {
        let store = TokenStore(
            storage: StorageView(backend, prefix: "core/token/"), mounts: NoAuthMounts(), now: { Self.epoch })
        try await store.open()
        return store
    }

    private static func policy(_ number: Int) -> String { "team-\(number)" }

    private static func text(_ number: Int) -> String {
        """
        path "transit/encrypt/team-\(number)" { capabilities = ["update"] }
        path "transit/decrypt/team-\(number)" { capabilities = ["update"] }
        path "secret/data/team-\(number)/*" { capabilities = ["create", "read", "update", "delete", "list"] }
        path "secret/metadata/+/team-\(number)" { capabilities = ["list"] }
        """
    }

    // MARK: - Tokens

    /// A token as a client sends it, and a path that it may write to.
    struct Visitor {
        let token: ByteView
        let path: ByteView

        /// Keeps both for as long as the process runs.
        init(_ token: SealSecret, _ path: String) {
            self.token = token.exposing { Self.kept($0.array) }
            self.path = Self.kept(Array(path.utf8))
        }

        private static func kept(_ bytes: [UInt8]) -> ByteView {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyBytes(from: bytes)
            return ByteView(UnsafeRawBufferPointer(memory))
        }
    }

    /// Tokens with one policy each.
    func tokens(_ count: Int) async throws -> [Visitor] {
        var result: [Visitor] = []
        for number in 0..<count {
            let team = number % policyCount
            let made = try await make([Self.policy(team)])
            result.append(Visitor(made.token, "transit/encrypt/team-\(team)"))
        }
        return result
    }

    /// A token that has every policy.
    func tokenOfAll() async throws -> Visitor {
        let made = try await make((0..<policyCount).map(Self.policy))
        return Visitor(made.token, "transit/encrypt/team-\(policyCount / 2)")
    }

    /// A root token.
    func rootToken() async throws -> Visitor {
        Visitor(try await tokenStore.makeRoot(now: Self.epoch), "transit/encrypt/team-0")
    }

    /// Tokens that are only there.
    func crowd(_ count: Int) async throws {
        for number in 0..<max(count, 0) { _ = try await make([Self.policy(number % policyCount)]) }
    }

    private func make(_ policies: [String]) async throws -> MadeToken {
        var draft = TokenEntry()
        draft.policies = policies
        draft.path = "auth/token/create"
        draft.ttlSeconds = 86_400
        return try await tokenStore.make(draft, now: Self.epoch)
    }

    // MARK: - The two steps

    /// What the first stages of a request take for one visitor after another, the median of rounds.
    func nanoseconds(_ visitors: [Visitor], seconds: Double) async throws -> Double {
        // The first request of a token that memory does not hold in full goes to storage.
        for visitor in visitors { _ = try await tokenStore.use(visitor.token.array, from: .unknown) }
        var rounds: [Double] = []
        let end = ContinuousClock.now + .seconds(seconds)
        let turns = max(visitors.count, 20_000)
        while ContinuousClock.now < end || rounds.count < 3 {
            let start = ContinuousClock.now
            for turn in 0..<turns { try admit(visitors[turn % visitors.count]) }
            rounds.append((ContinuousClock.now - start) / .nanoseconds(1) / Double(turns))
        }
        return rounds.sorted()[rounds.count / 2]
    }

    private func admit(_ visitor: Visitor) throws {
        guard case .known(let caller) = tokenStore.standing(of: visitor.token, from: .unknown),
            let rule = policyStore.rules(of: caller).rule(for: visitor.path, isList: false),
            rule.capabilities.contains(.update)
        else { throw Refused() }
    }

    /// Nobody who is measured is refused.
    private struct Refused: Error {}
}

/// No auth methods: tokens are made directly.
private struct NoAuthMounts: LoginMounts {
    func authMount(ofPath path: String) -> MountPoint? { nil }
    func renewLogin(_ login: Login, path: String) async throws(LeaseFault) -> Login { login }
}
