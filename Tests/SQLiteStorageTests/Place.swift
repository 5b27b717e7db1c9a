import Foundation
import SQLiteStorage
import Storage
import TestAids

/// A folder for one test, removed with the object.
final class Place: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/strongroom.db" }

    func open(_ change: (inout SQLiteBackend.Options) -> Void = { _ in }) async throws -> SQLiteBackend {
        var options = SQLiteBackend.Options()
        change(&options)
        return try await SQLiteBackend.open(directory: path, options: options)
    }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
    }
}

/// SQLite storage for the conformance kit.
actor SQLiteSubject: StorageSubject {
    private let place: Place
    private var backend: SQLiteBackend
    private let changes: @Sendable (inout SQLiteBackend.Options) -> Void

    init(_ changes: @escaping @Sendable (inout SQLiteBackend.Options) -> Void = { _ in }) async throws {
        place = try Place()
        self.changes = changes
        backend = try await place.open(changes)
    }

    var storage: any StorageBackend { backend }

    func reopen() async throws -> Bool {
        await backend.close()
        backend = try await place.open(changes)
        return true
    }

    func close() async { await backend.close() }
}
