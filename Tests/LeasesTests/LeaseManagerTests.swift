import Bytes
import EngineKit
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

@testable import Leases

struct LeaseManagerTests {
    @Test func `A lease can be looked up, renewed and revoked, and is listed like a file`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.register()
        #expect(id.hasPrefix("db/creds/ro/") && id.utf8.count == 12 + 24)
        let record = try #require(try await fixture.leases.lookup(id))
        #expect(record.expiresUnixSeconds == record.issuedUnixSeconds + 300)
        #expect(try fixture.leases.list(below: "") == ["db/"])
        #expect(try fixture.leases.list(below: "db") == ["creds/"])
        #expect(try fixture.leases.list(below: "db/creds/") == ["ro/"])
        #expect(try fixture.leases.list(below: "db/creds/ro") == [String(id.dropFirst(12))])
        #expect(try fixture.leases.list(below: "d").isEmpty)
        fixture.clock.advance(100)
        let ticket = try await fixture.leases.renew(id, incrementSeconds: 600)
        #expect(ticket.seconds == 600 && ticket.isRenewable && ticket.warnings.isEmpty)
        try await fixture.leases.revoke(id, waits: true)
        #expect(fixture.engines.ended[id] != nil)
        #expect(try await fixture.leases.lookup(id) == nil)
        #expect(try fixture.leases.list(below: "db/creds/ro").isEmpty && fixture.leases.count == 0)
        try await fixture.leases.revoke(id, waits: true)
        try await fixture.leases.revoke("nonsense", waits: true)
    }

    @Test func `Renewals are bounded by the engine's, the mount's and the first longest time`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.register(ttl: 300, max: 1000)
        fixture.clock.advance(290)
        #expect(try await fixture.leases.renew(id, incrementSeconds: nil).seconds == 300)
        fixture.clock.advance(290)
        let ticket = try await fixture.leases.renew(id, incrementSeconds: 5000)
        #expect(ticket.seconds == 420)
        #expect(
            ticket.warnings.first?.hasPrefix("TTL of \"1h23m20s\" exceeded the effective max_ttl of \"7m0s\"") == true)
        fixture.engines.state.withLock { $0.maxSeconds = 600 }
        #expect(try await fixture.leases.renew(id, incrementSeconds: 5000).seconds == 20)
        await #expect(throws: LeaseError.unknown) {
            try await fixture.leases.renew("db/creds/ro/x", incrementSeconds: 1)
        }
        let fixed = try await fixture.register(isRenewable: false)
        await #expect(throws: LeaseError.notRenewable) { try await fixture.leases.renew(fixed, incrementSeconds: 1) }
    }

    @Test func `CVE_2020_25816 CVE_2021_32923 a renewal at the last second stays bounded`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.register(ttl: 300, max: 300)
        fixture.clock.advance(299)
        #expect(try await fixture.leases.renew(id, incrementSeconds: 300).seconds == 1)
        fixture.clock.advance(1)
        await #expect(throws: LeaseError.unknown) { try await fixture.leases.renew(id, incrementSeconds: 300) }
        await fixture.settle()
        #expect(fixture.engines.ended[id] != nil && fixture.leases.count == 0)
        for increment in [Int.max, Int.min, -1, 0] {
            let other = try await fixture.register(ttl: 10, max: 100)
            let seconds = try await fixture.leases.renew(other, incrementSeconds: increment).seconds
            #expect(seconds >= 1 && seconds <= 100)
        }
    }

    @Test func `Leases end when they are due, not before, and whatever restarts in between`() async throws {
        var fixture = try await Fixture()
        let early = try await fixture.register(ttl: 100)
        let late = try await fixture.register(ttl: 200)
        fixture.clock.advance(99)
        await fixture.settle()
        #expect(fixture.engines.ended.isEmpty)
        fixture = try await Fixture(restarting: fixture)
        fixture.clock.advance(1)
        await fixture.settle()
        #expect(fixture.engines.ended.keys.sorted() == [early])
        fixture = try await Fixture(restarting: fixture)
        #expect(fixture.leases.count == 1)
        fixture.clock.advance(100)
        await fixture.settle()
        #expect(fixture.engines.ended[late] != nil && fixture.leases.count == 0)
        let rest = try await fixture.storage.list(under: "", after: nil, limit: 10)
        #expect(rest.isEmpty)
    }

    @Test func `An engine that is away is asked again, with reasons to be seen, until it is back`() async throws {
        let fixture = try await Fixture()
        for _ in 0..<40 { try await fixture.register(ttl: 100) }
        let elsewhere = try await fixture.register("other/creds/x", mount: Fixture.mount("other/"), ttl: 101)
        fixture.engines.set(fault: .unavailable("connection refused"))
        fixture.clock.advance(100)
        await fixture.settle()
        #expect(fixture.leases.count == 41 && fixture.engines.ended.isEmpty)
        #expect(fixture.leases.queue().allSatisfy { $0.trouble.reason == "connection refused" })
        let lane = try #require(fixture.leases.lanes().first { $0.lane.mount == "db/" }).lane
        #expect(lane.awayUntil > fixture.clock.now && lane.reason == "connection refused")
        // However many failed together: the first pause is short.
        #expect(lane.awayUntil <= fixture.clock.now + 2)
        let calls = fixture.engines.state.withLock { $0.calls }
        // While it is away, a look costs one try at most.
        for _ in 0..<60 {
            fixture.clock.advance(1)
            await fixture.settle()
        }
        #expect(fixture.engines.state.withLock { $0.calls } - calls < 60)
        fixture.engines.set(fault: nil)
        fixture.clock.advance(50)
        await fixture.settle()
        #expect(fixture.leases.count == 0 && fixture.engines.ended[elsewhere] != nil)
        #expect(fixture.leases.queue().isEmpty)
    }

    @Test func `A refusal stays in the queue, keeps no other lease, and goes by force`() async throws {
        let fixture = try await Fixture()
        let bad = try await fixture.register(ttl: 100)
        fixture.engines.state.withLock { $0.faultOnce[bad] = .refused("role is gone") }
        await #expect(throws: LeaseError.stillQueued(1, reason: "role is gone")) {
            try await fixture.leases.revoke(bad, waits: true)
        }
        #expect(fixture.leases.queue().map(\.leaseID) == [bad])
        let good = try await fixture.register(ttl: 100)
        try await fixture.leases.revoke(good, waits: true)
        fixture.engines.set(fault: .refused("role is gone"))
        try await fixture.leases.revokeByForce(below: "db/creds")
        #expect(fixture.leases.count == 0)
    }

    @Test func `A revoked lease that its engine cannot end is not forgotten by a restart`() async throws {
        var fixture = try await Fixture()
        let id = try await fixture.register(ttl: 3000)
        fixture.engines.set(fault: .unavailable("away"))
        try await fixture.leases.revoke(id, waits: false)
        #expect(fixture.leases.count == 1)
        fixture = try await Fixture(restarting: fixture)
        await #expect(throws: LeaseError.unknown) { try await fixture.leases.renew(id, incrementSeconds: 10) }
        fixture.engines.set(fault: nil)
        await fixture.settle()
        #expect(fixture.engines.ended[id] != nil && fixture.leases.count == 0)
    }

    @Test func `Leases end with their token and with their mount, and prefixes are folders or whole names`()
        async throws
    {
        let fixture = try await Fixture()
        for number in 0..<300 { try await fixture.register(token: number % 3 == 0 ? "a" : "b") }
        let other = try await fixture.register("db/creds/rows", token: "c")
        let far = try await fixture.register("dbx/creds/ro", mount: Fixture.mount("dbx/"), token: "c")
        try await fixture.leases.revokeAll(token: "a")
        #expect(fixture.leases.count == 202)
        await #expect(throws: LeaseError.tokenEnded) { try await fixture.register(token: "a") }
        try await fixture.leases.revoke(below: "db/creds/ro", waits: true)
        #expect(fixture.leases.count == 2)
        #expect(try await fixture.leases.lookup(other) != nil)
        try await fixture.leases.revokeAll(mount: "db/")
        #expect(try await fixture.leases.lookup(other) == nil)
        #expect(try await fixture.leases.lookup(far) != nil)
        fixture.engines.set(fault: .unavailable("away"))
        await #expect(throws: LeaseFault.self) { try await fixture.leases.revokeAll(of: Fixture.mount("dbx/")) }
        #expect(fixture.leases.count == 1)
    }

    @Test func `Revocations of one role leave room for the others of its mount`() async throws {
        let fixture = try await Fixture()
        fixture.engines.state.withLock { $0.delayMilliseconds = 5 }
        for _ in 0..<100 { try await fixture.register(ttl: 50) }
        for _ in 0..<100 { try await fixture.register("db/creds/rw", ttl: 50) }
        fixture.clock.advance(60)
        for _ in 0..<20 {
            await fixture.settle()
            fixture.clock.advance(1)
        }
        #expect(fixture.leases.count == 0)
        let most = fixture.engines.state.withLock { $0.mostRunning }
        #expect(most > 8 && most <= 32)
    }

    @Test func `A write-ahead entry ends with the recording of its lease, and only if it still stands`() async throws {
        let fixture = try await Fixture()
        var batch = WriteBatch()
        batch.put(StorageKey("mount/db/wal/1"), [1])
        let revision = try await fixture.storage.commit(batch)
        var grant = SecretGrant(terms: LeaseTerms(ttlSeconds: 10), record: [])
        grant.writeAhead = WriteAheadEntry(path: "wal/1", revision: revision)
        _ = try await fixture.leases.register(grant, path: "db/creds/ro", at: Fixture.mount(), for: .root)
        #expect(try await fixture.storage.read(StorageKey("mount/db/wal/1")) == nil)
        await #expect(throws: LeaseFault.self) {
            try await fixture.leases.register(grant, path: "db/creds/ro", at: Fixture.mount(), for: .root)
        }
        #expect(fixture.leases.count == 1)
    }

    @Test func `Leases of a batch token end no later than the token`() async throws {
        let fixture = try await Fixture()
        let caller = Caller(tokenID: "b", kind: .batch, expiresUnixSeconds: fixture.clock.now + 50)
        let grant = SecretGrant(terms: LeaseTerms(ttlSeconds: 300, maxSeconds: 3000), record: [])
        let ticket = try await fixture.leases.register(
            grant, path: "db/creds/ro", mount: Fixture.mount(), caller: caller)
        #expect(ticket.seconds == 50)
        fixture.clock.advance(20)
        #expect(try await fixture.leases.renew(ticket.leaseID, incrementSeconds: 300).seconds == 30)
    }

    @Test func `Nothing is lost or left over when the n-th operation of storage fails`() async throws {
        for moment in FaultyStorage.Moment.allCases {
            for number in 1...14 {
                let faulty = FaultyStorage(InMemoryStorage())
                var fixture = try await Fixture(storage: faulty)
                faulty.arm(number, moment)
                var kept: [String] = []
                for _ in 0..<3 {
                    if let id = try? await fixture.register(ttl: 100) { kept.append(id) }
                }
                if let first = kept.first { _ = try? await fixture.leases.renew(first, incrementSeconds: 200) }
                var ended: Set<String> = []
                if let last = kept.last, (try? await fixture.leases.revoke(last, waits: true)) != nil { ended = [last] }
                faulty.disarm()
                for id in kept where !ended.contains(id) {
                    let isThere = try await fixture.leases.lookup(id) != nil
                    #expect(isThere || fixture.engines.ended[id] != nil, "\(moment) \(number)")
                }
                fixture = try await Fixture(restarting: fixture)
                fixture.clock.advance(10_000)
                await fixture.settle()
                for id in kept { #expect(fixture.engines.ended[id] != nil, "\(moment) \(number)") }
                #expect(fixture.leases.count == 0)
                #expect(try await faulty.list(under: "", after: nil, limit: 10).isEmpty)
            }
        }
    }

    @Test func `Sealed, it answers that it is not ready; a foreign record does not end the server`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.register()
        fixture.leases.unload()
        await #expect(throws: LeaseError.notReady) { try await fixture.leases.lookup(id) }
        await #expect(throws: LeaseError.notReady) { try await fixture.leases.revoke(id, waits: true) }
        await #expect(throws: LeaseError.notReady) { try await fixture.register() }
        try await fixture.leases.load()
        #expect(try await fixture.leases.lookup(id) != nil)
        var batch = WriteBatch()
        batch.put(StorageKey("core/leases/page/00000077"), [1, 2, 3])
        try await fixture.storage.commit(batch)
        await #expect(throws: LeaseError.storage) { try await Fixture(restarting: fixture) }
    }
}
