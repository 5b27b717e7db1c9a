import TestAids
import Testing

@testable import Auditing

@Suite struct LedgerTests {
    @Test func `entries are settled in order`() {
        var ledger = AuditLedger()
        let step1 = ledger.record(3..<5)
        #expect(!step1)
        #expect(ledger.settled == 0)
        let step2 = ledger.record(1..<2)
        #expect(step2)
        #expect(ledger.settled == 1)
        let step3 = ledger.record(2..<3)
        #expect(step3)
        #expect(ledger.settled == 4)
        #expect(ledger.isRecorded(4))
        #expect(!ledger.isRecorded(5))
    }

    @Test func `what is lost is settled and not recorded`() {
        var ledger = AuditLedger()
        let step4 = ledger.lose(RangeSet([2..<4]))
        #expect(!step4)
        let step5 = ledger.record(1..<2)
        #expect(step5)
        #expect(ledger.settled == 3)
        #expect(ledger.isRecorded(1))
        #expect(!ledger.isRecorded(2))
        #expect(!ledger.isRecorded(3))
    }

    @Test func `a loss after the record changes nothing, a record before the settling wins`() {
        var ledger = AuditLedger()
        _ = ledger.record(1..<3)
        let step6 = ledger.lose(RangeSet([1..<3]))
        #expect(!step6)
        #expect(ledger.isRecorded(2))
        _ = ledger.lose(RangeSet([4..<6]))
        _ = ledger.record(4..<6)
        _ = ledger.record(3..<4)
        #expect(ledger.settled == 5)
        #expect(ledger.isRecorded(4))
    }

    @Test(arguments: Seeds.all)
    func `of a random history, the ledger says what a plain table says`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var ledger = AuditLedger()
            var fate = [Int: Bool]()
            let count = Int.random(in: 1...60, using: &random)
            var settled: UInt64 = 0
            while fate.count < count {
                let from = Int.random(in: 1...count, using: &random)
                let to = min(count, from + Int.random(in: 0...5, using: &random))
                let isRecord = Bool.random(using: &random)
                // The order of all sums up what the devices say: an entry is lost only when nobody has it any more.
                for ticket in from...to where fate[ticket] == nil || isRecord && UInt64(ticket) > settled {
                    fate[ticket] = isRecord
                }
                if isRecord {
                    _ = ledger.record(UInt64(from)..<UInt64(to + 1))
                } else {
                    _ = ledger.lose(RangeSet([UInt64(from)..<UInt64(to + 1)]))
                }
                while fate[Int(settled) + 1] != nil { settled += 1 }
                #expect(ledger.settled == settled)
            }
            for (ticket, isRecorded) in fate { #expect(ledger.isRecorded(UInt64(ticket)) == isRecorded) }
        }
    }
}
