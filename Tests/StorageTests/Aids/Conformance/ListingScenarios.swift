internal import Storage

extension StorageScenario {
    static let listings: [StorageScenario] = [
        StorageScenario("Listing is in byte order, below the prefix only", order),
        StorageScenario("Listing goes on after a cursor that need not exist, page by page", cursors),
        StorageScenario("Pages of entries give every entry once, big ones too", isBulky: true, pages),
    ]

    private static func order(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let paths = [
            "k/b", "k/a", "k/", "k", "k/a/1", "k/a.1", "k/Z", "k/_", "k/é", "k/\u{10FFFF}", "k0", "j/z", "l", "k/10",
            "k/2",
            "",
        ]
        try await storage.commit(WriteBatch(paths.map { ($0, []) }))
        let all = paths.map { StorageKey($0) }.sorted()
        let below = all.filter { $0.path.utf8.starts(with: "k/".utf8) }
        try checkEqual(try await storage.list(under: "k/", after: nil, limit: .max), below)
        try checkEqual(try await storage.entries(under: "k/", after: nil, limit: .max).map(\.key), below)
        try checkEqual(try await storage.list(under: "", after: nil, limit: .max), all)
        try checkEqual(
            try await storage.list(under: "k/a", after: nil, limit: .max).map(\.path), ["k/a", "k/a.1", "k/a/1"])
        try check(try await storage.list(under: "nothing/", after: nil, limit: .max).isEmpty)
        try check(try await storage.entries(under: "nothing/", after: nil, limit: .max).isEmpty)
    }

    private static func cursors(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let paths = (100..<200).map { "k/\($0)" }
        try await storage.commit(WriteBatch((paths + ["a", "z"]).map { ($0, []) }))
        try checkEqual(try await list(storage, "k/150", 3), ["k/151", "k/152", "k/153"])
        try checkEqual(try await list(storage, "k/1505", 1), ["k/151"])
        try checkEqual(try await list(storage, "a", 1), ["k/100"])
        try checkEqual(try await list(storage, "k", 1), ["k/100"])
        try checkEqual(try await list(storage, "k/199", 5), [])
        try checkEqual(try await list(storage, "z", 5), [])
        try checkEqual(try await list(storage, nil, 0), [])
        try checkEqual(try await list(storage, nil, -1), [])
        for size in [1, 7, 100, 1000] {
            var seen: [String] = []
            while true {
                let page = try await list(storage, seen.last, size)
                try check(page.count <= size)
                if page.isEmpty { break }
                seen += page
                try check(seen.count <= paths.count, "a page came again")
            }
            try checkEqual(seen, paths)
        }
    }

    private static func list(
        _ storage: any StorageBackend, _ cursor: String?, _ limit: Int
    ) async throws -> [String] {
        let cursor = cursor.map { StorageKey($0) }
        let keys = try await storage.list(under: "k/", after: cursor, limit: limit)
        let entries = try await storage.entries(under: "k/", after: cursor, limit: limit)
        try checkEqual(entries.map(\.key), keys)
        return keys.map(\.path)
    }

    private static func pages(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        var revisions: [UInt64] = []
        for number in 0..<12 {
            let value = [UInt8](repeating: UInt8(number), count: (1 << 20) + number)
            revisions.append(try await storage.commit(WriteBatch([("big/\(10 + number)", value)])))
        }
        try await storage.commit(WriteBatch((10_000..<12_000).map { ("many/\($0)", [UInt8($0 & 255)]) }))
        var seen: [StoredEntry] = []
        var turns = 0
        while true {
            let page = try await storage.entries(under: "big/", after: seen.last?.key, limit: .max)
            if page.isEmpty { break }
            seen += page
            turns += 1
            try check(seen.count <= 12, "a page came again")
        }
        try check(turns > 1, "a page has no bound in bytes")
        try checkEqual(seen.map(\.key.path), (0..<12).map { "big/\(10 + $0)" })
        try checkEqual(seen.map(\.entry.revision), revisions)
        for (number, entry) in seen.enumerated() {
            try check(entry.entry.value == [UInt8](repeating: UInt8(number), count: (1 << 20) + number))
        }
        let many = try await storage.entries(under: "many/", after: nil, limit: 2000)
        try checkEqual(many.count, 2000)
        try check(many.enumerated().allSatisfy { $1.entry.value == [UInt8((10_000 + $0) & 255)] })
    }
}
