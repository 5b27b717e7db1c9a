import Barrier
import Bytes
import Primitives
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

@Suite("Automatic seals and the move between seals")
struct MigrationTests {
    @Test("An automatic seal opens the database at the initialisation and at every start, and tells recovery shares")
    func automatic() async throws {
        let transit = TestTransit()
        let seal = TransitSeal(keyName: "autounseal", client: transit)
        let (fixture, recovery) = try await KeeperFixture.open(5, 3, seal: seal)
        #expect(recovery.count == 5 && !fixture.storage.isSealed)
        try await fixture.put("a", [1])
        let status = try await fixture.keeper.status()
        #expect(status.type == "transit" && status.isRecoverySeal && !status.isMigrating)
        #expect(status.count == ShareCount(shares: 5, threshold: 3))
        let other = fixture.restarted(seal)
        transit.isDown.store(true, ordering: .relaxed)
        #expect(await fault { try await other.keeper.unsealAutomatically() } == .seal(.providerUnavailable))
        #expect(await other.keeper.health() == .failing(.providerUnavailable))
        #expect(other.storage.isSealed)
        transit.isDown.store(false, ordering: .relaxed)
        #expect(await other.keeper.health() == .healthy)
        try await other.keeper.unsealAutomatically()
        try await other.keeper.unsealAutomatically()
        #expect(try await other.read("a") == [1])
        let third = fixture.restarted(seal)
        #expect(await fault { try await third.unseal(recovery) } == .automaticSeal)
    }

