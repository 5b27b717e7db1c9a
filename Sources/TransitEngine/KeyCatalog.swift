internal import Bytes
internal import KeyRings
internal import Storage
internal import Synchronization

/// The rings of one mount: a bounded cache in front of storage.
///
/// **Layout** of storage: `key/<name>` settings · `version/<name>/<20 digits>` one version · `usage/<name>/<20 digits>`
/// the reservation of its message count. **Concurrency** readers take a short lock; writers commit with the revision
/// that they read as a precondition and start over when another was faster.
final class KeyCatalog: Sendable {
    // So many tries against other writers before the client is asked to come back.
    private static let tries = 64
    private let storage: StorageView
    private let cache = KeyCache()
    private let now: @Sendable () -> Moment
    private let locks = NameLocks()
    // Set at the end of the mount: from then on nothing is made or changed, only counts are written back.
    private let isClosed = Atomic<Bool>(false)

    init(storage: StorageView, now: @escaping @Sendable () -> Moment) {
        self.storage = storage
        self.now = now
    }

    /// The ring, if it is in memory. **Cost** one short lock and one look-up.
    @inline(__always)
    func cached(_ name: KeyName) -> KeyRing? { cache[name] }

    /// The ring, from memory or storage; nil when there is none.
    func ring(_ name: KeyName) async throws(TransitError) -> KeyRing? {
        if let ring = cache[name] { return ring }
        return try await locks.holding(name) { () async throws(TransitError) in try await held(name) }
    }

    /// The ring, for those who hold its name.
    private func held(_ name: KeyName) async throws(TransitError) -> KeyRing? {
        if let ring = cache[name] { return ring }
        // On its way out of the cache, it has not been written back yet: it stays.
        if let ring = cache.takeBack(name) {
            admit(ring)
            return ring
        }
        guard let ring = try await load(name) else { return nil }
        admit(ring)
        return ring
    }

    /// The names after `cursor` in byte order, at most `limit`.
    func names(after cursor: String?, limit: Int) async throws(TransitError) -> [String] {
        do {
            let paths = try await storage.list(under: "key/", after: cursor.map { "key/" + $0 }, limit: limit)
            return paths.map { String($0.dropFirst(4)) }
        } catch {
            throw .storage
        }
    }

    /// The stored settings alone, without the keys; nil when there is no such ring.
    func settings(_ name: KeyName) async throws(TransitError) -> KeySettings? {
        do {
            guard let entry = try await storage.read(Self.key(name).path) else { return nil }
            return try entry.value.withUnsafeBytes { try KeySettings(record: ByteView($0)) }
        } catch let error as KeyRingError {
            throw .ring(error)
        } catch {
            throw .storage
        }
    }

    /// Stores a new ring with a fresh key; when the name is taken, nothing changes and the ring that has it is
    /// returned.
    func create(_ name: KeyName, settings: KeySettings) async throws(TransitError) -> KeyRing {
        try await put(name) { (known) async throws(TransitError) in
            if let known { return known }
            do throws(KeyRingError) {
                let now = now()
                // RSA keys take their time.
                guard settings.type.isRSA else { return try KeyRing.generate(name: name, settings: settings, now: now) }
                return try await SlowWork.run { () throws(KeyRingError) in
                    try KeyRing.generate(name: name, settings: settings, now: now)
                }
            } catch {
                throw .ring(error)
            }
        }
    }

    /// Stores the ring that `make` gives, in the place of the one that has the name now, if any; when it gives that one
    /// back, nothing changes. `make` may run several times.
    func put(
        _ name: KeyName, _ make: (KeyRing?) async throws(TransitError) -> KeyRing
    ) async throws(TransitError) -> KeyRing {
        try await locks.holding(name) { () async throws(TransitError) in
            for _ in 0..<Self.tries {
                let known = try await held(name)
                let ring = try await make(known)
                if let known, ring === known { return known }
                // Another ring, or the known one going on.
                let replaced = known?.revision == ring.revision ? nil : known
                try Self.checkReadable(ring.settings)
                var batch = WriteBatch()
                batch.require(known.map { .revision($0.revision) } ?? .absent, at: Self.key(name))
                if let replaced { remove(replaced, &batch) }
                batch.put(Self.key(name), ring.settings.record)
                for version in ring.unstored {
                    batch.put(Self.version(name, version.number), version.exposingRecord())
                    // Restored versions go on counting where they were.
                    let messages = version.usage.messages
                    if messages > 0 { batch.put(Self.usage(name, version.number), Self.record(messages)) }
                }
                do throws(TransitError) {
                    if let stored = try await commit(batch, ring, replacing: replaced) { return stored }
                } catch {
                    // It may have been carried out all the same; what was replaced must not seal on.
                    if let replaced { cache.remove(replaced) }
                    throw error
                }
                if let known { cache.remove(known) }
            }
            throw .contention
        }
    }

