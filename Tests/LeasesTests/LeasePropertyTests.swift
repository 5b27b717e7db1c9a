import EngineKit
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

@testable import Leases

struct LeasePropertyTests {
    private struct Expected {
        var issued: Int
        var max: Int
        var expires: Int
        var wanted: Int?
    }

    @Test(arguments: Seeds.all)
    func `Nothing outlives its longest time and nothing ends early, whatever happens`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var fixture = try await Fixture()
        var model: [String: Expected] = [:]
        for step in 0..<400 {
            switch random.int(0...9) {
            case 0...3:
                let (ttl, max) = (random.int(1...400), random.int(1...1000))
                let id = try await fixture.register(
                    random.pick(["db/creds/ro", "db/creds/rw"]), token: random.pick(["a", "b", "c"]), ttl: ttl, max: max
                )
                let now = fixture.clock.now
                model[id] = Expected(issued: now, max: max, expires: now + min(ttl, max))
            case 4...5:
                guard let id = model.keys.sorted().randomElement(using: &random) else { continue }
                let increment = random.int(1...800)
                let ticket = try? await fixture.leases.renew(id, incrementSeconds: increment)
                if let ticket { model[id]?.expires = fixture.clock.now + ticket.seconds }
            case 6:
                guard let id = model.keys.sorted().randomElement(using: &random) else { continue }
                try await fixture.leases.revoke(id, waits: false)
                if model[id]?.wanted == nil { model[id]?.wanted = fixture.clock.now }
            case 7: fixture = try await Fixture(restarting: fixture)
            default:
                fixture.clock.advance(random.oneIn(10) ? 3600 : random.int(1...60))
                await fixture.settle()
            }
            check(fixture, &model, "seed \(seed), step \(step)")
        }
    }

    private func check(_ fixture: Fixture, _ model: inout [String: Expected], _ note: String) {
        let now = fixture.clock.now
        let ended = fixture.engines.ended
        for (id, lease) in model {
            if let time = ended[id] {
                let wasDue = time >= lease.expires || lease.wanted.map { time >= $0 } ?? false
                #expect(wasDue, "ended early: \(note)")
                model[id] = nil
            } else {
                #expect(lease.expires <= lease.issued + lease.max, "\(note)")
                // A lease is overdue only while the clock has moved and nobody was let do anything.
                #expect(now <= lease.expires + 3600, "\(note)")
            }
        }
    }

    @Test func `The book's look-up, heaps and chains agree with a dictionary`() {
        for seed in Seeds.all {
            var random = SeededGenerator(seed: seed)
            var book = LeaseBook()
            var model: [String: (number: UInt32, due: Int, token: String)] = [:]
            for step in 0..<1000 {
                if random.int(0...2) < 2 || model.isEmpty {
                    let (path, token) = ("m\(random.int(0...3))/r\(random.int(0...5))", "t\(random.int(0...20))")
                    let name = path + "/" + (0..<24).map { _ in random.pick(["a", "Z", "7"]) }.joined()
                    guard model[name] == nil, let id = LeaseIdentifier(name) else { continue }
                    let due = random.int(0...10_000)
                    let mount = path.prefix(3) + ""
                    let number = book.registered(id, mount: String(mount), token: TokenKey(token), due: due, page: 0)
                    model[name] = (number, due, token)
                } else if let name = model.keys.sorted().randomElement(using: &random), let entry = model[name] {
                    if random.oneIn(2) {
                        book.makeDue(entry.number, now: random.int(0...10_000))
                        model[name]?.due = book.index.slots[Int(entry.number)].due
                    } else {
                        book.ended(entry.number)
                        model[name] = nil
                    }
                }
                guard step % 100 == 0 else { continue }
                #expect(book.count == model.count, "seed \(seed)")
                for (name, entry) in model {
                    #expect(LeaseIdentifier(name).flatMap { book.index.find($0) } == entry.number, "seed \(seed)")
                }
                for token in Set(model.values.map(\.token)) {
                    let numbers = Set(book.index.leases(of: TokenKey(token)))
                    #expect(numbers == Set(model.values.filter { $0.token == token }.map(\.number)), "seed \(seed)")
                }
                for lane in book.lanes.indices {
                    let least = model.filter { $0.key.hasPrefix(book.lanes[lane].mount) }.map(\.value.due).min()
                    #expect(book.nextDue(lane: lane) == least, "seed \(seed)")
                }
            }
        }
    }

    @Test func `The steady clock goes on when somebody sets the wall clock, and begins no earlier than told`() {
        let steady = Mutex(5_000_000_000)
        let wall = Mutex(1_000_000_000_000)
        let clock = SteadyClock(wall: { wall.withLock { $0 } }, steady: { steady.withLock { $0 } })
        #expect(clock.unixSeconds == 1000)
        wall.withLock { $0 += 3_600_000_000_000 }
        steady.withLock { $0 += 2_000_000_000 }
        #expect(clock.unixSeconds == 1002)
        wall.withLock { $0 = 0 }
        #expect(clock.unixSeconds == 1002)
        #expect(SteadyClock(notBefore: 5000, wall: { 0 }, steady: { 7 }).unixSeconds == 5000)
        #expect(SteadyClock(notBefore: .max, wall: { 0 }, steady: { 7 }).unixSeconds > 0)
    }

    @Test func `A clock that was set back between two runs makes no lease younger`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.register(ttl: 100)
        let earlier = TestClock(fixture.clock.now - 86_400)
        let engines = fixture.engines
        let leases = LeaseManager(storage: fixture.storage, engines: engines) { earlier.now }
        try await leases.load()
        earlier.advance(100)
        for _ in 0..<500 where engines.ended[id] == nil {
            leases.tick()
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(engines.ended[id] != nil)
    }

    @Test func `Names of leases are told from others, and never from bytes that are not text`() {
        #expect(LeaseIdentifier("a/0123456789ABCDEFGHIJabcd")?.path == "a")
        #expect(LeaseIdentifier("a/0123456789ABCDEFGHIJabcd")?.suffix.text == "0123456789ABCDEFGHIJabcd")
        for bad in ["", "/", "a", "a/", "a/short", "a/0123456789ABCDEFGHIJabc-", "0123456789ABCDEFGHIJabcdX"] {
            #expect(LeaseIdentifier(bad) == nil, "\(bad)")
        }
        let long = String(repeating: "é", count: 600) + "/0123456789ABCDEFGHIJabcd"
        #expect(LeaseIdentifier(long) == nil)
    }
}
