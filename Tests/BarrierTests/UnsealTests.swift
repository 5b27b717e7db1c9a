import Barrier
import Bytes
import Primitives
import Storage
import TestAids
import Testing
import Vocabulary

@Suite("Initialising and unsealing")
struct UnsealTests {
    @Test("Before the initialisation the status says so, and nothing else works")
    func uninitialized() async throws {
        let fixture = KeeperFixture()
        let status = try await fixture.keeper.status()
        #expect(
            !status.isInitialized && status.isSealed && status.type == "shamir" && status.nonce == ""
                && status.count == ShareCount(shares: 0, threshold: 0))
        #expect(await fault { _ = try await fixture.keeper.unseal(share([1])) } == .notInitialized)
        #expect(await fault { _ = try await fixture.keeper.resetUnseal() } == .notInitialized)
        #expect(await fault { _ = try await fixture.keeper.rootGenerationStatus() } == .notInitialized)
        #expect(await fault { _ = try await fixture.keeper.rekeyStatus(.barrier) } == .notInitialized)
    }

    @Test(
        "Numbers of shares that make no sense are refused with the sentences that clients know",
        arguments: [
            (3, 5, "invalid seal configuration: threshold cannot be larger than shares"),
            (5, 1, "invalid seal configuration: threshold must be greater than one for multiple shares"),
            (0, 0, "invalid seal configuration: shares must be at least one"),
            (1, 0, "invalid seal configuration: threshold must be at least one"),
            (256, 3, "invalid seal configuration: shares must be less than 256"), (-1, -1, nil), (.max, .max, nil),
        ])
    func badCounts(_ shares: Int, _ threshold: Int, _ text: String?) async throws {
        let fixture = KeeperFixture()
        let request = InitializationRequest(count: ShareCount(shares: shares, threshold: threshold))
        let fault = await fault { _ = try await fixture.keeper.initialize(request) }
        #expect(fault?.faultClass == .invalidRequest)
        if let text { #expect(fault?.wireText == text) }
        #expect(try await !fixture.keeper.status().isInitialized)
    }

    @Test(
        "Shares are 33 bytes, or the 32 of the key when there is but one",
        arguments: [(1, 1, 32), (2, 2, 33), (5, 3, 33)])
    func shareLengths(_ shares: Int, _ threshold: Int, _ length: Int) async throws {
        let (fixture, made) = try await KeeperFixture.open(shares, threshold)
        #expect(made.count == shares && made.allSatisfy { $0.count == length })
        #expect(!fixture.storage.isSealed)
        let again = await fault {
            _ = try await fixture.keeper.initialize(InitializationRequest(count: ShareCount(shares: 1, threshold: 1)))
        }
        #expect(again?.wireText == "Vault is already initialized")
    }

    @Test("Progress, nonce, repetition and reset are told as the wire has them")
    func progress() async throws {
        let (first, shares) = try await KeeperFixture.open()
        try await first.put("a", [1])
        let fixture = first.restarted()
        var status = try await fixture.keeper.unseal(shares[3])
        #expect(status.progress == 1 && status.nonce.utf8.count == 36 && status.isSealed && status.isInitialized)
        #expect(status.count == ShareCount(shares: 5, threshold: 3) && !status.isMigrating && !status.isRecoverySeal)
        let nonce = status.nonce
        status = try await fixture.keeper.unseal(shares[3])
        #expect(status.progress == 1 && status.nonce == nonce)
        status = try await fixture.keeper.resetUnseal()
        #expect(status.progress == 0 && status.nonce == "")
        status = try await fixture.unseal([shares[0], shares[4]])
        #expect(status.progress == 2 && status.isSealed && status.nonce != nonce)
        status = try await fixture.keeper.unseal(shares[2])
        #expect(status.progress == 0 && status.nonce == "" && !status.isSealed)
        #expect(try await fixture.read("a") == [1])
        // Keys that come afterwards are of no interest.
        #expect(try await fixture.keeper.unseal(share([1])).progress == 0)
        await fixture.keeper.seal()
        #expect(try await fixture.keeper.status().isSealed)
        await #expect(throws: StorageError.sealed) { try await fixture.read("a") }
        #expect(try await !fixture.unseal(shares.prefix(3)).isSealed)
    }

    @Test("Every choice of k of n shares unseals, and no other does", arguments: [(3, 2), (5, 3), (4, 4), (1, 1)])
    func everyChoice(_ shares: Int, _ threshold: Int) async throws {
        let (first, made) = try await KeeperFixture.open(shares, threshold)
        let (_, foreign) = try await KeeperFixture.open(shares, threshold)
        try await first.put("a", [1])
        await first.keeper.seal()
        for mask in 0..<1 << shares {
            let chosen = made.indices.filter { mask >> $0 & 1 == 1 }
            let fixture = first.restarted()
            let status = try await fixture.unseal(chosen.map { made[$0] })
            #expect(status.isSealed == (chosen.count < threshold), "\(chosen)")
            if !status.isSealed { #expect(try await fixture.read("a") == [1]) }
            await fixture.keeper.seal()
            guard chosen.count == threshold else { continue }
            // With one of another database in place of each, the answer is always the same.
            for place in chosen.indices {
                var given = chosen.map { made[$0] }
                given[place] = foreign[chosen[place]]
                let other = first.restarted()
                #expect(await fault { try await other.unseal(given) } == .invalidKey)
                #expect(try await other.keeper.status().progress == 0)
            }
        }
    }

    @Test("Unsealing while others seal ends open or sealed, never in between, and loses nothing")
    func unsealDuringSeal() async throws {
        let (fixture, shares) = try await KeeperFixture.open()
        try await fixture.put("a", [1])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<15 {
                        if number == 0 { await fixture.keeper.seal() }
                        for share in shares.prefix(3) {
                            let fault = await fault { _ = try await fixture.keeper.unseal(share, migrate: false) }
                            // Shares of two rounds never mix to something that is not the key.
                            #expect(fault == nil, "\(String(describing: fault))")
                        }
                        let read = await failure(StorageError.self) {
                            let value = try await fixture.read("a")
                            #expect(value == [1])
                        }
                        #expect(read == nil || read == .sealed)
                        await Task.yield()
                    }
                }
            }
        }
        try await fixture.unseal(shares.prefix(3))
        #expect(try await fixture.read("a") == [1])
        #expect(try await fixture.keeper.status().progress == 0)
    }

    @Test("One wrong share among them, whichever, spoils the round, and the answer does not tell which")
    func wrongShares() async throws {
        let (first, shares) = try await KeeperFixture.open()
        let (_, foreign) = try await KeeperFixture.open()
        let fixture = first.restarted()
        var altered = shares[1].exposing { $0.array }
        altered[7] ^= 1
        var moved = shares[1].exposing { $0.array }
        moved[32] = shares[0].exposing { $0[32] }
        let zero = [UInt8](repeating: 0, count: 33)
        for wrong in [share(altered), share(moved), share(zero), share([1, 2]), foreign[0]] {
            for place in 0..<3 {
                var given = Array(shares.prefix(3))
                given[1] = shares[4]
                given[place] = wrong
                let fault = await fault { try await fixture.unseal(given) }
                #expect(fault == .invalidKey && fault?.faultClass == .invalidRequest)
                let status = try await fixture.keeper.status()
                #expect(status.isSealed && status.progress == 0 && status.nonce == "")
            }
        }
        #expect(await fault { try await fixture.unseal(foreign.prefix(3)) } == .invalidKey)
        #expect(try await !fixture.unseal(shares.suffix(3)).isSealed)
    }

    @Test("The first values are there from the first commit on, and the root key is not in them")
    func populating() async throws {
        let fixture = KeeperFixture()
        let count = ShareCount(shares: 3, threshold: 2)
        let result = try await fixture.keeper.initialize(InitializationRequest(count: count)) {
            (storage) throws(StorageError) in
            var batch = WriteBatch()
            batch.put(StorageKey("token/root"), [1, 2])
            try await storage.commit(batch)
            return "s.token"
        }
        #expect(fixture.storage.isSealed && result.rootToken == "s.token")
        try await fixture.unseal(result.shares.suffix(2))
        #expect(try await fixture.read("token/root") == [1, 2])
        let broken = KeeperFixture()
        let fault = await fault {
            _ = try await broken.keeper.initialize(InitializationRequest(count: count)) {
                (_) throws(StorageError) in throw .unavailable
            }
        }
        #expect(fault == .storage(.unavailable))
        #expect(try await broken.disk.contents().isEmpty)
    }

    @Test("Whichever operation of an initialisation fails, the second try tells shares that open the database")
    func failingInitialization() async throws {
        let request = InitializationRequest(count: ShareCount(shares: 3, threshold: 2))
        for moment in FaultyStorage.Moment.allCases {
            for isLasting in [false, true] {
                for number in 1... {
                    let fixture = KeeperFixture()
                    fixture.faulty.arm(number, lasting: isLasting, moment)
                    var result = try? await fixture.keeper.initialize(request) { (_) throws(StorageError) in "s.first" }
                    let isThrough = fixture.faulty.operations < number
                    fixture.faulty.disarm()
                    let wasMade = try await !fixture.disk.contents().isEmpty
                    if result == nil {
                        let other = InitializationRequest(count: ShareCount(shares: 5, threshold: 3))
                        if wasMade {
                            let fault = await fault { _ = try await fixture.keeper.initialize(other) }
                            #expect(fault == .alreadyInitialized)
                        }
                        result = try await fixture.keeper.initialize(request) { (_) throws(StorageError) in "s.second" }
                    }
                    let shares = try #require(result?.shares)
                    #expect(result?.rootToken == (wasMade ? "s.first" : "s.second"))
                    #expect(try await fixture.opens(shares.prefix(2)))
                    #expect(await fault { _ = try await fixture.keeper.initialize(request) } == .alreadyInitialized)
                    if isThrough { break }
                }
            }
        }
    }

    @Test("Keys come in hex or base64, and what is neither is refused")
    func shareTexts() throws {
        let bytes = [UInt8](1...33)
        let made = share(bytes)
        let hex = ShareText.exposingHex(made)
        let base64 = ShareText.exposingBase64(made)
        #expect(hex.utf8.count == 66 && base64 == ReferenceBase64.encode(bytes))
        func read(_ text: String) throws -> [UInt8] {
            try withView(text) { try ShareText.share($0).exposing { $0.array } }
        }
        #expect(try read(hex) == bytes)
        #expect(try read(hex.uppercased()) == bytes)
        #expect(try read(base64) == bytes)
        #expect(try read("000102030405060708090a0b0c0d0e0f") == [UInt8](0..<16))
        for text in ["", "?", "abc!", "=", "🔑", String(repeating: "a", count: 10_000)] {
            #expect(throws: SealFault.keyNotText) { try read(text) }
        }
        #expect(throws: SealFault.keyTooShort) { try read("0001") }
        #expect(throws: SealFault.keyTooLong) { try read(String(repeating: "00", count: 34)) }
        #expect(SealFault.keyNotText.wireText == "'key' must be a valid hex or base64 string")
    }

    @Test("A seal's record that is altered or of another version is refused, whatever its bytes", arguments: Seeds.all)
    func brokenRecord(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (fixture, shares) = try await KeeperFixture.open()
        let record = try #require(try await fixture.disk.contents()["barrier/seal"])
        for _ in 0..<200 {
            let altered = random.mutated(record)
            if altered == record { continue }
            try await fixture.disk.put("barrier/seal", altered)
            let other = fixture.restarted()
            _ = try? await other.unseal(shares)
            #expect(other.storage.isSealed)
            #expect(
                await fault { _ = try await fixture.keeper.rekeyStatus(.barrier) }
                    == .database(.tampered(StorageKey("barrier/seal"))))
        }
    }
}
