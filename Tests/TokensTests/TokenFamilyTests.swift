import EngineKit
import Storage
import TestAids
import Testing

@testable import Tokens

@Suite("Parents and children")
struct TokenFamilyTests {
    @Test("A revoked token takes all that descend from it, and nobody else")
    func trees() async throws {
        let bench = try await Bench()
        let parent = try await bench.make()
        let child = try await bench.make(parent: parent)
        let grandchild = try await bench.make(parent: child)
        let batch = try await bench.make(parent: child) {
            $0.kind = .batch
            $0.isRenewable = false
        }
        let other = try await bench.make()
        #expect(bench.finding(batch.token) == "known")
        #expect(try await bench.store.revoke(parent.known.digest))
        for token in [parent, child, grandchild, batch] { #expect(bench.finding(token.token) == "unknown") }
        #expect(bench.finding(other.token) == "known")
        // Belongings end from the leaves up.
        #expect(bench.endings.ids == [grandchild, child, parent].map(\.known.id))
        #expect(try await !bench.store.revoke(parent.known.digest))
        await #expect(throws: TokenError.unknown) { try await bench.make(parent: parent) }
    }

    @Test("revoke-orphan leaves the children, without a parent from then on")
    func orphaning() async throws {
        let bench = try await Bench()
        let parent = try await bench.make()
        let child = try await bench.make(parent: parent)
        #expect(try await bench.store.revokeOrphaning(parent.known.digest))
        #expect(try await !bench.admits(parent.token))
        let known = try #require(try await bench.store.inspect(child.token, now: bench.clock.now))
        #expect(known.entry.parentID.isEmpty)
        #expect(try await bench.stored().allSatisfy { !$0.key.path.contains("/parent/") })
    }

    @Test("A parent that ends takes its children with it, and batch children at its very second")
    func parentExpiry() async throws {
        let bench = try await Bench()
        let parent = try await bench.make(ttl: 60)
        let child = try await bench.make(ttl: 600, parent: parent)
        let batch = try await bench.make(ttl: 600, parent: parent) { $0.kind = .batch }
        bench.clock.advance(60)
        #expect(bench.finding(batch.token) == "unknown")
        await bench.store.tick(now: bench.clock.now)
        #expect(bench.finding(child.token) == "unknown")
    }

    @Test("Batch tokens cost no storage, work after a restart, and cannot be altered or made by others")
    func batch() async throws {
        let bench = try await Bench()
        let before = try await bench.stored().count
        let batch = try await bench.make { $0.kind = .batch }
        #expect(try await bench.stored().count == before)
        #expect(batch.token.text.hasPrefix("hvb.") && batch.known.entry.accessor.isEmpty)
        let again = try await bench.restarted()
        #expect(again.finding(batch.token) == "known")
        let text = Array(batch.token.text.utf8)
        for at in stride(from: 4, to: text.count - 1, by: 7) {
            var altered = text
            altered[at] = altered[at] == 0x41 ? 0x42 : 0x41
            #expect(again.finding(SealSecret(copying: altered)) == "unknown")
        }
        #expect(try await Bench().finding(batch.token) == "unknown")
        bench.clock.advance(3600)
        #expect(again.finding(batch.token) == "unknown")
    }

    @Test("A crash at any point of a revocation leaves no child alive after the restart, and ends what belongs to all")
    func crashes() async throws {
        for number in 1..<40 {
            for moment in FaultyStorage.Moment.allCases {
                let faulty = FaultyStorage(InMemoryStorage())
                let bench = try await Bench(faulty)
                let parent = try await bench.make()
                let child = try await bench.make(parent: parent)
                let grandchild = try await bench.make(parent: child)
                faulty.arm(number, lasting: true, moment)
                let isDone = (try? await bench.store.revoke(parent.known.digest)) != nil
                faulty.disarm()
                let again = try await bench.restarted()
                for _ in 0..<3 { await again.store.tick(now: again.clock.now) }
                let isAlive = try await again.admits(parent.token)
                #expect(try await again.admits(child.token) == isAlive, "operation \(number) \(moment)")
                #expect(try await again.admits(grandchild.token) == isAlive, "operation \(number) \(moment)")
                #expect(!isDone || !isAlive)
                if !isAlive {
                    let ended = Set(bench.endings.ids + again.endings.ids)
                    #expect(ended == Set([parent, child, grandchild].map(\.known.id)))
                    #expect(again.store.pendingEndings == 0)
                    // The server that met the fault does not go on with the token either.
                    #expect(try await !bench.admits(parent.token))
                }
            }
        }
    }

    @Test("What cannot be ended now is tried again until it is")
    func retries() async throws {
        let bench = try await Bench()
        let made = try await bench.make()
        bench.endings.fail(3)
        #expect(try await bench.store.revoke(made.known.digest))
        #expect(bench.store.pendingEndings == 1)
        for _ in 0..<20 { await bench.store.tick(now: bench.clock.now) }
        #expect(bench.store.pendingEndings == 0 && bench.endings.ids == [made.known.id])
    }

    @Test("Children made while their parent is revoked are dead or were never made")
    func childrenInTheRace() async throws {
        for _ in 0..<20 {
            let bench = try await Bench()
            let parent = try await bench.make()
            async let revoked = bench.store.revoke(parent.known.digest)
            let children = await withTaskGroup(of: MadeToken?.self) { group in
                for _ in 0..<8 { group.addTask { try? await bench.make(parent: parent) } }
                return await group.reduce(into: [MadeToken]()) { if let child = $1 { $0.append(child) } }
            }
            #expect(try await revoked)
            for child in children { #expect(try await !bench.admits(child.token)) }
        }
    }

    @Test("Leases of tokens are listed by path, found by id, and revoked by prefix")
    func leases() async throws {
        let bench = try await Bench()
        let bob = try await bench.make { $0.path = "auth/userpass/login/bob" }
        let eve = try await bench.make { $0.path = "auth/userpass/login/eve" }
        let made = try await bench.make()
        let store = bench.store
        #expect(try await store.leaseNames(below: "") == ["auth/"])
        #expect(try await store.leaseNames(below: "auth/") == ["token/", "userpass/"])
        #expect(try await store.leaseNames(below: "auth/userpass/login/") == ["bob/", "eve/"])
        #expect(try await store.leaseNames(below: "auth/userpass/login/bob/") == ["h" + bob.known.id])
        let id = "auth/userpass/login/bob/h" + bob.known.id
        #expect(try await store.lookUpLease(id)?.expiresUnixSeconds == bob.known.entry.expires)
        #expect(try await store.lookUpLease("auth/x/h" + bob.known.id) == nil)
        #expect(try await !store.revokeLease("auth/x/h" + bob.known.id))
        #expect(try await store.revokeLease(id))
        try await store.revokeLeases(below: "auth/userpass/")
        #expect(try await !bench.admits(eve.token))
        #expect(try await bench.admits(made.token))
    }
}
