import EngineKit
import TestAids
import Testing

@testable import Tokens

@Suite("The table of all tokens")
struct DigestTableTests {
    @Test("It holds what a dictionary holds, through additions, changes and removals", arguments: Seeds.all)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = DigestTable()
        var model: [UInt64: UInt32] = [:]
        // Few low bits, so that many digests want the same place.
        let digests = (0..<600).map { _ in max(random.next() & 0xFFFF_0000_0000_003F, 1) }
        for step in 0..<20_000 {
            let digest = random.pick(digests)
            if random.oneIn(2) {
                let due = UInt32(random.int(0...1000))
                table.set(digest, due: due)
                model[digest] = due
            } else {
                table.remove(digest)
                model[digest] = nil
            }
            if table.count != model.count { Issue.record("count") }
            if step % 500 == 0 {
                #expect(digests.allSatisfy { table.due(of: $0) == model[$0] })
                let due = Set(table.dueDigests(at: 500, limit: .max))
                #expect(due == Set(model.filter { $0.value != 0 && $0.value <= 500 }.keys))
            }
        }
    }

    @Test("A million tokens take 32 MiB of tables at most")
    func memory() {
        let shelves = TokenShelves(capacity: 1024)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<1_000_000 { shelves.add(unread: random.next()) }
        #expect(shelves.count == 1_000_000)
        #expect(shelves.tableBytes <= 32 << 20)
    }

    @Test("Of those kept in full, there are never more than the capacity, and the ones in use stay")
    func eviction() {
        let shelves = TokenShelves(capacity: 64 * 4)
        var random = SeededGenerator(seed: 3)
        func token() -> KnownToken {
            KnownToken(random.bytes(32).withUnsafeBytes { TokenDigest($0) }, TokenEntry())
        }
        let favourite = token()
        shelves.put(favourite)
        var kept = [favourite]
        for _ in 0..<5_000 {
            guard case .known = shelves.find(favourite.digest) else {
                Issue.record("the token in use was pushed out")
                return
            }
            let next = token()
            shelves.put(next)
            kept.append(next)
        }
        let known = kept.filter { if case .known = shelves.find($0.digest) { true } else { false } }
        #expect(known.count <= 64 * 4 && known.count > 64)
        #expect(shelves.count == kept.count)
    }
}
