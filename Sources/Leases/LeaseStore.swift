package import Storage

/// A change to the stored leases.
enum LeaseChange: Sendable {
    /// A new lease; the entry, if any, must still be as it was, and goes in the same commit.
    case add(LeaseRecord, settling: SettledEntry?)
    /// A lease in another state, on the page where it is.
    case replace(LeaseRecord, page: UInt32)
    /// A lease that is over.
    case remove(id: String, page: UInt32)
}

/// An engine's write-ahead entry, which the recording of the lease ends.
package struct SettledEntry: Sendable {
    /// Where it is in the backend.
    package let key: StorageKey
    /// As it was written.
    package let revision: UInt64

    /// An entry.
    package init(key: StorageKey, revision: UInt64) {
        self.key = key
        self.revision = revision
    }
}

/// The stored leases: pages of some each, changed by one commit at a time that takes along all changes that wait.
///
/// **Layout** `<prefix>page/<8 hex digits>`, see `LeasePage`. A commit of unknown outcome makes its pages suspects:
/// they are read again before they are used, and what they hold is reported.
actor LeaseStore {
    private struct Ticket {
        let changes: [LeaseChange]
        let answer: CheckedContinuation<Result<[UInt32], LeaseError>, Never>
    }

    private let storage: any StorageBackend
    private let prefix: String
    private var cache: [UInt32: LeasePage] = [:]
    private var counts: [UInt32: Int] = [:]
    // Pages with room for at least half of what a page holds.
    private var roomy: Set<UInt32> = []
    private var openPage: UInt32?
    private var nextPage: UInt32 = 0
    private var suspects: Set<UInt32> = []
    private var commits: UInt64 = 0
    private var waiting: [Ticket] = []
    private var isServing = false
    private let onSurprise: @Sendable (UInt32, [LeaseRecord]) -> Void

    // Changes that go through in one commit.
    private static let groupLimit = 1024
    private static let cachedPages = 1024

    init(
        _ storage: any StorageBackend, prefix: String,
        onSurprise: @escaping @Sendable (UInt32, [LeaseRecord]) -> Void
    ) {
        self.storage = storage
        self.prefix = prefix + "page/"
        self.onSurprise = onSurprise
    }

    // MARK: - Reading

    /// Reads all pages in order, and lends each to `visit`.
    func load(_ visit: @Sendable (UInt32, [LeaseRecord]) -> Void) async throws(LeaseError) {
        var cursor: StorageKey?
        while true {
            let entries: [StoredEntry]
            do throws(StorageError) {
                entries = try await storage.entries(under: prefix, after: cursor, limit: 256)
            } catch {
                throw .storage
            }
            guard let last = entries.last else { return }
            cursor = last.key
            for stored in entries {
                guard let number = number(of: stored.key), let page = try? LeasePage(record: stored.entry.value) else {
                    throw .storage
                }
                note(number, page)
                nextPage = max(nextPage, number &+ 1)
                visit(number, page.leases)
            }
        }
    }

    /// The leases of a page.
    func leases(on page: UInt32) async throws(LeaseError) -> [LeaseRecord] { try await self.page(page).leases }

    private func page(_ number: UInt32) async throws(LeaseError) -> LeasePage {
        if let cached = cache[number], !suspects.contains(number) { return cached }
        let entry: StorageEntry?
        let commitsBefore = commits
        do throws(StorageError) { entry = try await storage.read(key(number)) } catch {
            throw error == .sealed ? .notReady : .storage
        }
        var page = LeasePage()
        if let entry {
            guard let stored = try? LeasePage(record: entry.value) else { throw .storage }
            page = stored
        }
        // What was read before a commit may be of yesterday.
        guard commits == commitsBefore else { return cache[number] ?? page }
        if suspects.remove(number) != nil {
            note(number, page)
            onSurprise(number, page.leases)
        }
        keep(number, page)
        return page
    }

    /// Reads the pages again of which it is not known whether their last commit went through.
    func clearSuspects() async {
        for number in suspects.prefix(64) where (try? await page(number)) == nil { return }
    }

    // MARK: - Writing

    /// Makes changes durable, all or none; the pages that they are on, in their order.
    func commit(_ changes: [LeaseChange]) async throws(LeaseError) -> [UInt32] {
        if changes.isEmpty { return [] }
        let result = await withCheckedContinuation { continuation in
            waiting.append(Ticket(changes: changes, answer: continuation))
            if !isServing {
                isServing = true
                Task { await self.serve() }
            }
        }
        return try result.get()
    }

    private func serve() async {
        while !waiting.isEmpty {
            var group: [Ticket] = []
            var size = 0
            while let next = waiting.first, group.isEmpty || size + next.changes.count <= Self.groupLimit {
                group.append(next)
                size += next.changes.count
                waiting.removeFirst()
            }
            await commitTogether(group)
        }
        isServing = false
    }

    private func commitTogether(_ group: [Ticket]) async {
        do throws(LeaseError) {
            let places = try await attempt(group.flatMap(\.changes))
            var from = 0
            for ticket in group {
                ticket.answer.resume(returning: .success(Array(places[from..<from + ticket.changes.count])))
                from += ticket.changes.count
            }
        } catch {
            guard error == .overtaken, group.count > 1 else {
                for ticket in group { ticket.answer.resume(returning: .failure(error)) }
                return
            }
            // One of them is to blame: each for itself.
            for ticket in group { await commitTogether([ticket]) }
        }
    }

    private func attempt(_ changes: [LeaseChange]) async throws(LeaseError) -> [UInt32] {
        var touched: [UInt32: LeasePage] = [:]
        var batch = WriteBatch()
        var places: [UInt32] = []
        places.reserveCapacity(changes.count)
        var target = openPage
        for change in changes {
            switch change {
            case .add(let record, let settling):
                let number = try await room(&target, &touched)
                touched[number]?.leases.append(record)
                places.append(number)
                if let settling {
                    batch.require(.revision(settling.revision), at: settling.key)
                    batch.delete(settling.key)
                }
            case .replace(let record, let number):
                if touched[number] == nil { touched[number] = try await page(number) }
                if let at = touched[number]?.leases.firstIndex(where: { $0.id == record.id }) {
                    touched[number]?.leases[at] = record
                }
                places.append(number)
            case .remove(let id, let number):
                if touched[number] == nil { touched[number] = try await page(number) }
                touched[number]?.leases.removeAll { $0.id == id }
                places.append(number)
            }
        }
        for (number, page) in touched {
            if page.leases.isEmpty { batch.delete(key(number)) } else { batch.put(key(number), page.record) }
        }
        commits &+= 1
        defer { commits &+= 1 }
        do throws(StorageError) { try await storage.commit(batch) } catch {
            if case .conflict = error { throw .overtaken }
            suspects.formUnion(touched.keys)
            if let openPage, suspects.contains(openPage) { self.openPage = nil }
            throw error == .sealed ? .notReady : .storage
        }
        openPage = target
        for (number, page) in touched {
            note(number, page)
            keep(number, page)
        }
        return places
    }

    /// A page with room for one more lease.
    private func room(
        _ target: inout UInt32?, _ touched: inout [UInt32: LeasePage]
    ) async throws(LeaseError) -> UInt32 {
        if let number = target, !suspects.contains(number) {
            if touched[number] == nil { touched[number] = try await page(number) }
            if touched[number]?.isFull == false { return number }
        }
        if let number = roomy.first(where: { touched[$0] == nil && !suspects.contains($0) && $0 != target }) {
            roomy.remove(number)
            touched[number] = try await page(number)
            target = number
            if touched[number]?.isFull == false { return number }
        }
        let number = nextPage
        nextPage = number &+ 1
        touched[number] = LeasePage()
        target = number
        return number
    }

    private func note(_ number: UInt32, _ page: LeasePage) {
        if page.leases.isEmpty {
            counts[number] = nil
            roomy.remove(number)
            return
        }
        counts[number] = page.leases.count
        if page.leases.count <= LeasePage.capacity / 2, page.weight <= LeasePage.fullBytes / 2 {
            roomy.insert(number)
        } else {
            roomy.remove(number)
        }
    }

    private func keep(_ number: UInt32, _ page: LeasePage) {
        if page.leases.isEmpty {
            cache[number] = nil
            return
        }
        if cache.count >= Self.cachedPages, cache[number] == nil {
            // Half of it goes, whichever half.
            for other in cache.keys.prefix(Self.cachedPages / 2) { cache[other] = nil }
        }
        cache[number] = page
    }

    private func key(_ number: UInt32) -> StorageKey {
        let digits = String(number, radix: 16)
        return StorageKey(prefix + String(repeating: "0", count: 8 - digits.count) + digits)
    }

    private func number(of key: StorageKey) -> UInt32? {
        key.dropping(prefix).flatMap { $0.path.utf8.count == 8 ? UInt32($0.path, radix: 16) : nil }
    }
}
