internal import Barrier
internal import SQLiteStorage
internal import Storage

/// Commits through SQLite storage.
struct CommitMeasure {
    private let directory: String
    private let isSealed: Bool

    /// Commits into a new database, with `isSealed` through sealed storage.
    init(_ directory: String, isSealed: Bool = false) {
        self.directory = directory
        self.isSealed = isSealed
    }

    /// What is measured, in front of the backend.
    private func front(_ backend: SQLiteBackend) async throws -> any StorageBackend {
        if !isSealed { return backend }
        let storage = SealedStorage(backend) { 0 }
        let root = try RootKey.generate()
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        return storage
    }

    /// Commits a second of `writers` tasks, one put each, and how many shared a transaction.
    func rate(writers: Int, size: Int, seconds: Double) async throws -> (perSecond: Double, groupSize: Double) {
        let backend = try await SQLiteBackend.open(directory: directory)
        let storage = try await front(backend)
        let before = backend.commitCounts.groups
        let value = [UInt8](repeating: 7, count: size)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let commits = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var (number, commits) = (writer, 0)
                    while ContinuousClock.now < end {
                        var batch = WriteBatch()
                        batch.put(StorageKey(RowKey.path(number)), value)
                        try await storage.commit(batch)
                        number += writers
                        commits += 1
                    }
                    return commits
                }
            }
            return try await group.reduce(0, +)
        }
        let taken = (ContinuousClock.now - start) / .seconds(1)
        let groups = backend.commitCounts.groups - before
        await backend.close()
        return (Double(commits) / taken, Double(commits) / Double(max(groups, 1)))
    }

    /// What the unsealing of a database of so many rows takes.
    func unsealSeconds(rows: Int, size: Int) async throws -> Double {
        let backend = try await SQLiteBackend.open(directory: directory)
        let storage = SealedStorage(backend) { 0 }
        let root = try RootKey.generate()
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        for start in stride(from: 0, to: rows, by: 1000) {
            var batch = WriteBatch()
            for number in start..<min(start + 1000, rows) {
                batch.put(StorageKey(RowKey.path(number)), [UInt8](repeating: 7, count: size))
            }
            try await storage.commit(batch)
        }
        await storage.seal()
        let start = ContinuousClock.now
        try await storage.unseal(root)
        let taken = (ContinuousClock.now - start) / .seconds(1)
        await backend.close()
        return taken
    }

    /// What a read by key takes, one after another, among 10,000 rows.
    func readMicroseconds(_ size: Int) async throws -> Double {
        let backend = try await SQLiteBackend.open(directory: directory)
        let storage = try await front(backend)
        var batch = WriteBatch()
        for number in 0..<10_000 {
            batch.put(StorageKey(RowKey.path(number)), [UInt8](repeating: 7, count: size))
        }
        try await storage.commit(batch)
        let start = ContinuousClock.now
        let turns = 20_000
        for number in 0..<turns { _ = try await storage.read(StorageKey(RowKey.path(number % 10_000))) }
        let taken = (ContinuousClock.now - start) / .microseconds(1)
        await backend.close()
        return taken / Double(turns)
    }
}

/// The keys that both sides write, in an order that is spread over the table.
enum RowKey {
    static func path(_ number: Int) -> String {
        let mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        let digits = String(mixed, radix: 16)
        return "kv/secret/" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
