package import Bytes
package import EngineKit
internal import Leases
package import Storage
internal import Synchronization
package import Vocabulary

/// All quotas: asked by the stages of a request, changed under `sys/quotas`.
///
/// Of the quotas that hold for a path, the one that describes it most closely decides, as everywhere in the field.
/// **Layout** below the view: `rule/<kind>/<name>`, and `exempt`. **Concurrency** the rules are an immutable picture
/// behind one short lock; without rules, a request costs one atomic load.
package final class QuotaTable: RequestQuotas, LeaseCountQuotas {
    struct Entry: Sendable {
        let rule: QuotaRule
        let meter: RateMeter?
    }

    final class Picture: Sendable {
        let entries: [Entry]
        let exemptions: [String]
        init(_ entries: [Entry], _ exemptions: [String]) {
            self.entries = entries
            self.exemptions = exemptions
        }
    }

    /// Paths that no rate holds for unless somebody says otherwise: what tells of the server's health, and opens it.
    package static let usualExemptions = [
        "sys/generate-root/attempt", "sys/generate-root/update", "sys/health", "sys/seal-status", "sys/unseal",
    ]

    private let storage: StorageView
    private let nanoseconds: @Sendable () -> Int
    private let picture = Mutex(Picture([], usualExemptions))
    private let rates = Atomic(false)
    private let counts = Atomic(false)
    private let changes = Turns()

    /// Quotas kept in `storage`; `nanoseconds` is a clock that does not jump.
    package init(storage: StorageView, nanoseconds: @escaping @Sendable () -> Int) {
        self.storage = storage
        self.nanoseconds = nanoseconds
    }

    // MARK: - Requests

    package func admit(_ path: ByteView, at mount: MountPoint, from client: PeerAddress) -> QuotaDecision {
        guard rates.load(ordering: .relaxed) else { return .admitted }
        let picture = picture.withLock { $0 }
        guard let entry = Self.closest(picture, .rateLimit, path, mount), let meter = entry.meter else {
            return .admitted
        }
        for exempt in picture.exemptions where Self.holds(exempt, path) { return .admitted }
        guard let excess = meter.excess(from: client, now: nanoseconds()) else { return .admitted }
        return .exceeded(retryAfterSeconds: excess / 1_000_000_000 + 1)
    }

    package var hasLeaseCounts: Bool { counts.load(ordering: .relaxed) }

    package func admitsLease(_ path: String, at mount: MountPoint, count: (String) -> Int) -> Bool {
        let picture = picture.withLock { $0 }
        var path = path
        let entry = path.withUTF8 {
            Self.closest(picture, .leaseCount, ByteView(UnsafeRawBufferPointer($0)), mount)
        }
        guard let rule = entry?.rule else { return true }
        if !rule.role.isEmpty || !(rule.path.isEmpty || rule.path.hasSuffix("/") || rule.path.hasSuffix("*")) {
            return count(path) < rule.maxLeases
        }
        return count(rule.path.hasSuffix("*") ? String(rule.path.dropLast()) : rule.path) < rule.maxLeases
    }

    private static func closest(
        _ picture: Picture, _ kind: QuotaRule.Kind, _ path: ByteView, _ mount: MountPoint
    ) -> Entry? {
        let length = mount.path.utf8.count
        var best: (entry: Entry, rank: Int)?
        for entry in picture.entries where entry.rule.kind == kind {
            let rank = entry.rule.rank(mountLength: length)
            if let best, best.rank >= rank { continue }
            if entry.rule.covers(path, mountLength: length) { best = (entry, rank) }
        }
        return best?.entry
    }

    private static func holds(_ exempt: String, _ path: ByteView) -> Bool {
        var exempt = exempt
        return exempt.withUTF8 { ByteView(UnsafeRawBufferPointer($0)).equalsVariableTime(path) }
    }

    // MARK: - Rules

    /// Reads what is stored. Called after each unsealing.
    package func load() async throws(QuotaFault) {
        var entries: [Entry] = []
        var exemptions = Self.usualExemptions
        do throws(StorageError) {
            var cursor: String?
            while true {
                let page = try await storage.entries(under: "rule/", after: cursor, limit: 1000)
                guard let last = page.last else { break }
                cursor = last.key.path
                for stored in page {
                    guard let rule = QuotaRule(record: stored.entry.value) else { throw StorageError.corrupt }
                    entries.append(Self.entry(rule))
                }
            }
            if let stored = try await storage.read("exempt") {
                exemptions = String(decoding: stored.value, as: UTF8.self).split(separator: "\n").map(String.init)
            }
        } catch {
            throw .storage
        }
        publish(Picture(entries, exemptions))
    }

    /// Forgets the rules; what is stored stays.
    package func unload() { publish(Picture([], Self.usualExemptions)) }

    /// The names of a kind, sorted.
    package func names(_ kind: QuotaRule.Kind) -> [String] {
        picture.withLock { $0 }.entries.map(\.rule).filter { $0.kind == kind }.map(\.name).sorted()
    }

    /// A rule; nil when there is none.
    package func rule(_ kind: QuotaRule.Kind, _ name: String) -> QuotaRule? {
        picture.withLock { $0 }.entries.first { $0.rule.kind == kind && $0.rule.name == name }?.rule
    }

    /// Paths that no rate holds for.
    package var exemptions: [String] { picture.withLock { $0 }.exemptions }

    /// Makes or replaces a rule.
    package func put(_ rule: QuotaRule) async throws(QuotaFault) {
        try await changes.run { [self] () async throws(QuotaFault) in
            let old = picture.withLock { $0 }
            let others = old.entries.filter { $0.rule.kind != rule.kind || $0.rule.name != rule.name }
            let twin = others.first {
                $0.rule.kind == rule.kind && $0.rule.path == rule.path && $0.rule.role == rule.role
            }
            if let twin { throw .similar(twin.rule.name) }
            guard others.count < 1000 else { throw .tooMany(limit: 1000) }
            var batch = WriteBatch()
            batch.put(StorageKey("rule/\(rule.kind.rawValue)/\(rule.name)"), rule.record)
            try await commit(batch)
            publish(Picture(others + [Self.entry(rule)], old.exemptions))
        }
    }

    /// Removes a rule, if there is one.
    package func remove(_ kind: QuotaRule.Kind, _ name: String) async throws(QuotaFault) {
        try await changes.run { [self] () async throws(QuotaFault) in
            var batch = WriteBatch()
            batch.delete(StorageKey("rule/\(kind.rawValue)/\(name)"))
            try await commit(batch)
            let old = picture.withLock { $0 }
            let rest = old.entries.filter { $0.rule.kind != kind || $0.rule.name != name }
            publish(Picture(rest, old.exemptions))
        }
    }

    /// Sets the paths that no rate holds for.
    package func exempt(_ paths: [String]) async throws(QuotaFault) {
        try await changes.run { [self] () async throws(QuotaFault) in
            var batch = WriteBatch()
            batch.put(StorageKey("exempt"), Array(paths.joined(separator: "\n").utf8))
            try await commit(batch)
            publish(Picture(picture.withLock { $0 }.entries, paths))
        }
    }

    private func commit(_ batch: WriteBatch) async throws(QuotaFault) {
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
    }

    private func publish(_ next: Picture) {
        picture.withLock { $0 = next }
        rates.store(next.entries.contains { $0.rule.kind == .rateLimit }, ordering: .relaxed)
        counts.store(next.entries.contains { $0.rule.kind == .leaseCount }, ordering: .relaxed)
    }

    private static func entry(_ rule: QuotaRule) -> Entry {
        Entry(rule: rule, meter: rule.kind == .rateLimit ? RateMeter(rule) : nil)
    }
}
