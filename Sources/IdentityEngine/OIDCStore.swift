internal import Bytes
internal import EngineKit
internal import Identity
internal import Primitives
internal import Storage
internal import Synchronization
internal import Vocabulary

/// A named key of identity tokens, with its generations.
struct NamedKey: Sendable {
    /// A generation that only verifies.
    struct Retired: Sendable {
        let key: SigningKey
        /// **Units** Unix seconds.
        let endsUnixSeconds: Int
    }

    var algorithm: SigningAlgorithm
    var rotationSeconds: Int
    var verificationSeconds: Int
    var clientIDs: [String]
    var current: SigningKey
    var retired: [Retired] = []
    /// **Units** Unix seconds.
    var rotatedUnixSeconds: Int
}

/// What a token is made by.
struct TokenRole: Sendable, Equatable {
    var key: String
    var template: String
    var ttlSeconds: Int
    var clientID: String
}

/// Keys, roles and the issuer of identity tokens: records in storage, all of it in memory.
///
/// **Concurrency** as `IdentityStore`.
final class OIDCStore: Sendable {
    struct State: Sendable {
        var issuer = ""
        var keys: [String: NamedKey] = [:]
        var roles: [String: TokenRole] = [:]
    }

    static let (keyFolder, roleFolder, configuration) = ("key/", "role/", "config")
    /// Generations of a key that are kept, whatever their times say.
    private static let maxRetired = 100
    private let storage: StorageView
    private let defaultIssuer: @Sendable () -> String
    let now: @Sendable () -> Int
    private let turns = Turns()
    private let state = Mutex(State())

    init(storage: StorageView, defaultIssuer: @escaping @Sendable () -> String, now: @escaping @Sendable () -> Int) {
        (self.storage, self.defaultIssuer, self.now) = (storage, defaultIssuer, now)
    }

    var picture: State { state.withLock { $0 } }

    /// The issuer, as tokens name it.
    var issuer: String {
        let set = picture.issuer
        return (set.isEmpty ? defaultIssuer() : set) + "/v1/identity/oidc"
    }

    // MARK: - Storage

    func load() async throws(IdentityPathError) {
        var loaded = State()
        do {
            if let entry = try await storage.read(Self.configuration) {
                loaded.issuer = String(decoding: entry.value, as: UTF8.self)
            }
            for path in try await storage.list(under: Self.keyFolder) {
                guard let entry = try await storage.read(path) else { continue }
                let name = String(path.dropFirst(Self.keyFolder.count))
                loaded.keys[name] = try entry.value.withUnsafeBytes { try NamedKey(record: ByteView($0)) }
            }
            for path in try await storage.list(under: Self.roleFolder) {
                guard let entry = try await storage.read(path) else { continue }
                let name = String(path.dropFirst(Self.roleFolder.count))
                loaded.roles[name] = try entry.value.withUnsafeBytes { try TokenRole(record: ByteView($0)) }
            }
        } catch {
            throw .identity(.storage)
        }
        state.withLock { $0 = loaded }
    }

    func unload() { state.withLock { $0 = State() } }

    private func change(
        _ body: @Sendable (inout State, inout WriteBatch) throws(IdentityPathError) -> Void
    ) async throws(IdentityPathError) {
        try await turns.run { () async throws(IdentityPathError) in
            var (next, batch) = (self.picture, WriteBatch())
            try body(&next, &batch)
            do throws(StorageError) { try await self.storage.commit(batch) } catch { throw .identity(.storage) }
            self.state.withLock { $0 = next }
        }
    }

    // MARK: - Changes

    func setIssuer(_ issuer: String) async throws(IdentityPathError) {
        try await change { (state, batch) throws(IdentityPathError) in
            state.issuer = issuer
            batch.put(StorageKey(Self.configuration), Array(issuer.utf8))
        }
    }

    func putKey(
        _ name: String, _ wish: @escaping @Sendable (inout NamedKey) -> Void, algorithm: SigningAlgorithm?
    ) async throws(IdentityPathError) {
        let now = now()
        let before = picture.keys[name]?.algorithm
        // Pairs are costly: only one that is needed is made.
        let isNeeded = before == nil || algorithm.map { $0 != before } ?? false
        let fresh = isNeeded ? try Self.generate(algorithm ?? before ?? .rs256) : nil
        try await change { (state, batch) throws(IdentityPathError) in
            var key: NamedKey
            if let known = state.keys[name] {
                key = known
                if let algorithm, algorithm != known.algorithm {
                    guard let fresh, fresh.algorithm == algorithm else { throw .keyMissing(name) }
                    key.retire(at: now)
                    (key.algorithm, key.current, key.rotatedUnixSeconds) = (algorithm, fresh, now)
                }
            } else {
                guard let fresh else { throw .keyMissing(name) }
                key = NamedKey(
                    algorithm: fresh.algorithm, rotationSeconds: 86_400, verificationSeconds: 86_400,
                    clientIDs: [], current: fresh, rotatedUnixSeconds: now)
            }
            wish(&key)
            if key.rotationSeconds < 60 { throw .rotationTooShort }
            state.keys[name] = key
            batch.put(StorageKey(Self.keyFolder + name), try key.record)
        }
    }

