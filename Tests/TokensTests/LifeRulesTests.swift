import EngineKit
import TestAids
import Testing
import Vocabulary

@Suite("How long tokens and leases live")
struct LifeRulesTests {
    private static func rules(
        ttl: Int = 0, max: Int = 0, period: Int = 0, explicit: Int = 0, mountMax: Int = 1000
    ) -> LifeRules {
        var rules = LifeRules(mountDefaultSeconds: 100, mountMaxSeconds: mountMax)
        (rules.ttlSeconds, rules.maxSeconds) = (ttl, max)
        (rules.periodSeconds, rules.explicitMaxSeconds) = (period, explicit)
        return rules
    }

    @Test("The mount's default, the role's time and the increment come in that order")
    func choice() throws {
        #expect(try Self.rules().span(increment: nil, issued: 0, now: 0).seconds == 100)
        #expect(try Self.rules(ttl: 50).span(increment: nil, issued: 0, now: 0).seconds == 50)
        #expect(try Self.rules(ttl: 50).span(increment: 70, issued: 0, now: 0).seconds == 70)
        #expect(try Self.rules(ttl: 50).span(increment: -70, issued: 0, now: 0).seconds == 50)
        #expect(try Self.rules(ttl: 50).span(increment: 0, issued: 0, now: 0).seconds == 50)
    }

    @Test("What is capped says so in the field's words")
    func warning() throws {
        var rules = LifeRules(mountDefaultSeconds: 100, mountMaxSeconds: 2_764_800)
        rules.ttlSeconds = 9999 * 3600
        let span = try rules.span(increment: nil, issued: 0, now: 0)
        #expect(span.seconds == 2_764_800)
        #expect(
            span.warning
                == "TTL of \"9999h\" exceeded the effective max_ttl of \"768h\"; TTL value is capped accordingly")
    }

    @Test("A period starts anew for ever, but for an explicit limit")
    func periods() throws {
        #expect(try Self.rules(period: 300).span(increment: 5, issued: 0, now: 1_000_000).seconds == 300)
        #expect(try Self.rules(period: 300, explicit: 400).span(increment: nil, issued: 0, now: 200).seconds == 200)
        #expect(throws: LifeRules.PastMax.self) {
            try Self.rules(period: 300, explicit: 400).span(increment: nil, issued: 0, now: 400)
        }
    }

    @Test("CVE-2020-25816 and CVE-2021-32923: nothing is left at the end, and that is not for ever")
    func nothingLeft() throws {
        #expect(try Self.rules().span(increment: 500, issued: 0, now: 999).seconds == 1)
        for now in [1000, 1001, Int.max] {
            #expect(throws: LifeRules.PastMax.self) {
                try Self.rules().span(increment: 500, issued: 0, now: now)
            }
        }
    }

    @Test("Negative and huge times overflow nothing")
    func extremes() throws {
        for number in [Int.min, -1, 0, 1, Int.max] {
            for increment in [Int.min, -1, 0, 1, Int.max] {
                let rules = Self.rules(
                    ttl: number, max: number, period: number, explicit: number, mountMax: number)
                if let span = try? rules.span(increment: increment, issued: 0, now: 0) {
                    #expect(span.seconds >= 1 && span.seconds <= LifeRules.longestSeconds)
                }
            }
        }
    }

    @Test(
        "CVE-2021-32923: no random life of renewals and clock jumps outlives its limit, none ends early",
        arguments: Seeds.all)
    func randomLives(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let rules = Self.rules(
                ttl: random.int(0...200), max: random.oneIn(2) ? random.int(1...2000) : 0,
                period: random.oneIn(4) ? random.int(1...300) : 0,
                explicit: random.oneIn(3) ? random.int(1...3000) : 0, mountMax: random.int(100...3000))
            let issued = random.int(0...1_000_000)
            var (now, end) = (issued, issued)
            let limits = [rules.maxSeconds, rules.explicitMaxSeconds, rules.mountMaxSeconds].filter { $0 > 0 }
            let life =
                rules.periodSeconds > 0
                ? (rules.explicitMaxSeconds > 0 ? rules.explicitMaxSeconds : Int.max / 2) : limits.min() ?? 0
            for _ in 0..<random.int(1...12) {
                let increment = random.oneIn(2) ? random.int(-50...4000) : nil
                guard let span = try? rules.span(increment: increment, issued: issued, now: now) else {
                    if now - issued < life { Issue.record("refused with life left") }
                    break
                }
                end = now + span.seconds
                if end - issued > life && now >= issued { Issue.record("outlives its limit") }
                if span.seconds < 1 { Issue.record("for ever by accident") }
                var wanted = max(increment ?? 0, 0)
                if rules.periodSeconds > 0 { wanted = min(rules.periodSeconds, limits.min() ?? .max) }
                if wanted == 0 { wanted = rules.ttlSeconds > 0 ? rules.ttlSeconds : 100 }
                if span.seconds != min(wanted, life - max(now - issued, 0)) { Issue.record("ends early") }
                // Time goes on to some moment before the end, or jumps back.
                now =
                    random.oneIn(10)
                    ? max(issued - 100, now - random.int(0...500)) : random.int(now...max(now, end - 1))
            }
        }
    }
}
