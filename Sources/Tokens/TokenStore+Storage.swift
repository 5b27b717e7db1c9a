internal import Bytes
internal import Storage

/// Paths and records, and storage with this room's faults.
extension TokenStore {
    static let ids = "id/"
    static let accessors = "accessor/"
    static let parents = "parent/"
    static let paths = "path/"
    static let ending = "ending/"

    /// Where a token that ends is listed by its path.
    static func listing(_ path: String, _ id: String) -> String { paths + path + "/h" + id }

    /// The short digest in `id/…`.
    static func short(ofPath path: String) -> UInt64? {
        var (short, digits): (UInt64, Int) = (0, 0)
        for byte in path.utf8.dropFirst(ids.utf8.count).prefix(16) {
            guard let value = Hex.value(byte) else { return nil }
            short = short << 4 | UInt64(value)
            digits += 1
        }
        return digits == 16 ? TokenDigest.short(short) : nil
    }

    static func accessorRecord(_ id: String, _ accessor: String) -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: id)
        writer.put(text: accessor)
        return writer.record
    }

    static func readAccessor(_ record: [UInt8]) -> (id: String, accessor: String)? {
        record.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == 1, let id = try? reader.text(),
                let accessor = try? reader.text()
            else { return nil }
            return (id, accessor)
        }
    }

    func read(_ path: String) async throws(TokenError) -> StorageEntry? {
        do throws(StorageError) { return try await storage.read(path) } catch { throw .storage(error) }
    }

    func listed(under folder: String, after cursor: String?, limit: Int) async throws(TokenError) -> [String] {
        do throws(StorageError) {
            return try await storage.list(under: folder, after: cursor, limit: limit)
        } catch {
            throw .storage(error)
        }
    }

    func entries(under folder: String, after cursor: String?, limit: Int) async throws(TokenError) -> [StoredEntry] {
        do throws(StorageError) {
            return try await storage.entries(under: folder, after: cursor, limit: limit)
        } catch {
            throw .storage(error)
        }
    }

    func commit(_ batch: WriteBatch) async throws(TokenError) {
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage(error) }
    }

    /// Commits a change of a token; false when a precondition failed. When nothing is known of how it went, memory
    /// forgets what it knew, and the next request asks storage.
    func commitForgetting(_ digest: TokenDigest, _ batch: WriteBatch) async throws(TokenError) -> Bool {
        do throws(StorageError) {
            try await storage.commit(batch)
            return true
        } catch {
            shelves.forget(digest)
            if case .conflict = error { return false }
            throw .storage(error)
        }
    }

    func readEntry(_ digest: TokenDigest) async throws(TokenError) -> (TokenEntry, revision: UInt64)? {
        guard let stored = try await read(Self.ids + digest.hex) else { return nil }
        guard let entry = TokenEntry(record: stored.value) else { throw .damaged }
        return (entry, stored.revision)
    }
}
