internal import Barrier
internal import Bytes
internal import DatabaseEngine
internal import EngineKit
internal import Foundation
internal import Leases
internal import PostgreSQLPlugin
internal import SQLiteStorage
internal import Storage
internal import Vocabulary

/// The database engine and the leases as the server has them, over sealed SQLite storage.
final class EngineLoop: Sendable {
    private let backend: SQLiteBackend
    private let engine: DatabaseSecrets
    private let leases: LeaseManager
    private let clock: Task<Void, Never>
    private let clients: Int

    private static let mount = MountPoint(
        MountDescription(path: "database/", type: "database", accessor: "", uuid: "", about: ""),
        systemDefaultSeconds: 3600, systemMaxSeconds: 86_400)

    init(folder: String, server: LocalPostgreSQL, connections: Int, clients: Int) async throws {
        self.clients = clients
        let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
        backend = try await SQLiteBackend.open(directory: folder)
        let storage = SealedStorage(backend, now: now)
        let root = try RootKey.generate()
        try await storage.initialize(root: root, sealRecord: [1])
        try await storage.unseal(root)
        let engine = DatabaseSecrets(
            storage: StorageView(storage, prefix: "mount/db/"), plugins: [PostgreSQLDatabase()], now: now)
        self.engine = engine
        let leases = LeaseManager(storage: storage, engines: OneEngine(engine), now: now)
        self.leases = leases
        try await leases.load()
        try await engine.open()
        clock = Task { await leases.run() }
        try await write(
            "config/pg",
            [
                "plugin_name": "postgresql-database-plugin", "connection_url": server.template,
                "username": LocalPostgreSQL.user, "password": LocalPostgreSQL.password, "allowed_roles": "*",
                "max_open_connections": connections,
            ])
        try await write(
            "roles/ro", ["db_name": "pg", "creation_statements": BareLoop.creation, "default_ttl": "1h"])
    }

    /// Credentials a second.
    func rate(_ count: Int) async throws -> Double {
        let turns = Turns()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask { try await self.ask(count, turns) }
            }
            try await group.waitForAll()
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func ask(_ count: Int, _ turns: Turns) async throws {
        while turns.next() < count {
            guard case .secret(let secret) = try await request(.read, "creds/ro").grant else { return }
            _ = try await leases.register(
                secret, path: "database/creds/ro", at: Self.mount, for: Caller(tokenID: "t"))
        }
    }

    /// Revokes everything by prefix; leases a second.
    func endAll() async throws -> Double {
        let count = leases.count
        let start = ContinuousClock.now
        while leases.count > 0 { try await leases.revoke(below: "database/creds/ro", waits: false) }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    func close() async {
        clock.cancel()
        leases.unload()
        await engine.close()
        await backend.close()
    }

    private func write(_ path: String, _ values: [String: Any]) async throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
        _ = try await request(.write, path, body)
    }

    private func request(_ operation: Vocabulary.Operation, _ path: String, _ body: String = "") async throws
        -> EngineReply
    {
        let command = try Array(path.utf8).withUnsafeBytes { path in
            try Array(body.utf8).withUnsafeBytes { body in
                var request = EngineRequest(
                    operation: operation, path: ByteView(path), body: ByteView(body), maxJSONDepth: 100)
                request.caller = Caller(tokenID: "t", displayName: "token")
                request.mount = Self.mount
                return try engine.resolve(request)
            }
        }
        var writer = ByteWriter()
        return try await engine.performStoring(command, into: &writer)
    }
}

/// Finds the one engine there is.
final class OneEngine: LeaseEngines {
    private let engine: DatabaseSecrets
    init(_ engine: DatabaseSecrets) { self.engine = engine }

    func renew(
        _ lease: LeasedSecret, at mount: String, incrementSeconds: Int
    ) async throws(LeaseFault) -> LeaseTerms { try await engine.renew(lease, incrementSeconds: incrementSeconds) }

    func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault) { try await engine.revoke(lease) }
    func maxLeaseSeconds(at mount: String) -> Int? { 86_400 }
    func storageKey(_ path: String, at mount: String) -> StorageKey? { StorageKey("mount/db/" + path) }
}