    func rotate(_ name: String, verificationSeconds: Int?) async throws(IdentityPathError) {
        guard let known = picture.keys[name] else { throw .keyMissing(name) }
        let fresh = try Self.generate(known.algorithm)
        let now = now()
        try await change { (state, batch) throws(IdentityPathError) in
            guard var key = state.keys[name], key.algorithm == fresh.algorithm else { throw .keyMissing(name) }
            key.retire(at: now, verificationSeconds: verificationSeconds)
            (key.current, key.rotatedUnixSeconds) = (fresh, now)
            state.keys[name] = key
            batch.put(StorageKey(Self.keyFolder + name), try key.record)
        }
    }

    func deleteKey(_ name: String) async throws(IdentityPathError) {
        try await change { (state, batch) throws(IdentityPathError) in
            let roles = state.roles.filter { $0.value.key == name }.keys.sorted()
            if !roles.isEmpty { throw .keyInUse(name, roles: roles) }
            state.keys[name] = nil
            batch.delete(StorageKey(Self.keyFolder + name))
        }
    }

    func putRole(
        _ name: String, _ wish: @escaping @Sendable (inout TokenRole) -> Void
    ) async throws(IdentityPathError) {
        let clientID = try Self.newClientID()
        try await change { (state, batch) throws(IdentityPathError) in
            var role = state.roles[name] ?? TokenRole(key: "", template: "", ttlSeconds: 86_400, clientID: clientID)
            wish(&role)
            if role.clientID.isEmpty { role.clientID = clientID }
            if role.key.isEmpty { throw .keyParameterMissing }
            state.roles[name] = role
            batch.put(StorageKey(Self.roleFolder + name), role.record)
        }
    }

    func deleteRole(_ name: String) async throws(IdentityPathError) {
        try await change { (state, batch) throws(IdentityPathError) in
            state.roles[name] = nil
            batch.delete(StorageKey(Self.roleFolder + name))
        }
    }

    /// Rotates what is due, and drops generations that verify no more.
    func maintain(nowUnixSeconds now: Int) async {
        for (name, key) in picture.keys {
            if now - key.rotatedUnixSeconds >= key.rotationSeconds {
                // What fails is tried again next time.
                try? await rotate(name, verificationSeconds: nil)
            } else if key.retired.contains(where: { $0.endsUnixSeconds <= now }) {
                try? await change { (state, batch) throws(IdentityPathError) in
                    guard var key = state.keys[name] else { return }
                    key.retired.removeAll { $0.endsUnixSeconds <= now }
                    state.keys[name] = key
                    batch.put(StorageKey(Self.keyFolder + name), try key.record)
                }
            }
        }
    }

    // MARK: - Making

    private static func generate(_ algorithm: SigningAlgorithm) throws(IdentityPathError) -> SigningKey {
        do throws(AsymmetricError) {
            var id = ByteWriter(capacity: 36)
            do throws(CryptoError) {
                try id.append(room: 36) { output throws(CryptoError) in
                    try RandomSource.uuid(into: output)
                    return 36
                }
            } catch {
                throw .unsupportedOperation
            }
            return SigningKey(
                id: id.view.string, algorithm: algorithm, key: try PrivateKey.generate(algorithm.pair))
        } catch {
            throw .signing
        }
    }

    /// 26 characters out of 62; bytes that would favour some of them are left out.
    private static func newClientID() throws(IdentityPathError) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var text: [UInt8] = []
        while text.count < 26 {
            var random = ByteWriter(capacity: 64)
            do throws(CryptoError) {
                try random.append(room: 64) { output throws(CryptoError) in
                    try RandomSource.fill(UnsafeMutableRawBufferPointer(start: output, count: 64))
                    return 64
                }
            } catch {
                throw .identity(.noRandomness)
            }
            text += random.view.array.filter { $0 < 248 }.map { alphabet[Int($0) % 62] }
        }
        return String(decoding: text.prefix(26), as: UTF8.self)
    }
}

extension NamedKey {
    mutating func retire(at now: Int, verificationSeconds: Int? = nil) {
        let seconds = verificationSeconds ?? self.verificationSeconds
        let (ends, isOver) = now.addingReportingOverflow(seconds)
        retired.removeAll { $0.endsUnixSeconds <= now }
        retired.append(Retired(key: current, endsUnixSeconds: isOver ? .max : ends))
        if retired.count > 100 { retired.removeFirst() }
    }
}
