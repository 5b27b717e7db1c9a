import Bytes
import Foundation
import Primitives
import Testing

/// Keys cut short and altered at random; the seed is printed.
@Suite("Hostile keys")
struct HostileKeyTests {
    /// 10 ms on the machine of the targets, where an RSA-2048 signature takes 0.23 ms; more on a busier or slower one.
    private static let limit: Duration = {
        guard let key = try? TestKeys.pair(.rsa2048) else { return .milliseconds(10) }
        let rounds = 20
        let time = processorTime {
            for _ in 0..<rounds { _ = try? key.signature([1], .rsaPKCS1(nil)) }
        }
        return .milliseconds(10) * max(1, time / rounds / .microseconds(230))
    }()

    /// Reads the bytes as everything that they might be; the longest reading is timed.
    private func read(_ bytes: [UInt8]) -> (accepted: Int, time: Duration) {
        let readers: [(ByteView) throws -> Void] = [
            { _ = try PrivateKey(pkcs8: $0) }, { _ = try PrivateKey(pkcs1: $0) }, { _ = try PrivateKey(sec1: $0) },
            { _ = try PublicKey(spki: $0) }, { _ = try PublicKey(pem: $0) }, { _ = try PrivateKey.decode(pem: $0) },
        ]
        var (accepted, longest) = (0, Duration.zero)
        for reader in readers {
            let time = processorTime {
                withView(bytes) { view in
                    do {
                        try reader(view)
                        accepted += 1
                    } catch let error as AsymmetricError {
                        if case .library(let inner) = error { Issue.record("the library's \(inner)") }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            longest = max(longest, time)
        }
        return (accepted, longest)
    }

    private func forms(_ algorithm: AsymmetricAlgorithm) throws -> [[UInt8]] {
        let key = try TestKeys.pair(algorithm)
        var forms = [
            try key.der(.pkcs8), key.publicKey.subjectPublicKeyInfo, Array(key.publicKey.pem.utf8),
            Array(try key.pem(.pkcs8).utf8),
        ]
        if algorithm != .ed25519 { forms.append(try key.der(.traditional)) }
        return forms
    }

    @Test("DER cut short at any byte or continued is refused", arguments: AsymmetricAlgorithm.allCases)
    func truncated(_ algorithm: AsymmetricAlgorithm) throws {
        var longest = Duration.zero
        for (index, form) in try forms(algorithm).enumerated() where index != 2 && index != 3 {
            #expect(read(form).accepted == 1)
            for length in 0..<form.count {
                let (accepted, time) = read(Array(form[..<length]))
                #expect(accepted == 0, "\(length)")
                longest = max(longest, time)
            }
            for tail in [[0], [0x30, 0], form] { #expect(read(form + tail).accepted == 0) }
        }
        #expect(longest < Self.limit, "\(longest)")
    }

    @Test("2,000 keys altered at random crash nothing and take no time", arguments: AsymmetricAlgorithm.allCases)
    func mutated(_ algorithm: AsymmetricAlgorithm) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let forms = try forms(algorithm)
        var longest = Duration.zero
        var accepted = 0
        for round in 0..<2000 {
            var form = forms[round % forms.count]
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let at = Int.random(in: 0..<form.count, using: &generator)
                // Headers steer the parser: half of the changes go there.
                let place = Bool.random(using: &generator) ? at : at % min(40, form.count)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: form[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: form[place] = UInt8.random(in: 0...255, using: &generator)
                case 2: form.remove(at: place)
                default: form.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            let outcome = read(form)
            accepted += outcome.accepted
            longest = max(longest, outcome.time)
        }
        #expect(longest < Self.limit, "\(longest), seed \(seed)")
        print("\(algorithm.wireName): \(accepted) of 2000 altered keys still were keys, longest \(longest)")
    }

    @Test("Random bytes are no keys")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for round in 0..<2000 {
            let body = generator.bytes(round % 300)
            #expect(read(body).accepted == 0, "seed \(seed)")
            #expect(read(der(0x30, [2, 1, 0], body)).accepted == 0, "seed \(seed)")
        }
    }
}
