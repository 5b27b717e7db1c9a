internal import Storage

extension StorageScenario {
    static let crowds: [StorageScenario] = [
        StorageScenario("Eight tasks that compare and set one counter lose no increment", counter),
        StorageScenario("Of many that want one key, one gets it, and a loser does not disturb its neighbours", race),
        StorageScenario("Readers see all of a batch or nothing of it", snapshots),
    ]

    private static func counter(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let key = StorageKey("counter")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var done = 0
                    while done < 50 {
                        let entry = try await storage.read(key)
                        var batch = WriteBatch([("mark/\(worker)/\(done)", [])])
                        batch.require(entry.map { .revision($0.revision) } ?? .absent, at: key)
                        batch.put(key, [(entry?.value.first ?? 0) &+ 1, UInt8(worker)])
                        do {
                            try await storage.commit(batch)
                            done += 1
                        } catch StorageError.conflict {
                            await Task.yield()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try checkEqual(try await storage.read(key)?.value.first, UInt8(400 & 255))
        try checkEqual(try await storage.list(under: "mark/", after: nil, limit: .max).count, 400)
    }

    private static func race(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        for round in 0..<10 {
            let key = StorageKey("prize/\(round)")
            let winners: [Int] = try await withThrowingTaskGroup(of: Int?.self) { group in
                for worker in 0..<32 {
                    group.addTask {
                        // Half of them do not take part.
                        var batch = WriteBatch([("own/\(round)/\(worker)", [1])])
                        if worker.isMultiple(of: 2) {
                            batch.require(.absent, at: key)
                            batch.put(key, [UInt8(worker)])
                        }
                        do {
                            try await storage.commit(batch)
                            return worker.isMultiple(of: 2) ? worker : nil
                        } catch StorageError.conflict(key) {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { if let worker = $1 { $0.append(worker) } }
            }
            try checkEqual(winners.count, 1)
            let held = try await storage.read(key)?.value ?? []
            try checkEqual(held.map { Int($0) }, winners)
            try checkEqual(try await storage.list(under: "own/\(round)/", after: nil, limit: .max).count, 17)
        }
    }

    private static func snapshots(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let paths = (10..<30).map { "s/\($0)" }
        try await storage.commit(WriteBatch(paths.map { ($0, [0]) }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 1...60 { try await storage.commit(WriteBatch(paths.map { ($0, [UInt8(round)]) })) }
            }
            group.addTask {
                for _ in 0..<60 {
                    let page = try await storage.entries(under: "s/", after: nil, limit: .max)
                    try checkEqual(page.count, paths.count)
                    try checkEqual(Set(page.map(\.entry.revision)).count, 1)
                    try checkEqual(Set(page.map(\.entry.value)).count, 1)
                }
            }
            try await group.waitForAll()
        }
    }
}
