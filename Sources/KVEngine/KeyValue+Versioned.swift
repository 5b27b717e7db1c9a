internal import Bytes
internal import EngineKit
internal import Storage
internal import Synchronization

/// Version 2: reads and writes of data. **Source** system wire facts §17.
extension KeyValue {
    /// What storage keeps of a secret, with the revision of it.
    func secret(_ path: SecretPath) async throws(KVError) -> (secret: SecretRecord, revision: UInt64)? {
        guard path.isLeaf, let entry = try await read(Self.metadataRoot + path.text) else { return nil }
        let secret = try Self.decoding { () throws(RecordFault) in
            try entry.value.withBytes { (view) throws(RecordFault) in try SecretRecord(record: view) }
        }
        return (secret, entry.revision)
    }

    /// Changes a secret in one commit: `body` says what becomes of it, nil for nothing, and adds what else belongs into
    /// the batch. It is asked again when somebody else was faster. Without a change, nothing is written.
    func changing<T>(
        _ path: SecretPath,
        _ body: (inout SecretRecord?, inout WriteBatch) async throws(KVError) -> T
    ) async throws(KVError) -> T {
        try await turns.holding(path.text) { () async throws(KVError) -> T in
            for _ in 0..<KVLimits.attempts {
                let found = try await secret(path)
                var changed = found?.secret
                var batch = WriteBatch()
                let result = try await body(&changed, &batch)
                if changed == found?.secret && batch.changes.isEmpty { return result }
                let key = StorageKey(Self.metadataRoot + path.text)
                if let changed { batch.put(key, changed.record) } else { batch.delete(key) }
                batch.require(found.map { .revision($0.revision) } ?? .absent, at: key)
                if try await commit(batch) { return result }
            }
            throw .contention
        }
    }

    /// The secret, or a new one where there is none.
    func begun(_ secret: SecretRecord?) throws(KVError) -> SecretRecord {
        if let secret { return secret }
        return SecretRecord(id: try Self.newID(), created: now())
    }

    // MARK: - Reading

    /// The JSON text of a version, nil when it is gone; the facts beside it. Throws `.nothingThere`.
    private func version(
        _ path: SecretPath, _ wanted: Int
    ) async throws(KVError) -> (secret: SecretRecord, number: Int, version: SecretVersion, text: [UInt8]?) {
        // Between the two reads, somebody may destroy or prune the version: then the facts are read once more.
        for _ in 0..<KVLimits.attempts {
            guard let (secret, _) = try await secret(path), let version = secret[wanted] else { throw .nothingThere }
            let number = secret.resolved(wanted)
            if version.isGone(at: now()) { return (secret, number, version, nil) }
            if let entry = try await read(secret.dataPath(number)) {
                return (secret, number, version, try Self.text(of: entry))
            }
        }
        throw .storage
    }

    func readData(_ path: SecretPath, version wanted: Int, into body: inout ByteWriter) async throws(KVError)
        -> EngineReply
    {
        let (secret, number, version, text) = try await version(path, wanted)
        body.append("{\"data\":")
        if let text { text.withBytes { body.append($0) } } else { body.append("null") }
        body.append(",\"metadata\":")
        secret.write(version, number: number, into: &body)
        body.append("}")
        return EngineReply(status: text == nil ? 404 : 200)
    }

    func readSubkeys(
        _ path: SecretPath, version wanted: Int, depth: Int, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        let (secret, number, version, text) = try await version(path, wanted)
        body.append("{\"metadata\":")
        secret.write(version, number: number, into: &body)
        body.append(",\"subkeys\":")
        if let text {
            text.withBytes { JSONShapes.subkeys(of: $0, depth: depth, &body) }
        } else {
            body.append("null")
        }
        body.append("}")
        return EngineReply(status: text == nil ? 404 : 200)
    }

    // MARK: - Writing

    func write(
        _ path: SecretPath, _ command: DataCommand, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        let data = try Self.record(ofJSON: command.data)
        let (secret, version) = try await changing(path) { (secret, batch) throws(KVError) in
            var next = try begun(secret)
            let version = try add(data, command.cas, to: &next, &batch)
            secret = next
            return (next, version)
        }
        secret.write(version, number: secret.current, into: &body)
        return EngineReply()
    }

    func patch(
        _ path: SecretPath, _ command: DataCommand, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        let (secret, version, isGone) = try await changing(path) { (secret, batch) async throws(KVError) in
            guard var next = secret, let latest = next[0] else { throw .nothingThere }
            if latest.isGone(at: now()) { return (next, latest, true) }
            guard let entry = try await read(next.dataPath(next.current)) else { throw .storage }
            let data = try Self.merged(command.data, into: try Self.text(of: entry))
            let version = try add(data, command.cas, to: &next, &batch)
            secret = next
            return (next, version, false)
        }
        secret.write(version, number: secret.current, into: &body)
        return EngineReply(status: isGone ? 404 : 200)
    }

    private static func merged(_ patch: ByteView, into text: [UInt8]) throws(KVError) -> [UInt8] {
        try text.withBytes { (text) throws(KVError) -> [UInt8] in
            var merged = ByteWriter(capacity: text.count + patch.count)
            JSONShapes.merge(patch, into: text, &merged)
            return try record(ofJSON: merged.view)
        }
    }

    /// Adds a version with the data, on the client's condition.
    private func add(
        _ data: [UInt8], _ cas: Int?, to secret: inout SecretRecord, _ batch: inout WriteBatch
    ) throws(KVError) -> SecretVersion {
        let rules = config.withLock { $0 }
        if let cas {
            guard cas == secret.current else { throw .casMismatch }
        } else if rules.isCASRequired || secret.isCASRequired {
            throw .casMissing
        }
        let created = now()
        let version = SecretVersion(created: created, deletion: rules.deletion(of: secret, from: created))
        for number in secret.add(version, keeping: rules.versionsKept(of: secret)) {
            batch.delete(StorageKey(secret.dataPath(number)))
        }
        batch.put(StorageKey(secret.dataPath(secret.current)), data)
        return version
    }

    /// Deletes, brings back or destroys versions; those that are not there are passed over.
    func change(_ path: SecretPath, _ change: VersionChange, _ numbers: [Int]) async throws(KVError) -> EngineReply {
        guard path.isLeaf else { return .noContent }
        let rules = config.withLock { $0 }
        try await changing(path) { (secret, batch) throws(KVError) in
            guard var next = secret else { return }
            let now = now()
            for wanted in numbers {
                // 0 is the latest one for a delete without numbers only.
                guard wanted > 0 || numbers == [0] && change == .delete, var version = next[wanted] else { continue }
                switch change {
                case .delete:
                    if !version.isGone(at: now) { version.deletion = now }
                case .undelete:
                    guard !version.isDestroyed, version.deletion != nil else { continue }
                    version.deletion = rules.deletion(of: next, from: now)
                case .destroy:
                    version.isDestroyed = true
                    batch.delete(StorageKey(next.dataPath(wanted)))
                }
                next[wanted] = version
            }
            secret = next
        }
        return .noContent
    }
}
