import Barrier
import Foundation
import SQLiteStorage
import Storage
import TestAids
import Testing

/// What sealed storage stands in front of.
enum DiskKind: CaseIterable, CustomTestStringConvertible, Sendable {
    case inMemory
    /// In memory, with other tasks let in around every operation.
    case inMemoryYielding
    case sqlite

    var testDescription: String { "\(self)" }
}

/// A folder for one test's database, removed with the object.
final class SQLitePlace: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "barrier-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/strongroom.db" }

    func open(checksPages: Bool = false) async throws(SQLiteStorageError) -> SQLiteBackend {
        var options = SQLiteBackend.Options()
        options.checksPages = checksPages
        return try await SQLiteBackend.open(directory: path, options: options)
    }
}

/// Open sealed storage for the conformance kit, with faulty storage between it and what is below. Reopening does not
/// seal before, as a crash does not.
actor SealedSubject: StorageSubject {
    nonisolated let sharesRevisions = true
    nonisolated let root: RootKey
    private let kind: DiskKind
    private let place: SQLitePlace
    private let memory = InMemoryStorage()
    private var sqlite: SQLiteBackend?
    private(set) var faulty: FaultyStorage
    private(set) var sealed: SealedStorage

    init(_ kind: DiskKind) async throws {
        self.kind = kind
        place = try SQLitePlace()
        if kind == .sqlite { sqlite = try await place.open() }
        root = try RootKey.generate()
        faulty = FaultyStorage(Self.disk(kind, memory, sqlite))
        sealed = SealedStorage(faulty) { 0 }
        try await sealed.initialize(root: root, sealRecord: [])
        try await sealed.unseal(root)
    }

    private static func disk(
        _ kind: DiskKind, _ memory: InMemoryStorage, _ sqlite: SQLiteBackend?
    ) -> any StorageBackend {
        if let sqlite { return sqlite }
        return kind == .inMemoryYielding ? YieldingStorage(memory) : memory
    }

    var storage: any StorageBackend { sealed }

    func reopen() async throws -> Bool {
        if let old = sqlite {
            await old.close()
            sqlite = try await place.open()
            faulty = FaultyStorage(Self.disk(kind, memory, sqlite))
        }
        let (next, root) = (SealedStorage(faulty) { 0 }, root)
        let error = await failure(BarrierError.self) { try await next.unseal(root) }
        // The kit knows faults as storage tells them.
        if case .storage(let fault)? = error { throw fault }
        if let error { throw error }
        sealed = next
        return true
    }

    func close() async { await sqlite?.close() }
}