    @Test("Without recovery shares nothing that shares authorise can be done")
    func noRecovery() async throws {
        let fixture = KeeperFixture(TransitSeal(keyName: "k", client: TestTransit()))
        let one = ShareCount(shares: 1, threshold: 1)
        let result = try await fixture.keeper.initialize(InitializationRequest(count: one))
        #expect(result.shares.isEmpty && result.recoveryShares.isEmpty && !fixture.storage.isSealed)
        #expect(await fault { _ = try await fixture.keeper.startRootGeneration() } == .noRecoveryKeys)
        #expect(
            await fault { _ = try await fixture.keeper.startRekey(.recovery, RekeyRequest(count: one)) }
                == .noRecoveryKeys)
        #expect(await fault { try await fixture.restarted().unseal([share([1])], migrate: true) } == .noRecoveryKeys)
        let bad = KeeperFixture(TransitSeal(keyName: "k", client: TestTransit()))
        let fault = await fault {
            _ = try await bad.keeper.initialize(
                InitializationRequest(count: one, recovery: ShareCount(shares: 2, threshold: 3)))
        }
        #expect(fault?.wireText == "invalid recovery configuration: threshold cannot be larger than shares")
    }

    @Test("A provider that fails at the initialisation leaves nothing behind")
    func failingProvider() async throws {
        let transit = TestTransit()
        transit.isDown.store(true, ordering: .relaxed)
        let fixture = KeeperFixture(TransitSeal(keyName: "k", client: transit))
        let one = ShareCount(shares: 1, threshold: 1)
        #expect(
            await fault { _ = try await fixture.keeper.initialize(InitializationRequest(count: one)) }
                == .seal(.providerUnavailable))
        #expect(try await fixture.disk.contents().isEmpty)
    }

    @Test("From shares to an automatic seal and back: unseal shares become recovery shares, and unseal shares again")
    func thereAndBack() async throws {
        let (first, shares) = try await KeeperFixture.open(3, 2)
        try await first.put("a", [1])
        let transit = TestTransit()
        let seal = TransitSeal(keyName: "k", client: transit)
        let second = first.restarted(seal)
        #expect(try await second.keeper.status().isMigrating)
        #expect(await fault { try await second.keeper.unsealAutomatically() } == .migrationNeeded)
        #expect(await fault { try await second.unseal(shares) } == .migrationNeeded)
        let moved = try await second.unseal(shares.prefix(2), migrate: true)
        #expect(!moved.isSealed && !moved.isMigrating && moved.type == "transit" && moved.isRecoverySeal)
        #expect(try await second.read("a") == [1])
        let third = second.restarted(seal)
        #expect(await fault { try await third.unseal(shares, migrate: true) } == .noMigration)
        try await third.keeper.unsealAutomatically()
        let nonce = try await third.keeper.startRootGeneration().nonce
        for share in shares.prefix(2) {
            _ = try await third.keeper.updateRootGeneration(share, nonce: nonce) { () throws(SealFault) in
                String(repeating: "t", count: 26)
            }
        }
        // The provider is dead for good: the recovery shares suffice to leave it.
        transit.isDown.store(true, ordering: .relaxed)
        let fourth = third.restarted()
        #expect(try await fourth.keeper.status().isMigrating)
        #expect(await fault { try await fourth.unseal(shares) } == .migrationNeeded)
        let back = try await fourth.unseal(shares.suffix(2), migrate: true)
        #expect(!back.isSealed && back.type == "shamir" && !back.isRecoverySeal)
        #expect(try await fourth.opens(shares.prefix(2)))
        #expect(try await fourth.read("a") == [1])
    }

    @Test("Wrong shares move nothing, and neither does a new provider that fails")
    func failedMove() async throws {
        let (first, shares) = try await KeeperFixture.open(3, 2)
        let (_, foreign) = try await KeeperFixture.open(3, 2)
        let transit = TestTransit()
        let second = first.restarted(TransitSeal(keyName: "k", client: transit))
        #expect(await fault { try await second.unseal(foreign, migrate: true) } == .invalidKey)
        transit.isDown.store(true, ordering: .relaxed)
        _ = try await second.keeper.resetUnseal()
        #expect(await fault { try await second.unseal(shares.prefix(2), migrate: true) } == .seal(.providerUnavailable))
        #expect(second.storage.isSealed)
        #expect(try await first.opens(shares.prefix(2)))
    }

    @Test("Whichever operation of a move fails, one of the two seals opens the database, and a second try moves it")
    func failures() async throws {
        let seal = TransitSeal(keyName: "k", client: TestTransit())
        for isBack in [false, true] {
            for moment in FaultyStorage.Moment.allCases {
                for isLasting in [false, true] {
                    for number in 1... {
                        let (first, shares) = try await KeeperFixture.open(3, 2, seal: isBack ? seal : nil)
                        try await first.put("a", [1])
                        let second = first.restarted(isBack ? nil : seal)
                        second.faulty.arm(number, lasting: isLasting, moment)
                        _ = try? await second.unseal(shares.prefix(2), migrate: true)
                        let isThrough = second.faulty.operations < number
                        second.faulty.disarm()
                        let third = second.restarted(isBack ? nil : seal)
                        if try await third.keeper.status().isMigrating {
                            try await third.unseal(shares.suffix(2), migrate: true)
                        } else if isBack {
                            try await third.unseal(shares.suffix(2))
                        } else {
                            try await third.keeper.unsealAutomatically()
                        }
                        #expect(try await third.read("a") == [1])
                        #expect(try await third.keeper.status().type == (isBack ? "shamir" : "transit"))
                        if isThrough { break }
                    }
                }
            }
        }
    }

    @Test("A static seal takes its key as bytes, hex or base64, from a file or the environment")
    func staticKeys() async throws {
        let key = [UInt8](0..<32)
        let hex = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let root = try RootKey.generate()
        let files = try [
            key, Array(hex.utf8), Array((" " + hex + "\r\n").utf8), Array((ReferenceBase64.encode(key) + "\n").utf8),
        ]
        .map { try TestFile($0) }
        let first = try StaticSeal(currentID: "1", current: .file(path: files[0].path))
        let wrapped = try first.wrap(root)
        #expect(wrapped.keyID == "1" && first.isAutomatic && first.type == "static" && first.isCurrent(wrapped))
        for file in files {
            let seal = try StaticSeal(currentID: "1", current: .file(path: file.path))
            #expect(try seal.unwrap(wrapped).isSame(as: root))
        }
        for bad in [
            [], [1, 2], Array("xyz".utf8), [UInt8](repeating: 0x61, count: 300), [UInt8](repeating: 0, count: 33),
        ] {
            let file = try TestFile(bad)
            #expect(throws: SealError.badKeySource) { try StaticSeal(currentID: "1", current: .file(path: file.path)) }
        }
        for source in [
            StaticKeySource.file(path: "/nowhere/key"), .file(path: "/"), .environment(name: "STRONGROOM_NOT_SET"),
        ] {
            #expect(throws: SealError.badKeySource) { try StaticSeal(currentID: "1", current: source) }
        }
        #expect(throws: SealError.badKeySource) { try StaticSeal(currentID: "", current: .file(path: files[0].path)) }
    }

    @Test("A static seal refuses what was altered, and what another key or id wrapped")
    func staticRefusal() async throws {
        let (one, two) = (
            try TestFile([UInt8](repeating: 1, count: 32)), try TestFile([UInt8](repeating: 2, count: 32))
        )
        let seal = try StaticSeal(currentID: "1", current: .file(path: one.path))
        let wrapped = try seal.wrap(try RootKey.generate())
        for bit in 0..<wrapped.blob.count * 8 {
            var blob = wrapped.blob
            blob[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SealError.refused) { try seal.unwrap(WrappedKey(keyID: "1", blob: blob)) }
        }
        for (id, file) in [("1", two), ("2", one)] {
            let other = try StaticSeal(currentID: id, current: .file(path: file.path))
            #expect(throws: SealError.refused) { try other.unwrap(wrapped) }
            #expect(throws: SealError.refused) { try other.unwrap(WrappedKey(keyID: id, blob: wrapped.blob)) }
        }
        #expect(throws: SealError.refused) { try seal.unwrap(WrappedKey(keyID: "1", blob: [])) }
    }

    @Test("With a new current key the root key is wrapped anew at the next start, and the previous key can go")
    func staticRotation() async throws {
        let (one, two) = (
            try TestFile([UInt8](repeating: 1, count: 32)), try TestFile([UInt8](repeating: 2, count: 32))
        )
        let before = try StaticSeal(currentID: "1", current: .file(path: one.path))
        let (first, _) = try await KeeperFixture.open(1, 1, seal: before)
        try await first.put("a", [1])
        let alone = try StaticSeal(currentID: "2", current: .file(path: two.path))
        #expect(await fault { try await first.restarted(alone).keeper.unsealAutomatically() } == .seal(.refused))
        let both = try StaticSeal(
            currentID: "2", current: .file(path: two.path), previous: [("1", .file(path: one.path))])
        let second = first.restarted(both)
        try await second.keeper.unsealAutomatically()
        let third = second.restarted(alone)
        try await third.keeper.unsealAutomatically()
        #expect(try await third.read("a") == [1])
    }
}
