internal import SQLiteStorage
internal import Storage

/// Commits through SQLite storage.
struct CommitMeasure {
    private let directory: String

    init(_ directory: String) { self.directory = directory }

    /// Commits a second of `writers` tasks, one put each, and how many shared a transaction.
    func rate(writers: Int, size: Int, seconds: Double) async throws -> (perSecond: Double, groupSize: Double) {
        let storage = try await SQLiteBackend.open(directory: directory)
        let value = [UInt8](repeating: 7, count: size)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var number = writer
                    while ContinuousClock.now < end {
                        var batch = WriteBatch()
                        batch.put(StorageKey(RowKey.path(number)), value)
                        try await storage.commit(batch)
                        number += writers
                    }
                }
            }
            try await group.waitForAll()
        }
        let taken = (ContinuousClock.now - start) / .seconds(1)
        let counts = storage.commitCounts
        await storage.close()
        return (Double(counts.commits) / taken, Double(counts.commits) / Double(max(counts.groups, 1)))
    }

    /// What a read by key takes, one after another, among 10,000 rows.
    func readMicroseconds(_ size: Int) async throws -> Double {
        let storage = try await SQLiteBackend.open(directory: directory)
        var batch = WriteBatch()
        for number in 0..<10_000 {
            batch.put(StorageKey(RowKey.path(number)), [UInt8](repeating: 7, count: size))
        }
        try await storage.commit(batch)
        let start = ContinuousClock.now
        let turns = 20_000
        for number in 0..<turns { _ = try await storage.read(StorageKey(RowKey.path(number % 10_000))) }
        let taken = (ContinuousClock.now - start) / .microseconds(1)
        await storage.close()
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
