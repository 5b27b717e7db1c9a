internal import Bytes
internal import EngineKit
internal import Storage
internal import Synchronization

extension DatabaseSecrets {
    func read(_ path: String) async throws(DatabaseError) -> StorageEntry? {
        do throws(StorageError) { return try await storage.read(path) } catch { throw .storage }
    }

    /// A record; nil when there is none. What is none is damage.
    func stored<Value: StoredRecord>(_ path: String) async throws(DatabaseError) -> Value? {
        guard let entry = try await read(path) else { return nil }
        guard let value = Value(stored: entry.value) else { throw .storage }
        return value
    }

    @discardableResult
    func store(_ value: some StoredRecord, at path: String) async throws(DatabaseError) -> UInt64 {
        var batch = WriteBatch()
        batch.put(StorageKey(path), value.record)
        do throws(StorageError) { return try await storage.commit(batch) } catch { throw .storage }
    }

    func remove(_ path: String) async throws(DatabaseError) -> EngineReply {
        var batch = WriteBatch()
        batch.delete(StorageKey(path))
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
        return .noContent
    }

    /// The names in a folder, sorted.
    func names(_ folder: String) async throws(DatabaseError) -> [String] {
        do throws(StorageError) {
            return try await storage.list(under: folder, limit: 100_000).map { String($0.dropFirst(folder.count)) }
        } catch {
            throw .storage
        }
    }

    func list(_ folder: String, into body: inout ByteWriter) async throws(DatabaseError) -> EngineReply {
        let names = try await names(folder)
        guard !names.isEmpty else { throw .nothingThere }
        JSON.object(["keys": .array(names.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }

    func configuration(_ name: String) async throws(DatabaseError) -> DatabaseConfiguration {
        guard let found: DatabaseConfiguration = try await stored("config/" + name) else {
            throw .unknownDatabase(name)
        }
        return found
    }

    func plugin(_ name: String) throws(DatabaseError) -> any DatabasePlugin {
        guard let plugin = plugins.first(where: { $0.names.contains(name) }) else { throw .unknownPlugin(name) }
        return plugin
    }

    /// Has a database do something, over its kept connections.
    func perform(
        _ work: DatabaseWork, on name: String, _ configuration: DatabaseConfiguration
    ) async throws(DatabaseError) {
        let plugin = try plugin(configuration.plugin)
        let pool = pools.withLock { pools in
            if let pool = pools[name] { return pool }
            let pool = LinkPool(plugin, configuration.details(), limit: configuration.maxOpenConnections)
            pools[name] = pool
            return pool
        }
        do throws(DatabaseFault) { try await pool.perform(work) } catch {
            throw .database(error.hiding([configuration.password, work.secret]))
        }
    }

    /// Ends the connections of a database; the next work makes new ones.
    func drop(_ name: String) async {
        let pool = pools.withLock { $0.removeValue(forKey: name) }
        await pool?.close()
    }

    func newPassword(_ policy: String) throws(DatabaseError) -> String {
        if policy.isEmpty {
            guard let password = RandomText.password() else { throw .noRandomness }
            return password
        }
        guard let secret = passwords?.password(byPolicy: policy) else { throw .unknownPolicy }
        return secret.exposing { $0.string }
    }
}

extension DatabaseWork {
    /// What must not appear in texts.
    var secret: String {
        switch self {
        case .verify: ""
        case .create(let user, _), .renew(let user, _), .delete(let user, _), .setPassword(let user, _): user.password
        }
    }
}
