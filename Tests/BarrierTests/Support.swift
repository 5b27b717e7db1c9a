import Barrier
import Bytes
import Primitives
import Storage
import Synchronization
import TestAids
import Testing

/// A clock that tests set.
final class TestClock: Sendable {
    private let seconds = Atomic(1_700_000_000)

    var now: Int { seconds.load(ordering: .relaxed) }

    func set(_ time: Int) { seconds.store(time, ordering: .relaxed) }

    func advance(_ by: Int) { seconds.add(by, ordering: .relaxed) }
}

/// A sealed database over storage in memory that tests can meddle with.
struct Fixture {
    let disk: InMemoryStorage
    let faulty: FaultyStorage
    let clock = TestClock()
    let root: RootKey
    let sealed: SealedStorage

    static let sealRecord: [UInt8] = Array("a seal's record".utf8)

    /// An initialised and open database.
    static func open(
        witness: (any EpochWitness)? = nil, messageLimit: Int = 1 << 31,
        values: [(key: StorageKey, value: [UInt8])] = []
    ) async throws -> Fixture {
        let fixture = try Fixture(witness: witness, messageLimit: messageLimit)
        try await fixture.sealed.initialize(root: fixture.root, sealRecord: sealRecord, values: values)
        try await fixture.sealed.unseal(fixture.root)
        return fixture
    }

    init(witness: (any EpochWitness)? = nil, messageLimit: Int = 1 << 31) throws {
        disk = InMemoryStorage()
        faulty = FaultyStorage(disk)
        root = try RootKey.generate()
        sealed = SealedStorage(faulty, witness: witness, messageLimit: messageLimit) { [clock] in clock.now }
    }

    /// A second server over the same disk, sealed.
    func another(
        over backend: (any StorageBackend)? = nil, witness: (any EpochWitness)? = nil, acceptsNewWitness: Bool = false
    ) -> SealedStorage {
        SealedStorage(backend ?? disk, witness: witness, acceptsNewWitness: acceptsNewWitness) { [clock] in clock.now }
    }

    func put(_ path: String, _ value: [UInt8]) async throws {
        var batch = WriteBatch()
        batch.put(StorageKey(path), value)
        try await sealed.commit(batch)
    }

    func read(_ path: String) async throws -> [UInt8]? { try await sealed.read(StorageKey(path))?.value }
}

extension InMemoryStorage {
    /// All that is stored.
    func contents() async throws -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for key in try await list(under: "", after: nil, limit: .max) {
            result[key.path] = try await read(key)?.value
        }
        return result
    }

    /// Storage with just these contents.
    static func holding(_ contents: [String: [UInt8]]) async throws -> InMemoryStorage {
        let storage = InMemoryStorage()
        var batch = WriteBatch()
        for (path, value) in contents { batch.put(StorageKey(path), value) }
        try await storage.commit(batch)
        return storage
    }

    func put(_ path: String, _ value: [UInt8]?) async throws {
        var batch = WriteBatch()
        if let value { batch.put(StorageKey(path), value) } else { batch.delete(StorageKey(path)) }
        try await commit(batch)
    }
}

/// The error that the body throws.
func failure<E: Error>(_: E.Type, _ body: () async throws -> Void) async -> E? {
    do { try await body() } catch { return error as? E }
    return nil
}