    // What cannot be read back must not be stored: the key would be lost.
    private static func checkReadable(_ settings: KeySettings) throws(TransitError) {
        let copy = settings.record.withUnsafeBytes { try? KeySettings(record: ByteView($0)) }
        guard copy == settings else { throw .ring(.settingsInconsistent) }
    }

    // A ring that takes another one's place: what it does not overwrite has to go.
    private func remove(_ old: KeyRing, _ batch: inout WriteBatch) {
        for number in old.settings.firstVersion...old.settings.latestVersion {
            batch.delete(Self.version(old.name, number))
            batch.delete(Self.usage(old.name, number))
        }
    }

    /// Replaces the ring by what `change` makes of it; returning the ring itself changes nothing. Nil when there is no
    /// such ring. `change` may run several times.
    func update(
        _ name: KeyName, _ change: (KeyRing) async throws(TransitError) -> KeyRing
    ) async throws(TransitError) -> KeyRing? {
        try await locks.holding(name) { () async throws(TransitError) in try await updateHeld(name, change) }
    }

    private func updateHeld(
        _ name: KeyName, _ change: (KeyRing) async throws(TransitError) -> KeyRing
    ) async throws(TransitError) -> KeyRing? {
        for _ in 0..<Self.tries {
            guard let current = try await held(name) else { return nil }
            let next = try await change(current)
            if next === current { return current }
            try Self.checkReadable(next.settings)
            var batch = WriteBatch()
            batch.require(.revision(current.revision), at: Self.key(name))
            batch.put(Self.key(name), next.settings.record)
            for version in next.unstored { batch.put(Self.version(name, version.number), version.exposingRecord()) }
            for number in current.settings.firstVersion..<next.settings.firstVersion {
                batch.delete(Self.version(name, number))
                batch.delete(Self.usage(name, number))
            }
            if let stored = try await commit(batch, next) { return stored }
            cache.remove(current)
        }
        throw .contention
    }

    /// Removes the ring with all that belongs to it. False when there is none; `check` may object.
    func delete(_ name: KeyName, _ check: (KeyRing) throws(TransitError) -> Void) async throws(TransitError) -> Bool {
        try await locks.holding(name) { () async throws(TransitError) in try await deleteHeld(name, check) }
    }

    private func deleteHeld(
        _ name: KeyName, _ check: (KeyRing) throws(TransitError) -> Void
    ) async throws(TransitError) -> Bool {
        for _ in 0..<Self.tries {
            guard let current = try await held(name) else { return false }
            try check(current)
            var batch = WriteBatch()
            batch.require(.revision(current.revision), at: Self.key(name))
            batch.delete(Self.key(name))
            for number in current.settings.firstVersion...current.settings.latestVersion {
                batch.delete(Self.version(name, number))
                batch.delete(Self.usage(name, number))
            }
            do throws(TransitError) {
                let isDone = try await attempt(batch) != nil
                cache.remove(current)
                if isDone { return true }
            } catch {
                // It may have been carried out all the same; the ring must not seal on, it is read anew.
                cache.remove(current)
                throw error
            }
        }
        throw .contention
    }

    /// Makes room for `messages` more messages under `version`, durable on return. When the stored reservation is not
    /// the one known here, the ring leaves the cache, to be read anew.
    func reserve(_ ring: KeyRing, _ version: KeyVersion, messages: UInt64) async throws(TransitError) {
        try await locks.holding(ring.name) { () async throws(TransitError) in
            try await reserveHeld(ring, version, messages: messages)
        }
    }

