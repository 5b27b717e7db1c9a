import Bytes
import EngineKit
import Foundation
import Leases
import MariaDBPlugin
import PostgreSQLPlugin
import RedisPlugin
import Storage
import TestAids
import Vocabulary

@testable import DatabaseEngine

/// One mounted engine with leases, over storage that may outlive both.
final class Mounted: Sendable {
    let storage: any StorageBackend
    let engine: DatabaseSecrets
    let leases: LeaseManager
    static let point = MountPoint(
        MountDescription(path: "database/", type: "database", accessor: "", uuid: "", about: ""),
        systemDefaultSeconds: 3600, systemMaxSeconds: 86_400)
    private let clock: Task<Void, Never>?

    init(_ storage: any StorageBackend = InMemoryStorage(), ticks: Bool = true) async throws {
        self.storage = storage
        let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
        engine = DatabaseSecrets(
            storage: StorageView(storage, prefix: "mount/db/"),
            plugins: [PostgreSQLDatabase(), MariaDBDatabase(), RedisDatabase()], secondLookSeconds: 1, now: now)
        let holder = EngineHolder(engine)
        let leases = LeaseManager(storage: storage, engines: holder, now: now)
        self.leases = leases
        try await leases.load()
        try await engine.open()
        clock = ticks ? Task { await leases.run() } : nil
    }

    func close() async {
        clock?.cancel()
        leases.unload()
        await engine.close()
    }

    /// One request; the data as an object, and the grant.
    @discardableResult
    func ask(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = ""
    ) async throws -> (data: [String: Any], grant: Grant?) {
        let command = try withView(path) { path in
            try withView(body) { body in
                var request = EngineRequest(operation: operation, path: path, body: body, maxJSONDepth: 100)
                request.caller = Caller(tokenID: "t", displayName: "bob'; DROP ROLE x; --")
                request.mount = Self.point
                return try engine.resolve(request)
            }
        }
        var writer = ByteWriter()
        let reply = try await engine.performStoring(command, into: &writer)
        let text = writer.view.string
        let data = try text.isEmpty ? nil : JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (data ?? [:], reply.grant)
    }

    func write(_ path: String, _ values: [String: Any]) async throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
        try await ask(.write, path, body)
    }

    /// A leased user.
    func credentials(_ role: String) async throws -> (username: String, password: String, leaseID: String) {
        let (data, grant) = try await ask(.read, "creds/" + role)
        guard case .secret(let secret) = grant, let name = data["username"] as? String,
            let password = data["password"] as? String
        else { throw DatabaseError.storage }
        let ticket = try await leases.register(
            secret, path: "database/creds/" + role, at: Self.point, for: Caller(tokenID: "t"))
        return (name, password, ticket.leaseID)
    }
}

/// Finds the one engine there is.
final class EngineHolder: LeaseEngines {
    let engine: DatabaseSecrets
    init(_ engine: DatabaseSecrets) { self.engine = engine }
    func renew(_ lease: LeasedSecret, at mount: String, incrementSeconds: Int) async throws(LeaseFault) -> LeaseTerms {
        try await engine.renew(lease, incrementSeconds: incrementSeconds)
    }
    func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault) { try await engine.revoke(lease) }
    func maxLeaseSeconds(at mount: String) -> Int? { 86_400 }
    func storageKey(_ path: String, at mount: String) -> StorageKey? { StorageKey("mount/db/" + path) }
}

/// Waits until something holds.
func eventually(seconds: Double = 30, _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

/// Whether one can log in.
func works(
    _ plugin: any DatabasePlugin, _ url: String, _ name: String, _ password: String, _ options: [String: String] = [:]
) -> Bool {
    do throws(DatabaseFault) {
        let link = try plugin.connect(
            ConnectionDetails(url: url, username: name, password: password, options: options))
        defer { link.close() }
        try link.perform(.verify)
        return true
    } catch {
        return false
    }
}
