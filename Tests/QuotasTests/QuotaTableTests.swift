import Bytes
import EngineKit
import Leases
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

@testable import Quotas

struct QuotaTableTests {
    private final class Clock: Sendable {
        let nanoseconds = Mutex(1_000_000_000)
        func advance(milliseconds: Int) { nanoseconds.withLock { $0 += milliseconds * 1_000_000 } }
    }

    private func mount(_ path: String) -> MountPoint {
        MountPoint(
            MountDescription(path: path, type: "kv", accessor: "", uuid: "", about: ""), systemDefaultSeconds: 60,
            systemMaxSeconds: 60)
    }

    private func rule(_ name: String, _ path: String, perSecond: Int = 1, interval: Int = 1) -> QuotaRule {
        var rule = QuotaRule(name: name, kind: .rateLimit)
        (rule.path, rule.milliRate, rule.intervalSeconds) = (path, perSecond * 1000, interval)
        return rule
    }

    private func admits(_ table: QuotaTable, _ path: String, _ address: String = "192.0.2.1") -> Bool {
        let mount = mount(String(path.prefix { $0 != "/" }) + "/")
        return withView(path) { view in
            table.admit(view, at: mount, from: PeerAddress(text: address) ?? .unknown) == .admitted
        }
    }

    private func table(_ clock: Clock, _ storage: any StorageBackend = InMemoryStorage()) -> QuotaTable {
        QuotaTable(storage: StorageView(storage, prefix: "q/")) { clock.nanoseconds.withLock { $0 } }
    }

    @Test func `So many requests go through in an interval, for each address`() async throws {
        let clock = Clock()
        let table = table(clock)
        #expect(admits(table, "kv/a"))
        try await table.put(rule("q", "", perSecond: 3))
        for _ in 0..<3 { #expect(admits(table, "kv/a")) }
        #expect(!admits(table, "kv/a"))
        #expect(admits(table, "kv/a", "192.0.2.2"))
        #expect(admits(table, "sys/health"))
        clock.advance(milliseconds: 334)
        #expect(admits(table, "kv/a") && !admits(table, "kv/a"))
        clock.advance(milliseconds: 60_000)
        for _ in 0..<3 { #expect(admits(table, "kv/a")) }
        #expect(!admits(table, "kv/a"))
    }

    @Test func `The closest rule decides, and a path is no other path that begins so`() async throws {
        let clock = Clock()
        let table = table(clock)
        try await table.put(rule("global", "", perSecond: 1))
        try await table.put(rule("mount", "kv/", perSecond: 2))
        try await table.put(rule("path", "kv/a", perSecond: 3))
        for _ in 0..<3 { #expect(admits(table, "kv/a")) }
        #expect(!admits(table, "kv/a") && !admits(table, "kv/a/b"))
        for _ in 0..<2 { #expect(admits(table, "kv/ab")) }
        #expect(!admits(table, "kv/ab"))
        #expect(admits(table, "other/x") && !admits(table, "other/x"))
        var role = rule("role", "db/", perSecond: 1)
        role.role = "ro"
        try await table.put(role)
        #expect(admits(table, "db/creds/ro") && !admits(table, "db/creds/ro"))
        await #expect(throws: QuotaFault.similar("mount")) { try await table.put(rule("twin", "kv/")) }
    }

    @Test func `Whoever went over stays out for the block interval`() async throws {
        let clock = Clock()
        let table = table(clock)
        var rule = rule("q", "", perSecond: 1)
        rule.blockSeconds = 10
        try await table.put(rule)
        #expect(admits(table, "kv/a") && !admits(table, "kv/a"))
        clock.advance(milliseconds: 9_000)
        #expect(!admits(table, "kv/a"))
        clock.advance(milliseconds: 1_100)
        #expect(admits(table, "kv/a"))
    }

    @Test func `Rules outlive a restart, and a flood of addresses takes bounded memory`() async throws {
        let clock = Clock()
        let storage = InMemoryStorage()
        let first = table(clock, storage)
        var rule = rule("q", "kv/", perSecond: 1)
        rule.grouping = .together
        try await first.put(rule)
        try await first.exempt(["kv/free"])
        let table = table(clock, storage)
        try await table.load()
        #expect(table.rule(.rateLimit, "q") == rule && table.exemptions == ["kv/free"])
        #expect(admits(table, "kv/a", "192.0.2.1") && !admits(table, "kv/a", "192.0.2.2"))
        #expect(admits(table, "kv/free"))
        try await table.remove(.rateLimit, "q")
        #expect(admits(table, "kv/a") && table.names(.rateLimit).isEmpty)
        let meter = RateMeter(self.rule("m", "", perSecond: 1))
        for number in 0..<200_000 {
            _ = meter.excess(from: PeerAddress(high: 1, low: UInt64(number)), now: 5)
        }
    }

    @Test func `Leases are counted for the mount, the path or the role of the rule`() async throws {
        let table = table(Clock())
        var rule = QuotaRule(name: "few", kind: .leaseCount)
        (rule.path, rule.maxLeases) = ("db/", 2)
        try await table.put(rule)
        var asked = ""
        #expect(
            !table.admitsLease("db/creds/ro", at: mount("db/")) { path in
                asked = path
                return 2
            })
        #expect(asked == "db/")
        #expect(table.admitsLease("db/creds/ro", at: mount("db/")) { _ in 1 })
        rule.name = "one"
        rule.path = "db/creds/ro"
        rule.maxLeases = 5
        try await table.put(rule)
        #expect(
            table.admitsLease("db/creds/ro", at: mount("db/")) { path in
                asked = path
                return 4
            })
        #expect(asked == "db/creds/ro")
        #expect(table.admitsLease("other/creds/ro", at: mount("other/")) { _ in 100 })
    }

    @Test func `CVE_2025_12044 a decision looks at the path alone, and costs little`() async throws {
        let table = table(Clock())
        for number in 0..<100 { try await table.put(rule("q\(number)", "kv/\(number)", perSecond: 1000)) }
        let clock = ContinuousClock()
        let spent = clock.measure { for _ in 0..<2000 { _ = admits(table, "kv/7/x") } }
        #expect(spent < .seconds(2))
    }
}
