import KeyRings
import TestAids
import Testing

@Suite("Usage counts")
struct KeyUsageTests {
    @Test("Counting needs a reservation, and goes exactly up to it")
    func reservation() {
        let usage = KeyUsage(stored: 10)
        #expect(usage.take(1, limit: 1000) == .needsReservation)
        usage.extend(to: 15)
        #expect(usage.take(3, limit: 1000) == .counted(13))
        #expect(usage.take(3, limit: 1000) == .needsReservation)
        #expect(usage.take(2, limit: 1000) == .counted(15))
        #expect(usage.take(1, limit: 1000) == .needsReservation)
        #expect(usage.messages == 15 && usage.reserved == 15)
    }

    @Test("The limit is reached exactly and never passed, reserved or not")
    func limit() {
        let usage = KeyUsage(stored: 0)
        #expect(usage.take(6, limit: 5) == .exhausted)
        usage.extend(to: 1000)
        #expect(usage.take(5, limit: 5) == .counted(5))
        #expect(usage.take(1, limit: 5) == .exhausted)
        #expect(usage.take(1, limit: 6) == .counted(6))
        #expect(usage.take(.max, limit: .max) != .counted(5))
        #expect(usage.messages == 6)
    }

    @Test("A reservation never shrinks")
    func extending() {
        let usage = KeyUsage(stored: 5)
        usage.extend(to: 3)
        #expect(usage.reserved == 5)
        usage.extend(to: 9)
        usage.extend(to: 7)
        #expect(usage.reserved == 9)
    }

    @Test("The next reservation has room for what is asked, in blocks that grow with use up to a bound")
    func nextReservation() {
        for (used, messages) in [(0, 1), (0, 10_000), (5000, 1), (10_000_000, 1), (10_000_000, 5_000_000)]
            as [(UInt64, UInt64)]
        {
            let usage = KeyUsage(stored: used)
            let next = usage.nextReservation(for: messages, limit: 1 << 62)
            #expect(next >= used + messages + 4096)
            #expect(next <= used + messages + 1 << 20)
            usage.extend(to: next)
            #expect(usage.take(messages, limit: 1 << 62) == .counted(used + messages))
        }
    }

    @Test("A reservation leaves a crash little to eat of a small limit, and never passes it")
    func smallLimit() {
        let usage = KeyUsage(stored: 0)
        #expect(usage.nextReservation(for: 1, limit: 200) == 4)
        #expect(usage.nextReservation(for: 200, limit: 200) == 200)
        #expect(usage.nextReservation(for: 300, limit: 200) == 300)
        #expect(usage.nextReservation(for: 1, limit: 1) == 1)
    }

    @Test("Closing is final: the number stays, and everybody is sent to reserve anew")
    func closing() {
        let usage = KeyUsage(stored: 0)
        usage.extend(to: 100)
        #expect(usage.take(7, limit: 100) == .counted(7))
        #expect(!usage.isClosed)
        #expect(usage.close() == 7)
        #expect(usage.isClosed)
        #expect(usage.take(1, limit: 100) == .needsReservation)
        usage.extend(to: 1000)
        #expect(usage.take(1, limit: 100) == .needsReservation)
        #expect(usage.close() == 7)
        #expect(usage.messages == 7)
    }

    @Test("Eight threads that take and give back end at exactly the sum")
    func exactness() async {
        let usage = KeyUsage(stored: 3)
        usage.extend(to: 1 << 40)
        await withTaskGroup(of: Void.self) { group in
            for worker in 1...8 {
                group.addTask {
                    for round in 1...5000 {
                        guard case .counted = usage.take(UInt64(worker), limit: 1 << 40) else {
                            Issue.record("refused below limit and reservation")
                            return
                        }
                        if round.isMultiple(of: 2) { usage.giveBack(UInt64(worker)) }
                    }
                }
            }
        }
        #expect(usage.messages == 3 + 36 * 2500)
    }

    @Test(
        "Eight threads together never get more than the reservation, nor more than the limit", arguments: [900, 2000])
    func bounds(_ limit: UInt64) async {
        let usage = KeyUsage(stored: 0)
        usage.extend(to: 1000)
        let granted = await withTaskGroup(of: UInt64.self) { group in
            for worker in 1...8 {
                group.addTask {
                    var granted: UInt64 = 0
                    for _ in 0..<1000 {
                        guard case .counted(let total) = usage.take(UInt64(worker % 3 + 1), limit: limit) else {
                            continue
                        }
                        granted += UInt64(worker % 3 + 1)
                        if total > min(limit, 1000) { Issue.record("\(total) messages counted") }
                    }
                    return granted
                }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == usage.messages)
        #expect(usage.messages == min(limit, 1000))
    }

    @Test("What was counted before a close that comes at any moment is in the final number")
    func closingRace() async {
        for _ in 0..<200 {
            let usage = KeyUsage(stored: 0)
            usage.extend(to: 1 << 40)
            let counted = await withTaskGroup(of: UInt64.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        (0..<50).reduce(0) { sum, _ in
                            if case .counted = usage.take(1, limit: 1 << 40) { sum + 1 } else { sum }
                        }
                    }
                }
                group.addTask {
                    _ = usage.close()
                    return 0
                }
                return await group.reduce(0, +)
            }
            #expect(usage.close() == counted)
        }
    }

    @Test("A random history agrees with a plain model", arguments: Seeds.all)
    func model(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let stored = UInt64(random.int(0...1000))
            let usage = KeyUsage(stored: stored)
            var (count, reserved, isClosed, pending) = (stored, stored, false, UInt64(0))
            for _ in 0..<60 {
                let amount = UInt64(random.int(0...300))
                switch random.int(0...9) {
                case 0...4:
                    let limit = UInt64(random.int(0...4000))
                    let expected: KeyUsage.Outcome =
                        isClosed
                        ? .needsReservation
                        : count + amount > limit
                            ? .exhausted : count + amount > reserved ? .needsReservation : .counted(count + amount)
                    #expect(usage.take(amount, limit: limit) == expected)
                    if case .counted = expected { (count, pending) = (count + amount, pending + amount) }
                case 5...6:
                    reserved = max(reserved, count + amount)
                    usage.extend(to: count + amount)
                case 7...8:
                    let back = min(amount, pending)
                    usage.giveBack(back)
                    (count, pending) = (count - back, pending - back)
                default:
                    if random.oneIn(5) {
                        isClosed = true
                        #expect(usage.close() == count)
                    }
                }
                #expect(usage.messages == count && usage.reserved == reserved && usage.isClosed == isClosed)
            }
        }
    }
}
