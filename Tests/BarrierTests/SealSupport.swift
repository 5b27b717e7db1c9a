import Barrier
import Bytes
import Foundation
import Primitives
import Storage
import Synchronization
import TestAids

/// Another server's transit key, as far as a seal sees it.
final class TestTransit: TransitSealClient {
    private let kept = Mutex<[String: KeyShare]>([:])
    let isDown = Atomic(false)

    func encrypt(_ secret: KeyShare) async throws(SealError) -> String {
        if isDown.load(ordering: .relaxed) { throw .providerUnavailable }
        return kept.withLock { kept in
            let text = "vault:v1:\(kept.count)"
            kept[text] = secret
            return text
        }
    }

    func decrypt(_ ciphertext: String) async throws(SealError) -> KeyShare {
        if isDown.load(ordering: .relaxed) { throw .providerUnavailable }
        guard let secret = kept.withLock({ $0[ciphertext] }) else { throw .refused }
        return secret
    }
}

/// A keeper over storage in memory.
struct KeeperFixture {
    let disk: InMemoryStorage
    let faulty: FaultyStorage
    let storage: SealedStorage
    let keeper: SealKeeper

    init(_ seal: (any Seal)? = nil, over disk: InMemoryStorage = InMemoryStorage()) {
        self.disk = disk
        faulty = FaultyStorage(disk)
        storage = SealedStorage(faulty) { 0 }
        keeper = SealKeeper(storage, seal: seal)
    }

    /// An initialised and open server, and its shares.
    static func open(
        _ shares: Int = 5, _ threshold: Int = 3, seal: (any Seal)? = nil
    ) async throws -> (KeeperFixture, [KeyShare]) {
        let fixture = KeeperFixture(seal)
        let count = ShareCount(shares: shares, threshold: threshold)
        let result = try await fixture.keeper.initialize(InitializationRequest(count: count, recovery: count))
        if seal == nil { try await fixture.unseal(result.shares.prefix(threshold)) }
        return (fixture, result.shares + result.recoveryShares)
    }

    /// A new server over the same disk.
    func restarted(_ seal: (any Seal)? = nil) -> KeeperFixture { KeeperFixture(seal, over: disk) }

    @discardableResult
    func unseal(_ shares: some Sequence<KeyShare>, migrate: Bool = false) async throws -> SealStatus {
        var status = try await keeper.status()
        for share in shares { status = try await keeper.unseal(share, migrate: migrate) }
        return status
    }

    /// Whether these shares unseal a new server over the same disk.
    func opens(_ shares: some Sequence<KeyShare>) async throws -> Bool {
        let other = restarted()
        do { try await other.unseal(shares) } catch SealFault.invalidKey { return false }
        return !other.storage.isSealed
    }

    func put(_ path: String, _ value: [UInt8]) async throws {
        var batch = WriteBatch()
        batch.put(StorageKey(path), value)
        try await storage.commit(batch)
    }

    func read(_ path: String) async throws -> [UInt8]? { try await storage.read(StorageKey(path))?.value }
}

/// A file that is gone with the value.
final class TestFile {
    let path = FileManager.default.temporaryDirectory.path + "/barrier-\(UUID().uuidString)"

    init(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

func share(_ bytes: [UInt8]) -> KeyShare { withView(bytes) { KeyShare(copying: $0) } }

/// The fault that the body throws.
func fault(_ body: () async throws -> Void) async -> SealFault? { await failure(SealFault.self, body) }
