import Barrier
import Bytes
import Primitives
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

@Suite("Generating a root token")
struct RootGenerationTests {
    private static let token = "s.abcdefghijklmnopqrstuvwx"

    /// What the holder of the pad makes of the encoded token.
    private static func decoded(_ text: String, _ otp: String) -> String? {
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard case .bytes(let masked) = ReferenceBase64.decode(Array(padded.utf8)) else { return nil }
        return String(decoding: zip(masked, Array(otp.utf8)).map { $0 ^ $1 }, as: UTF8.self)
    }

    @Test("Enough shares give a token that only the holder of the pad can read", arguments: [true, false])
    func plain(_ isServerPad: Bool) async throws {
        let (fixture, shares) = try await KeeperFixture.open()
        let keeper = fixture.keeper
        var status = try await keeper.rootGenerationStatus()
        #expect(!status.isStarted && status.required == 3 && status.otpLength == 26 && status.nonce == "")
        let given = "ygs0123456789abcdefghijklm"
        status = try await keeper.startRootGeneration(otp: isServerPad ? nil : given)
        #expect(status.isStarted && status.nonce.utf8.count == 36 && status.otp.utf8.count == (isServerPad ? 26 : 0))
        let otp = isServerPad ? status.otp : given
        let nonce = status.nonce
        // The pad is told once.
        #expect(try await keeper.rootGenerationStatus().otp == "")
        for index in 0..<3 {
            status = try await keeper.updateRootGeneration(shares[index + 1], nonce: nonce) { () throws(SealFault) in
                Self.token
            }
            #expect(status.progress == index + 1 && status.nonce == nonce && status.isStarted)
            #expect(status.isComplete == (index == 2) && status.encodedToken.isEmpty == (index < 2))
        }
        #expect(!status.encodedToken.contains("="))
        #expect(Self.decoded(status.encodedToken, otp) == Self.token)
        #expect(try await !keeper.rootGenerationStatus().isStarted)
    }

    @Test("The text is the token over the pad: a case worked out by hand")
    func byHand() async throws {
        let storage = SealedStorage(InMemoryStorage()) { 0 }
        let keeper = SealKeeper(storage, tokenLength: 4)
        let made = try await keeper.initialize(InitializationRequest(count: ShareCount(shares: 1, threshold: 1)))
        _ = try await keeper.unseal(made.shares[0])
        let nonce = try await keeper.startRootGeneration(otp: "    ").nonce
        // "s.AB" over four spaces is 53 0e 61 62, which is Uw5hYg without padding.
        let status = try await keeper.updateRootGeneration(made.shares[0], nonce: nonce) { () throws(SealFault) in
            "s.AB"
        }
        #expect(status.encodedToken == "Uw5hYg")
    }

    @Test("Each mistake has its sentence, and none makes a token")
    func mistakes() async throws {
        let (fixture, shares) = try await KeeperFixture.open()
        let (_, foreign) = try await KeeperFixture.open()
        let keeper = fixture.keeper
        let made = Mutex(0)
        func update(_ share: KeyShare, _ nonce: String) async -> String? {
            await fault {
                _ = try await keeper.updateRootGeneration(share, nonce: nonce) { () throws(SealFault) in
                    made.withLock { $0 += 1 }
                    return Self.token
                }
            }?.wireText
        }
        #expect(await update(shares[0], "") == "no root generation in progress")
        for otp in ["", "short", String(repeating: "x", count: 27), "🔑"] {
            #expect(
                await fault { _ = try await keeper.startRootGeneration(otp: otp) }?.wireText
                    == "OTP string is wrong length")
        }
        let nonce = try await keeper.startRootGeneration().nonce
        #expect(
            await fault { _ = try await keeper.startRootGeneration() }?.wireText
                == "root generation already in progress")
        #expect(
            await update(shares[0], "x")
                == "incorrect nonce supplied; nonce for this root generation operation is \"\(nonce)\"")
        #expect(await update(shares[0], nonce) == nil)
        #expect(
            await update(shares[0], nonce) == "given key has already been provided during this generation operation")
        #expect(await update(foreign[0], nonce) == nil)
        #expect(await update(shares[1], nonce)?.hasPrefix("root generation aborted: ") == true)
        let status = try await keeper.rootGenerationStatus()
        #expect(status.isStarted && status.progress == 0 && status.nonce == nonce)
        #expect(made.withLock { $0 } == 0)
        await keeper.cancelRootGeneration()
        await keeper.cancelRootGeneration()
        #expect(try await !keeper.rootGenerationStatus().isStarted)
        _ = try await keeper.startRootGeneration()
        await keeper.seal()
        #expect(await fault { _ = try await keeper.rootGenerationStatus() } == .sealed)
        try await fixture.unseal(shares.prefix(3))
        #expect(try await !keeper.rootGenerationStatus().isStarted)
    }

    @Test("A token that cannot be made, or has another length, ends nothing")
    func failingToken() async throws {
        let (fixture, shares) = try await KeeperFixture.open(1, 1)
        let nonce = try await fixture.keeper.startRootGeneration().nonce
        func update(_ make: @escaping @Sendable () async throws(SealFault) -> String) async -> SealFault? {
            await fault { _ = try await fixture.keeper.updateRootGeneration(shares[0], nonce: nonce, makeToken: make) }
        }
        #expect(await update { () throws(SealFault) in throw .storage(.unavailable) } == .storage(.unavailable))
        #expect(await update { () throws(SealFault) in "s.x" } == .wrongTokenLength)
        #expect(await update { () throws(SealFault) in Self.token } == nil)
    }

    @Test("Shares of the past authorise nothing, even with the record of the past brought back")
    func oldRecord() async throws {
        let (fixture, old) = try await KeeperFixture.open(3, 2)
        let record = try await fixture.disk.contents()["barrier/seal"]
        try await RekeyTests.rekey(
            fixture, .barrier, RekeyRequest(count: ShareCount(shares: 3, threshold: 2)), with: old)
        let nonce = try await fixture.keeper.startRootGeneration().nonce
        try await fixture.disk.put("barrier/seal", record)
        for share in old.prefix(2) {
            #expect(
                await fault {
                    _ = try await fixture.keeper.updateRootGeneration(share, nonce: nonce) { () throws(SealFault) in
                        Self.token
                    }
                } == .database(.tampered(StorageKey("barrier/seal"))))
        }
    }
}
