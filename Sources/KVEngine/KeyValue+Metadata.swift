internal import Bytes
internal import EngineKit
internal import Storage
internal import Synchronization

/// Version 2: settings of the mount and of secrets. **Source** system wire facts §17, §17.1.
extension KeyValue {
    func writeConfig(_ settings: VersionedSettings) async throws(KVError) -> EngineReply {
        try await turns.holding(VersionedConfig.path) { () async throws(KVError) in
            var next = config.withLock { $0 }
            settings.apply(to: &next)
            var batch = WriteBatch()
            batch.put(StorageKey(VersionedConfig.path), next.record)
            guard try await commit(batch) else { throw .contention }
            config.withLock { $0 = next }
        }
        return .noContent
    }

    func readMetadata(_ path: SecretPath, into body: inout ByteWriter) async throws(KVError) -> EngineReply {
        guard let (secret, _) = try await secret(path) else { throw .nothingThere }
        secret.write(into: &body)
        return EngineReply()
    }

    func writeMetadata(_ path: SecretPath, _ settings: VersionedSettings) async throws(KVError) -> EngineReply {
        if settings.isEmpty { return .noContent }
        try await changing(path) { (secret, _) throws(KVError) in
            var next = try begun(secret)
            try settings.apply(to: &next, mergesCustomMetadata: false)
            secret = next
        }
        return .noContent
    }

    func patchMetadata(_ path: SecretPath, _ settings: VersionedSettings) async throws(KVError) -> EngineReply {
        try await changing(path) { (secret, _) throws(KVError) in
            guard var next = secret else { throw .nothingThere }
            try settings.apply(to: &next, mergesCustomMetadata: true)
            secret = next
        }
        return .noContent
    }

    func deleteMetadata(_ path: SecretPath) async throws(KVError) -> EngineReply {
        guard path.isLeaf else { return .noContent }
        try await changing(path) { (secret, batch) throws(KVError) in
            guard let gone = secret else { return }
            for number in gone.numbers {
                if gone[number]?.isDestroyed == false { batch.delete(StorageKey(gone.dataPath(number))) }
            }
            secret = nil
        }
        return .noContent
    }
}
