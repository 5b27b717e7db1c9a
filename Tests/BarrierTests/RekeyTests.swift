import Barrier
import Bytes
import Primitives
import Storage
import TestAids
import Testing
import Vocabulary

@Suite("Rekeying")
struct RekeyTests {
    /// Gives shares to a rekey; the new ones.
    @discardableResult
    static func rekey(
        _ fixture: KeeperFixture, _ kind: RekeyKind = .barrier, _ request: RekeyRequest, with shares: [KeyShare]
    ) async throws -> (shares: [KeyShare], verification: String?) {
        let nonce = try await fixture.keeper.startRekey(kind, request).nonce
        for share in shares {
            if case .complete(_, let made, _, let verification) = try await fixture.keeper.updateRekey(
                kind, share, nonce: nonce)
            {
                return (made, verification)
            }
        }
        return ([], nil)
    }

    private static let twoOfThree = RekeyRequest(count: ShareCount(shares: 3, threshold: 2))

    @Test("New shares open the database, old ones no more, and the status is the wire's at each step")
    func plain() async throws {
        let (fixture, old) = try await KeeperFixture.open()
        try await fixture.put("a", [1])
        let keeper = fixture.keeper
        var status = try await keeper.rekeyStatus(.barrier)
        #expect(!status.isStarted && status.nonce == "" && status.required == 3 && status.count.shares == 0)
        #expect(
            await fault { _ = try await keeper.updateRekey(.barrier, old[0], nonce: "") }?.wireText
                == "no barrier rekey in progress")
        let bad = RekeyRequest(count: ShareCount(shares: 2, threshold: 3))
        #expect(
            await fault { _ = try await keeper.startRekey(.barrier, bad) }?.wireText
                == "provided threshold greater than the total shares")
        status = try await keeper.startRekey(.barrier, Self.twoOfThree)
        #expect(
            status.isStarted && status.count == Self.twoOfThree.count && status.progress == 0 && status.required == 3)
        #expect(
            await fault { _ = try await keeper.startRekey(.barrier, Self.twoOfThree) }?.wireText
                == "rekey already in progress")
        let nonce = status.nonce
        #expect(
            await fault { _ = try await keeper.updateRekey(.barrier, old[0], nonce: "x") }?.wireText
                == "incorrect nonce supplied; nonce for this rekey operation is \"\(nonce)\"")
        _ = try await keeper.updateRekey(.barrier, old[0], nonce: nonce)
        #expect(
            await fault { _ = try await keeper.updateRekey(.barrier, old[0], nonce: nonce) }
                == .repeatedKey(.barrierRekey))
        guard case .progress(let second) = try await keeper.updateRekey(.barrier, old[1], nonce: nonce) else {
            Issue.record("two of three shares sufficed")
            return
        }
        #expect(second.progress == 2 && second.nonce == nonce)
        guard case .complete(let told, let new, _, nil) = try await keeper.updateRekey(.barrier, old[2], nonce: nonce)
        else {
            Issue.record("three of three shares did not suffice")
            return
        }
        #expect(told == nonce && new.count == 3)
        #expect(try await !keeper.rekeyStatus(.barrier).isStarted)
        #expect(try await fixture.opens(new.prefix(2)))
        #expect(try await !fixture.opens(old.prefix(2)))
        #expect(try await fixture.read("a") == [1])
    }

    @Test("Wrong shares authorise nothing, and the rekey goes on without progress")
    func wrongShares() async throws {
        let (fixture, old) = try await KeeperFixture.open(3, 2)
        let (_, foreign) = try await KeeperFixture.open(3, 2)
        let nonce = try await fixture.keeper.startRekey(.barrier, Self.twoOfThree).nonce
        _ = try await fixture.keeper.updateRekey(.barrier, old[0], nonce: nonce)
        #expect(
            await fault { _ = try await fixture.keeper.updateRekey(.barrier, foreign[0], nonce: nonce) }
                == .notAuthorized(.barrierRekey))
        let status = try await fixture.keeper.rekeyStatus(.barrier)
        #expect(status.isStarted && status.progress == 0 && status.nonce == nonce)
        await fixture.keeper.cancelRekey(.barrier)
        await fixture.keeper.cancelRekey(.barrier)
        #expect(try await !fixture.keeper.rekeyStatus(.barrier).isStarted)
        #expect(try await fixture.opens(old.prefix(2)))
    }

    @Test("With verification the new shares take effect only once they are shown")
    func verification() async throws {
        let (fixture, old) = try await KeeperFixture.open(3, 2)
        let keeper = fixture.keeper
        #expect(
            await fault { _ = try await keeper.verificationStatus(.barrier) }?.wireText
                == "no rekey configuration found")
        var request = Self.twoOfThree
        request.requiresVerification = true
        let (new, told) = try await Self.rekey(fixture, .barrier, request, with: old)
        let nonce = try #require(told)
        #expect(try await keeper.rekeyStatus(.barrier).verificationNonce == nonce)
        #expect(try await fixture.opens(old.prefix(2)))
        #expect(try await !fixture.opens(new.prefix(2)))
        let status = try await keeper.verificationStatus(.barrier)
        #expect(status.nonce == nonce && status.progress == 0 && status.count == request.count && !status.isComplete)
        let rekeyNonce = try await keeper.rekeyStatus(.barrier).nonce
        #expect(
            await fault { _ = try await keeper.updateRekey(.barrier, old[2], nonce: rekeyNonce) }
                == .verificationUnderWay(nonce: nonce))
        #expect(try await keeper.verifyRekey(.barrier, new[0], nonce: nonce).progress == 1)
        #expect(
            await fault { _ = try await keeper.verifyRekey(.barrier, new[0], nonce: nonce) }
                == .repeatedKey(.barrierRekey))
        let restarted = try await keeper.restartVerification(.barrier)
        #expect(restarted.nonce != nonce && restarted.progress == 0)
        #expect(
            await fault { _ = try await keeper.verifyRekey(.barrier, new[0], nonce: nonce) }
                == .wrongNonce(.barrierRekey, nonce: restarted.nonce))
        _ = try await keeper.verifyRekey(.barrier, old[0], nonce: restarted.nonce)
        #expect(
            await fault { _ = try await keeper.verifyRekey(.barrier, old[1], nonce: restarted.nonce) }
                == .verificationFailed)
        #expect(try await fixture.opens(old.prefix(2)))
        _ = try await keeper.verifyRekey(.barrier, new[2], nonce: restarted.nonce)
        #expect(try await keeper.verifyRekey(.barrier, new[1], nonce: restarted.nonce).isComplete)
        #expect(try await fixture.opens(new.prefix(2)))
        #expect(try await !fixture.opens(old.prefix(2)))
        #expect(try await !keeper.rekeyStatus(.barrier).isStarted)
    }

    @Test("A rekey that is cancelled while it is verified leaves the old shares")
    func cancelledVerification() async throws {
        let (fixture, old) = try await KeeperFixture.open(3, 2)
        var request = Self.twoOfThree
        request.requiresVerification = true
        let (new, _) = try await Self.rekey(fixture, .barrier, request, with: old)
        await fixture.keeper.cancelRekey(.barrier)
        #expect(await fault { _ = try await fixture.keeper.verificationStatus(.barrier) } == .noVerification)
        #expect(try await fixture.opens(old.prefix(2)))
        #expect(try await !fixture.opens(new.prefix(2)))
    }

    @Test("Without an automatic seal there are no recovery shares, and sealed there is no rekey")
    func unsupported() async throws {
        let (fixture, _) = try await KeeperFixture.open()
        #expect(
            await fault { _ = try await fixture.keeper.rekeyStatus(.recovery) }?.wireText
                == "recovery rekeying not supported")
        _ = try await fixture.keeper.startRekey(.barrier, Self.twoOfThree)
        await fixture.keeper.seal()
        #expect(await fault { _ = try await fixture.keeper.rekeyStatus(.barrier) } == .sealed)
    }

    @Test("With an automatic seal, recovery shares are replaced, or the root key alone")
    func automatic() async throws {
        let seal = TransitSeal(keyName: "autounseal", client: TestTransit())
        let (fixture, old) = try await KeeperFixture.open(3, 2, seal: seal)
        try await fixture.put("a", [1])
        let (none, _) = try await Self.rekey(fixture, .barrier, Self.twoOfThree, with: old)
        #expect(none.isEmpty)
        let (new, _) = try await Self.rekey(
            fixture, .recovery, RekeyRequest(count: ShareCount(shares: 1, threshold: 1)), with: old)
        #expect(new.count == 1 && new[0].count == 32)
        let other = fixture.restarted(seal)
        try await other.keeper.unsealAutomatically()
        #expect(try await other.read("a") == [1])
        let nonce = try await other.keeper.startRootGeneration().nonce
        #expect(
            await fault {
                _ = try await other.keeper.updateRootGeneration(old[0], nonce: nonce) { () throws(SealFault) in "" }
            } == .notAuthorized(.rootGeneration))
        #expect(try await Self.rekey(other, .recovery, Self.twoOfThree, with: new).shares.count == 3)
    }

    @Test("A rekey made before another one took effect is refused")
    func overtaken() async throws {
        let seal = TransitSeal(keyName: "autounseal", client: TestTransit())
        let (fixture, old) = try await KeeperFixture.open(3, 2, seal: seal)
        var request = Self.twoOfThree
        request.requiresVerification = true
        let (new, told) = try await Self.rekey(fixture, .recovery, request, with: old)
        let nonce = try #require(told)
        try await Self.rekey(fixture, .barrier, Self.twoOfThree, with: old)
        _ = try await fixture.keeper.verifyRekey(.recovery, new[0], nonce: nonce)
        #expect(
            await fault { _ = try await fixture.keeper.verifyRekey(.recovery, new[1], nonce: nonce) }
                == .notAuthorized(.recoveryRekey))
        let other = fixture.restarted(seal)
        try await other.keeper.unsealAutomatically()
    }

    @Test("Whichever operation fails, the old shares or the new ones open the database, and a second try tells the new")
    func failures() async throws {
        for moment in FaultyStorage.Moment.allCases {
            for isLasting in [false, true] {
                for number in 1... {
                    let (fixture, old) = try await KeeperFixture.open(3, 2)
                    let nonce = try await fixture.keeper.startRekey(.barrier, Self.twoOfThree).nonce
                    fixture.faulty.arm(number, lasting: isLasting, moment)
                    var new: [KeyShare] = []
                    for share in old.prefix(2) {
                        if case .complete(_, let made, _, _)? = try? await fixture.keeper.updateRekey(
                            .barrier, share, nonce: nonce)
                        {
                            new = made
                        }
                    }
                    let isThrough = fixture.faulty.operations < number
                    fixture.faulty.disarm()
                    if new.isEmpty {
                        for share in old {
                            if case .complete(_, let made, _, _)? = try? await fixture.keeper.updateRekey(
                                .barrier, share, nonce: nonce)
                            {
                                new = made
                            }
                        }
                    }
                    #expect(new.count == 3, "operation \(number), \(moment)")
                    #expect(try await fixture.opens(new.prefix(2)))
                    #expect(try await !fixture.opens(old.prefix(2)))
                    if isThrough { break }
                }
            }
        }
    }
}