    private func reserveHeld(_ stale: KeyRing, _ version: KeyVersion, messages: UInt64) async throws(TransitError) {
        // Others may have reserved, or changed the ring, while this one waited for the name.
        guard let ring = cache[stale.name], ring.holds(version) else { return }
        if version.usage.reserved >= version.usage.messages + messages { return }
        let path = Self.usage(ring.name, version.number)
        let known = version.usage.reserved
        let entry: StorageEntry?
        do { entry = try await storage.read(path.path) } catch { throw .storage }
        guard !version.usage.isClosed, Self.reservation(entry) == known else {
            cache.remove(ring)
            return
        }
        let wanted = version.usage.nextReservation(for: messages, limit: ring.messageLimit)
        var batch = WriteBatch()
        if let entry { batch.require(.revision(entry.revision), at: path) } else { batch.require(.absent, at: path) }
        // A ring that was deleted meanwhile must not get a counter back.
        batch.require(.revision(ring.revision), at: Self.key(ring.name))
        batch.put(path, Self.record(wanted))
        if try await attempt(batch) != nil { version.usage.extend(to: wanted) } else { cache.remove(ring) }
    }

    /// How many rings the cache may hold; 0 chooses the default bound.
    func limit(to size: Int) async {
        for ring in cache.limit(to: size) { await release(ring) }
    }

    /// Writes every exact count back: the orderly end.
    func close() async {
        isClosed.store(true, ordering: .releasing)
        for ring in cache.removeAll() { await release(ring) }
    }

    /// The rings in memory.
    var cachedRings: [KeyRing] { cache.rings }

    // MARK: - Storage

    private func load(_ name: KeyName) async throws(TransitError) -> KeyRing? {
        for _ in 0..<Self.tries {
            do {
                guard let entry = try await storage.read("key/\(name.text)") else { return nil }
                let settings = try entry.value.withUnsafeBytes { try KeySettings(record: ByteView($0)) }
                let first = max(settings.firstVersion, settings.latestVersion - KeyRing.residentLimit + 1)
                let versions = try await loadVersions(name, from: first, settings)
                if versions.count == settings.latestVersion - first + 1 {
                    return try KeyRing(name: name, settings: settings, versions: versions, revision: entry.revision)
                }
                // Somebody trimmed or deleted between two reads: the settings have changed, read again.
                if try await storage.read("key/\(name.text)")?.revision == entry.revision {
                    throw KeyRingError.corruptRecord
                }
            } catch let error as KeyRingError {
                throw .ring(error)
            } catch {
                throw .storage
            }
        }
        throw .contention
    }

    /// The versions from `first` to the latest, in a few reads; fewer when somebody changes the ring meanwhile.
    private func loadVersions(_ name: KeyName, from first: Int, _ settings: KeySettings) async throws -> [KeyVersion] {
        var versions: [KeyVersion] = []
        let reservations = try await loadReservations(name, from: first)
        var cursor = Self.version(name, first - 1).path
        while true {
            let page = try await storage.entries(under: "version/\(name.text)/", after: cursor, limit: 1000)
            guard let last = page.last else { return versions }
            cursor = last.key.path
            for stored in page {
                let number = first + versions.count
                guard number <= settings.latestVersion, stored.key == Self.version(name, number) else {
                    return versions
                }
                let version = try stored.entry.value.withUnsafeBytes {
                    try KeyVersion(
                        number: number, record: ByteView($0), settings: settings,
                        storedUsage: reservations[stored.key.path.suffix(20)] ?? 0)
                }
                versions.append(version)
            }
        }
    }

    private func loadReservations(_ name: KeyName, from first: Int) async throws -> [Substring: UInt64] {
        var reservations: [Substring: UInt64] = [:]
        var cursor = Self.usage(name, first - 1).path
        while true {
            let page = try await storage.entries(under: "usage/\(name.text)/", after: cursor, limit: 1000)
            guard let last = page.last else { return reservations }
            cursor = last.key.path
            for stored in page { reservations[stored.key.path.suffix(20)] = Self.reservation(stored.entry) }
        }
    }

    private func loadVersion(_ name: KeyName, _ number: Int, _ settings: KeySettings) async throws -> KeyVersion? {
        guard let entry = try await storage.read(Self.version(name, number).path) else { return nil }
        let usage = Self.reservation(try await storage.read(Self.usage(name, number).path))
        return try entry.value.withUnsafeBytes {
            try KeyVersion(number: number, record: ByteView($0), settings: settings, storedUsage: usage)
        }
    }

