package import Bytes
package import Storage

extension StorageView {
    /// The record at `path`, read by `decode`, with its revision; nil where nothing is. What cannot be read is
    /// corrupted.
    package func record<T>(
        _ path: String, _ decode: (inout RecordReader) throws(RecordFault) -> T
    ) async throws(StorageError) -> (value: T, revision: UInt64)? {
        guard let entry = try await read(path) else { return nil }
        do throws(RecordFault) {
            let value = try entry.value.span.withUnsafeBytes { (buffer) throws(RecordFault) in
                var reader = try RecordReader(ByteView(buffer))
                guard reader.format == 1 else { throw RecordFault() }
                let value = try decode(&reader)
                try reader.finish()
                return value
            }
            return (value, entry.revision)
        } catch {
            throw .corrupted(StorageKey(path))
        }
    }

    /// Commits; false when a condition no longer held.
    package func commitUnlessChanged(_ batch: WriteBatch) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            try await commit(batch)
            return true
        } catch {
            if case .conflict = error { return false }
            throw error
        }
    }
}

extension RecordWriter {
    /// Adds texts. **Layout** `count ‖ text…`.
    package mutating func put(texts: [String]) {
        put(texts.count)
        for text in texts { put(text: text) }
    }

    /// Adds pairs of texts in the order of their names. **Layout** `count ‖ (name ‖ value)…`.
    package mutating func put(pairs: [String: String]) {
        put(pairs.count)
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) {
            put(text: name)
            put(text: value)
        }
    }
}

extension RecordReader {
    /// Texts that `put(texts:)` wrote.
    package mutating func texts() throws(RecordFault) -> [String] {
        var result: [String] = []
        for _ in 0..<(try count(ofAtLeast: 8)) { result.append(try text()) }
        return result
    }

    /// Pairs that `put(pairs:)` wrote.
    package mutating func pairs() throws(RecordFault) -> [String: String] {
        var result: [String: String] = [:]
        for _ in 0..<(try count(ofAtLeast: 16)) {
            let name = try text()
            result[name] = try text()
        }
        return result
    }
}
