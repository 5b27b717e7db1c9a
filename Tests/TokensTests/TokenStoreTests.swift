import Bytes
import EngineKit
import Storage
import TestAids
import Testing
import Vocabulary

@testable import Tokens

@Suite("Tokens")
struct TokenStoreTests {
    @Test("A made token is known, after a restart too, and nothing else is")
    func known() async throws {
        let bench = try await Bench()
        let made = try await bench.make()
        let text = made.token.text
        #expect(text.hasPrefix("hvs.") && text.utf8.count == 28 && made.known.entry.accessor.utf8.count == 24)
        #expect(bench.finding(made.token) == "known")
        let again = try await bench.restarted()
        #expect(again.finding(made.token) == "storage")
        #expect(try await again.admits(made.token))
        #expect(again.finding(made.token) == "known")
        for other in ["", "hvs.", String(text.dropLast()), text + "x", "hvb.AAAA", "x"] {
            #expect(again.finding(SealSecret(exposing: other)) == "unknown")
        }
        again.store.close()
        #expect(again.finding(made.token) == "unknown")
    }

    @Test("No token is stored, nor its accessor as a key")
    func nothingInClear() async throws {
        let bench = try await Bench()
        let made = try await bench.make()
        let secret = Array(made.token.text.utf8.dropFirst(4))
        for entry in try await bench.stored() {
            #expect(!entry.key.path.contains(made.known.entry.accessor))
            #expect(!Self.contains(Array(entry.key.path.utf8), secret) && !Self.contains(entry.entry.value, secret))
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }

    @Test("An entry survives its record, whatever it holds, and a damaged record gives none", arguments: Seeds.all)
    func records(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var entry = TokenEntry()
        entry.policies = ["a", "b"]
        entry.metadata = ["k": "v", "": "ü"]
        entry.boundCIDRs = ["10.0.0.0/8"]
        (entry.numUses, entry.expires, entry.issued) = (-1, .max, .min)
        var login = Login(aliasName: "bob", displayName: "userpass-bob")
        login.record = [1, 2, 3]
        login.token.boundCIDRs = ["::1"]
        entry.login = login
        let record = entry.record
        #expect(TokenEntry(record: record) == entry)
        for _ in 0..<2_000 { _ = TokenEntry(record: random.mutated(record)) }
        for length in 0..<record.count { #expect(TokenEntry(record: Array(record.prefix(length))) == nil) }
    }

    @Test("A token with ten uses, used fifty times at once, is used ten times, and then it is over")
    func uses() async throws {
        let bench = try await Bench()
        let made = try await bench.make { $0.numUses = 10 }
        let uses = await withTaskGroup(of: TokenUse?.self) { group in
            for _ in 0..<50 {
                group.addTask { try? await bench.store.use(Array(made.token.text.utf8), from: .unknown) }
            }
            return await group.reduce(into: [TokenUse]()) { if let use = $1 { $0.append(use) } }
        }
        #expect(uses.count == 10)
        #expect(uses.filter(\.isLast).count == 1)
        for use in uses { await bench.store.spend(use) }
        #expect(bench.finding(made.token) == "unknown")
        #expect(bench.endings.ids == [made.known.id])
    }

    @Test("A last use that never came to its end is cleaned up, after a restart too")
    func lostLastUse() async throws {
        let bench = try await Bench()
        let made = try await bench.make(ttl: 0) { $0.numUses = 1 }
        #expect(try await bench.admits(made.token))
        #expect(try await !bench.admits(made.token))
        let again = try await bench.restarted()
        await again.store.tick(now: again.clock.now)
        #expect(again.store.count == 0 && again.endings.ids == [made.known.id])
    }

    @Test("A token ends at its second, whether or not it was cleaned up, and its accessor with it")
    func expiry() async throws {
        let bench = try await Bench()
        let made = try await bench.make(ttl: 60)
        bench.clock.advance(59)
        #expect(bench.finding(made.token) == "known")
        bench.clock.advance(1)
        #expect(bench.finding(made.token) == "unknown")
        #expect(try await bench.store.inspect(made.token, now: bench.clock.now) == nil)
        await bench.store.tick(now: bench.clock.now)
        #expect(bench.store.count == 0 && bench.endings.ids == [made.known.id])
        #expect(try await bench.stored().map(\.key.path) == ["core/token/keys"])
    }

    @Test("After a restart the clean-up learns when tokens end, and takes only those that are over")
    func expiryAfterRestart() async throws {
        let bench = try await Bench()
        let short = try await bench.make(ttl: 60)
        let long = try await bench.make(ttl: 6000)
        let root = try await bench.store.makeRoot(now: bench.clock.now)
        bench.clock.advance(61)
        let again = try await bench.restarted()
        await again.store.tick(now: again.clock.now)
        #expect(again.endings.ids == [short.known.id])
        #expect(try await again.admits(long.token))
        #expect(try await again.admits(root))
    }

    @Test("CVE-2020-25816, CVE-2021-32923: a renewal just before the end gives what is left, at the end nothing")
    func renewalAtTheEnd() async throws {
        let bench = try await Bench(mounts: OneMount(maxSeconds: 100))
        let made = try await bench.make(ttl: 100)
        bench.clock.advance(99)
        let renewal = try await bench.store.renew(made.known.digest, increment: 500) { bench.clock.now }
        #expect(renewal.known.entry.expires == made.known.entry.issued + 100)
        #expect(renewal.warnings.count == 1)
        bench.clock.advance(1)
        await #expect(throws: TokenError.unknown) {
            try await bench.store.renew(made.known.digest, increment: 500) { bench.clock.now }
        }
        #expect(try await !bench.admits(made.token))
    }

    @Test("A clock that passes the end while the method judges the renewal renews nothing")
    func renewalPastTheEnd() async throws {
        let clock = HandClock()
        let mounts = OneMount { login in
            clock.advance(200)
            return login
        }
        let bench = try await Bench(clock: clock, mounts: mounts)
        let issued = try await bench.store.issue(
            Login(aliasName: "bob", displayName: "bob"), on: mounts.point, path: "auth/m/login", now: clock.now)
        bench.clock.advance(issued.issued.leaseSeconds - 100)
        let digest = try #require(bench.store.digest(of: issued.issued.token))
        await #expect(throws: TokenError.unknown) {
            try await bench.store.renew(digest, increment: nil) { clock.now }
        }
    }

