import Storage
import TestAids
import Testing

@Suite("Storage in memory")
struct InMemoryTests {
    @Test("Lists are in order, with few and with many changes since the last one", arguments: Seeds.all)
    func listsInOrder(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let storage = InMemoryStorage()
        var model: Set<String> = []
        for changes in [1, 2, 300, 5, 255, 256, 257, 1000, 3, 700, 40] {
            for _ in 0..<changes {
                let path = "p/\(random.int(0...900))"
                var batch = WriteBatch()
                // The same key may come and go, or go and come, before somebody looks.
                if random.int(0...2) == 0 {
                    batch.delete(StorageKey(path))
                    model.remove(path)
                } else {
                    batch.put(StorageKey(path), [1])
                    model.insert(path)
                }
                try await storage.commit(batch)
            }
            let listed = try await storage.list(under: "p/", after: nil, limit: .max).map(\.path)
            #expect(listed == model.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }
}
