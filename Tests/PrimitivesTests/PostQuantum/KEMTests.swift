import Bytes
import Primitives
import Testing

@Suite("Key encapsulation")
struct KEMTests {
    @Test("Both sides get the same secret, another one each time", arguments: KEMAlgorithm.allCases)
    func roundTrip(_ algorithm: KEMAlgorithm) throws {
        let pair = try KEMPrivateKey.generate(algorithm)
        #expect(pair.algorithm == algorithm)
        let key = try PostQuantum.publicKey(algorithm, pair.publicKey.rawBytes)
        #expect(key.rawBytes.count == algorithm.publicKeyLength)
        var secrets: Set<[UInt8]> = []
        for _ in 0..<8 {
            let made = try key.made()
            #expect(made.ciphertext.count == algorithm.ciphertextLength)
            #expect(made.secret.count == algorithm.sharedSecretLength)
            #expect(try pair.secret(made.ciphertext) == made.secret)
            secrets.insert(made.secret)
        }
        #expect(secrets.count == 8)
    }

    @Test("A changed ciphertext gives another secret, always the same", arguments: KEMAlgorithm.allCases)
    func implicitRejection(_ algorithm: KEMAlgorithm) throws {
        var generator = SeededGenerator(seed: 203)
        let pair = try PostQuantum.pair(algorithm, seed: generator.bytes(algorithm.seedLength))
        let made = try pair.publicKey.made()
        for _ in 0..<40 {
            var changed = made.ciphertext
            // The top bit of an X25519 point does not count for the point, but it does for the secret.
            changed[Int.random(in: 0..<changed.count, using: &generator)] ^=
                1 << UInt8.random(in: 0...7, using: &generator)
            let secret = try pair.secret(changed)
            #expect(secret != made.secret)
            #expect(try pair.secret(changed) == secret)
        }
    }

    @Test("Keys, seeds and ciphertexts of another length are refused", arguments: KEMAlgorithm.allCases)
    func lengths(_ algorithm: KEMAlgorithm) throws {
        for length in [0, algorithm.seedLength - 1, algorithm.seedLength + 1] {
            let seed = [UInt8](repeating: 0, count: length)
            #expect(failure { _ = try PostQuantum.pair(algorithm, seed: seed) } == .malformedKey)
        }
        for length in [0, algorithm.publicKeyLength - 1, algorithm.publicKeyLength + 1] {
            let raw = [UInt8](repeating: 0, count: length)
            #expect(failure { _ = try PostQuantum.publicKey(algorithm, raw) } == .malformedKey)
        }
        let pair = try KEMPrivateKey.generate(algorithm)
        for length in [0, 1, algorithm.ciphertextLength - 1, algorithm.ciphertextLength + 1, 10_000] {
            let ciphertext = [UInt8](repeating: 0, count: length)
            #expect(failure { _ = try pair.secret(ciphertext) } == .decryptionFailed)
        }
    }

    @Test("A public key with a coefficient at or above the modulus is refused", arguments: KEMAlgorithm.allCases)
    func modulus(_ algorithm: KEMAlgorithm) throws {
        var raw = try KEMPrivateKey.generate(algorithm).publicKey.rawBytes
        // Twelve bits each: 3328 is the last that is below the modulus of 3329.
        (raw[0], raw[1]) = (0x00, raw[1] & 0xF0 | 0x0D)
        _ = try PostQuantum.publicKey(algorithm, raw)
        raw[0] = 0x01
        #expect(failure { _ = try PostQuantum.publicKey(algorithm, raw) } == .malformedKey)
    }

    @Test("X-Wing with an X25519 half of low order is refused, on both sides")
    func lowOrder() throws {
        let pair = try KEMPrivateKey.generate(.xWing)
        for first in [UInt8(0), 1] {
            let point = [first] + [UInt8](repeating: 0, count: 31)
            let key = try PostQuantum.publicKey(.xWing, pair.publicKey.rawBytes.dropLast(32) + point)
            #expect(failure { _ = try key.made() } == .invalidPoint)
            let ciphertext = try pair.publicKey.made().ciphertext.dropLast(32) + point
            #expect(failure { _ = try pair.secret(Array(ciphertext)) } == .decryptionFailed)
        }
    }

    @Test("A pair is made again from its seed", arguments: KEMAlgorithm.allCases)
    func seeds(_ algorithm: KEMAlgorithm) throws {
        let pair = try KEMPrivateKey.generate(algorithm)
        let seed = try pair.seedBytes
        #expect(seed.count == algorithm.seedLength)
        let again = try PostQuantum.pair(algorithm, seed: seed)
        #expect(again.publicKey.rawBytes == pair.publicKey.rawBytes)
        let made = try pair.publicKey.made()
        #expect(try again.secret(made.ciphertext) == made.secret)
        #expect(try KEMPrivateKey.generate(algorithm).seedBytes != seed)
    }
}