    @Test("Root tokens have nothing to renew, and what was made not to be renewed is not")
    func unrenewable() async throws {
        let bench = try await Bench()
        let root = try await bench.store.makeRoot(now: bench.clock.now)
        let digest = try #require(bench.store.digest(of: root))
        await #expect(throws: TokenError.noLease) {
            try await bench.store.renew(digest, increment: nil) { bench.clock.now }
        }
        let made = try await bench.make { $0.isRenewable = false }
        await #expect(throws: TokenError.notRenewable) {
            try await bench.store.renew(made.known.digest, increment: nil) { bench.clock.now }
        }
    }

    @Test("A token bound to networks works from there alone; root from everywhere")
    func bounds() async throws {
        let bench = try await Bench()
        let made = try await bench.make { $0.boundCIDRs = ["10.0.0.0/8", "2001:db8::/32"] }
        for (address, isGood) in [
            ("10.1.2.3", true), ("11.0.0.1", false), ("2001:db8::5", true), ("2001:db9::5", false),
            ("::ffff:10.0.0.1", true),
        ] {
            let client = try #require(PeerAddress(text: address))
            #expect(try await bench.admits(made.token, from: client) == isGood, "\(address)")
        }
        #expect(try await !bench.admits(made.token, from: .unknown))
        let root = try await bench.make(ttl: 0) {
            $0.policies = ["root"]
            $0.boundCIDRs = ["10.0.0.0/8"]
        }
        #expect(try await bench.admits(root.token))
    }

    @Test("A policy named \" root\", \"ROOT\" or the like is root, and root alone; CVE-2025-5999")
    func rootByAnotherName() async throws {
        for name in [" root", "ROOT", "root ", "\troot\n", "Root"] {
            #expect(PolicyNames.canonical(["a", name], addingDefault: true) == ["root"])
            let mounts = OneMount()
            let bench = try await Bench(mounts: mounts)
            var login = Login(aliasName: "bob", displayName: "bob")
            login.policies = ["a", name]
            await #expect(throws: TokenError.rootLogin) {
                try await bench.store.issue(login, on: mounts.point, path: "auth/m/login", now: 1)
            }
        }
    }
}
