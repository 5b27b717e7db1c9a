internal import Glibc
internal import Synchronization

/// A witness in a small file, which should lie on another disk than the database.
///
/// **Layout** two slots of `record(40)`, at offsets 0 and 64. **Concurrency** a mutex around each access. **Cost** one
/// positioned write of 40 bytes a commit; it reaches the disk when the system sees fit, and with `flush`.
package final class FileEpochWitness: EpochWitness {
    private let path: String
    private let turn = Mutex(())
    private static let distance = 64

    /// A witness in the file at `path`, which need not exist yet.
    package init(path: String) { self.path = path }

    package func load() async throws(WitnessFault) -> [[UInt8]] {
        try withFile(O_RDONLY) { (file) throws(WitnessFault) in
            guard let file else { return [] }
            var records: [[UInt8]] = []
            for slot in 0...1 {
                var record = [UInt8](repeating: 0, count: WitnessRecord.length)
                let count = record.withUnsafeMutableBytes {
                    pread(file, $0.baseAddress, $0.count, slot * Self.distance)
                }
                guard count >= 0 else { throw .inaccessible(systemError: errno) }
                // A slot that was never written is missing, or all zero where the other one was written after it.
                let written = Array(record.prefix(count))
                if written.contains(where: { $0 != 0 }) { records.append(written) }
            }
            return records
        }
    }

    package func store(_ record: [UInt8], slot: Int) async throws(WitnessFault) {
        try withFile(O_RDWR | O_CREAT) { (file) throws(WitnessFault) in
            guard let file else { throw .inaccessible(systemError: ENOENT) }
            let count = record.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, (slot & 1) * Self.distance) }
            guard count == record.count else { throw .inaccessible(systemError: count < 0 ? errno : 0) }
        }
    }

    package func flush() async throws(WitnessFault) {
        try withFile(O_RDWR) { (file) throws(WitnessFault) in
            if let file, fdatasync(file) != 0 { throw .inaccessible(systemError: errno) }
        }
    }

    package func forget() async throws(WitnessFault) {
        try turn.withLock { (_) throws(WitnessFault) in
            guard unlink(path) == 0 || errno == ENOENT else { throw .inaccessible(systemError: errno) }
        }
    }

    /// Lends the open file; nil when there is none.
    private func withFile<R: Sendable>(
        _ flags: Int32, _ body: (Int32?) throws(WitnessFault) -> R
    ) throws(WitnessFault) -> R {
        try turn.withLock { (_) throws(WitnessFault) in
            let file = open(path, flags | O_CLOEXEC, 0o600)
            if file < 0 {
                guard errno == ENOENT else { throw .inaccessible(systemError: errno) }
                return try body(nil)
            }
            defer { close(file) }
            return try body(file)
        }
    }
}