    /// Brings old versions of a large ring into memory; those that are gone stay missing.
    func load(_ numbers: Set<Int>, of ring: KeyRing) async throws(TransitError) {
        if numbers.isEmpty { return }
        var versions: [KeyVersion] = []
        for number in numbers.sorted() {
            do {
                if let version = try await loadVersion(ring.name, number, ring.settings) { versions.append(version) }
            } catch let error as KeyRingError {
                throw .ring(error)
            } catch {
                throw .storage
            }
        }
        ring.keep(versions)
    }

    /// Every version of the ring from `first` on, oldest first, for those who need them all.
    func allVersions(of ring: KeyRing, from first: Int) async throws(TransitError) -> [KeyVersion] {
        var versions: [KeyVersion] = []
        for number in max(first, ring.settings.firstVersion)...ring.settings.latestVersion {
            if let version = ring.resident(number) {
                versions.append(version)
                continue
            }
            do {
                guard let version = try await loadVersion(ring.name, number, ring.settings) else {
                    throw TransitError.contention
                }
                versions.append(version)
            } catch let error as KeyRingError {
                throw .ring(error)
            } catch let error as TransitError {
                throw error
            } catch {
                throw .storage
            }
        }
        return versions
    }

    /// Commits and puts the ring, now stored, into the cache; nil after a conflict.
    private func commit(
        _ batch: WriteBatch, _ ring: KeyRing, replacing old: KeyRing? = nil
    ) async throws(TransitError) -> KeyRing? {
        guard let revision = try await attempt(batch) else { return nil }
        do throws(KeyRingError) {
            let stored = try ring.stored(at: revision)
            // Nobody may count on the versions of a ring that is no more.
            if let old { for version in old.residents { _ = version.usage.close() } }
            admit(stored)
            return stored
        } catch {
            throw .ring(error)
        }
    }

    private func attempt(_ batch: WriteBatch) async throws(TransitError) -> UInt64? {
        if isClosed.load(ordering: .acquiring) { throw .storage }
        do throws(StorageError) {
            return try await storage.commit(batch)
        } catch {
            switch error {
            case .conflict: return nil
            case .fenced, .full, .readOnly, .corrupt, .unavailable, .sealed, .corrupted: throw .storage
            }
        }
    }

    /// Puts the ring into the cache. What has to leave for it is written back by others: waiting for its name here,
    /// while holding one, could wait in a circle.
    private func admit(_ ring: KeyRing) {
        for evicted in cache.insert(ring) { Task { await release(evicted) } }
    }

    /// Writes back a ring that is leaving, unless somebody has taken it back meanwhile.
    private func release(_ ring: KeyRing) async {
        await locks.holding(ring.name) { () async in
            guard cache.isLeaving(ring) else { return }
            await writeBack(ring)
            cache.left(ring)
        }
    }

    /// Ends the ring's counters and stores their exact numbers, unless somebody has reserved anew meanwhile. What goes
    /// wrong here only makes the count too high.
    private func writeBack(_ ring: KeyRing) async {
        for version in ring.residents where version.usage.messages < version.usage.reserved {
            let reserved = version.usage.reserved
            let exact = version.usage.close()
            let path = Self.usage(ring.name, version.number)
            guard let entry = try? await storage.read(path.path), Self.reservation(entry) == reserved else { continue }
            var batch = WriteBatch()
            batch.require(.revision(entry.revision), at: path)
            batch.put(path, Self.record(exact))
            _ = try? await storage.commit(batch)
        }
    }

    private static func key(_ name: KeyName) -> StorageKey { StorageKey("key/\(name.text)") }

    private static func version(_ name: KeyName, _ number: Int) -> StorageKey {
        StorageKey("version/\(name.text)/\(padded(number))")
    }

    private static func usage(_ name: KeyName, _ number: Int) -> StorageKey {
        StorageKey("usage/\(name.text)/\(padded(number))")
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(20 - digits.count, 0)) + digits
    }

    private static func record(_ reservation: UInt64) -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(Int(clamping: reservation))
        return writer.record
    }

    /// The stored reservation; an unreadable one counts as the highest, so that the version refuses to go on.
    private static func reservation(_ entry: StorageEntry?) -> UInt64 {
        guard let entry else { return 0 }
        return entry.value.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)), let value = try? reader.int(), value >= 0 else {
                return UInt64(Int64.max)
            }
            return UInt64(value)
        }
    }
}
