internal import Bytes
internal import KeyRings
internal import Primitives
internal import Storage
internal import Synchronization

/// The RSA-4096 pair under which keys come in: one per mount, made when first asked for, never rotated, never exported.
///
/// **Layout** of storage: `import/wrapping-key`, PKCS #8 in a record of format 1. **Source** wire facts §4.11.
final class WrappingKey: Sendable {
    private static let path = "import/wrapping-key"
    private let storage: StorageView
    private let known = Mutex<PrivateKey?>(nil)
    // One maker at a time: those who come meanwhile wait for its pair.
    private let locks = NameLocks()

    init(storage: StorageView) { self.storage = storage }

    /// The pair. **Cost** a second or more for the first call of a mount's life.
    func pair() async throws(TransitError) -> PrivateKey {
        if let key = known.withLock({ $0 }) { return key }
        guard let name = KeyName(text: "wrapping-key") else { throw .storage }
        return try await locks.holding(name) { () async throws(TransitError) in try await readOrMake() }
    }

    private func readOrMake() async throws(TransitError) -> PrivateKey {
        if let key = known.withLock({ $0 }) { return key }
        do {
            for _ in 0..<8 {
                if let entry = try await storage.read(Self.path) {
                    let key = try Self.read(entry.value)
                    known.withLock { $0 = key }
                    return key
                }
                let fresh = try await SlowWork.run { () throws(AsymmetricError) in try PrivateKey.generate(.rsa4096) }
                var batch = WriteBatch()
                batch.require(.absent, at: StorageKey(Self.path))
                batch.put(StorageKey(Self.path), try Self.record(fresh))
                do throws(StorageError) {
                    try await storage.commit(batch)
                } catch {
                    // Somebody else's came first: theirs counts.
                    guard case .conflict = error else { throw TransitError.storage }
                }
            }
            throw TransitError.contention
        } catch let error as TransitError {
            throw error
        } catch let error as AsymmetricError {
            throw .ring(.asymmetric(error))
        } catch {
            throw .storage
        }
    }

    private static func record(_ key: PrivateKey) throws(AsymmetricError) -> [UInt8] {
        try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in
            var writer = RecordWriter(format: 1)
            writer.put(der)
            return writer.record
        }
    }

    private static func read(_ record: [UInt8]) throws -> PrivateKey {
        try record.withUnsafeBytes { bytes in
            var reader = try RecordReader(ByteView(bytes))
            let der = try reader.view()
            try reader.finish()
            return try PrivateKey(checkedPKCS8: der)
        }
    }
}
