internal import Bytes
internal import EngineKit
internal import Primitives
internal import Storage

/// Where things are: `v1/<path>` the fields of version 1; `meta/<path>` and `data/<id>/<number>` the secrets of
/// version 2; `config` and `layout` of the mount.
extension KeyValue {
    static let fieldsRoot = "v1/"
    static let metadataRoot = "meta/"

    /// What a path holds.
    func read(_ path: String) async throws(KVError) -> StorageEntry? {
        do throws(StorageError) { return try await storage.read(path) } catch { throw KVError(error) }
    }

    /// Commits; false when a condition no longer held.
    func commit(_ batch: WriteBatch) async throws(KVError) -> Bool {
        do throws(StorageError) {
            try await storage.commit(batch)
            return true
        } catch {
            if case .conflict = error { return false }
            throw KVError(error)
        }
    }

    /// Reads a record; damage is a failure of storage.
    static func decoding<T>(_ body: () throws(RecordFault) -> T) throws(KVError) -> T {
        do throws(RecordFault) { return try body() } catch { throw .storage }
    }

    /// The text of a stored JSON value. **Layout** format 1: the text.
    static func text(of entry: StorageEntry) throws(KVError) -> [UInt8] {
        try decoding { () throws(RecordFault) in
            try entry.value.withBytes { (view) throws(RecordFault) in
                var reader = try RecordReader(view)
                guard reader.format == 1 else { throw RecordFault() }
                let text = try reader.view()
                try reader.finish()
                return text.array
            }
        }
    }

    /// The record of a JSON value, bytes that are not UTF-8 replaced by U+FFFD: what is read must be JSON.
    static func record(ofJSON json: ByteView) throws(KVError) -> [UInt8] {
        let text = json.string
        guard text.utf8.count <= KVLimits.secret else { throw .secretTooLarge(limit: KVLimits.secret) }
        var writer = RecordWriter(format: 1)
        writer.put(text: text)
        return writer.record
    }

    /// A random name for the folder of a secret's data.
    static func newID() throws(KVError) -> String {
        do throws(CryptoError) { return try RandomSource.secret(count: 16).exposing { Hex.encode($0) } } catch {
            throw .noRandomness
        }
    }
}

extension [UInt8] {
    /// Lends a view of the bytes.
    func withBytes<R, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try span.withUnsafeBytes { (buffer) throws(E) in try body(ByteView(buffer)) }
    }
}
