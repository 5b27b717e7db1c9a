import Bytes
import Primitives
import Testing

@Suite("HPKE")
struct HPKETests {
    /// One pair for each key encapsulation.
    private static let keys: [HPKEKEM: HPKEKey] = {
        var keys: [HPKEKEM: HPKEKey] = [:]
        keys[.p256] = (try? PrivateKey.generate(.ecdsaP256)).map { .curve($0) }
        keys[.p384] = (try? PrivateKey.generate(.ecdsaP384)).map { .curve($0) }
        keys[.p521] = (try? PrivateKey.generate(.ecdsaP521)).map { .curve($0) }
        keys[.mlKEM768] = (try? KEMPrivateKey.generate(.mlKEM768)).map { .kem($0) }
        keys[.mlKEM1024] = (try? KEMPrivateKey.generate(.mlKEM1024)).map { .kem($0) }
        keys[.xWing] = (try? KEMPrivateKey.generate(.xWing)).map { .kem($0) }
        return keys
    }()

    @Test("What is sealed opens, with every derivation and cipher, in both modes", arguments: HPKEKEM.allCases)
    func roundTrip(_ kem: HPKEKEM) throws {
        let key = try #require(Self.keys[kem])
        #expect(try key.recipient.kem == kem)
        for kdf in HPKEKDF.allCases {
            for aead in HPKEAEAD.allCases {
                for psk in [nil, [UInt8](repeating: 5, count: 32)] {
                    let message = HPKEMessage(
                        suite: HPKESuite(kdf: kdf, aead: aead), info: [1], aad: [2, 3], psk: psk, pskID: [4])
                    for length in [0, 1, 100] {
                        let plaintext = [UInt8](repeating: 9, count: length)
                        let sealed = try message.seal(plaintext, to: key.recipient)
                        #expect(sealed.enc.count == kem.encapsulatedKeyLength)
                        #expect(sealed.ciphertext.count == length + 16)
                        #expect(try message.open(sealed.ciphertext, enc: sealed.enc, key) == plaintext)
                    }
                }
            }
        }
    }

    @Test("Whatever is altered, the answer is the same", arguments: HPKEKEM.allCases)
    func altered(_ kem: HPKEKEM) throws {
        var generator = SeededGenerator(seed: 9180)
        let key = try #require(Self.keys[kem])
        let message = HPKEMessage(
            suite: HPKESuite(kdf: .hkdfSHA256, aead: .aes256GCM), info: [1], aad: [2],
            psk: [UInt8](repeating: 5, count: 32), pskID: [4])
        let sealed = try message.seal([1, 2, 3], to: key.recipient)
        #expect(try message.open(sealed.ciphertext, enc: sealed.enc, key) == [1, 2, 3])
        func expectRefusal(
            _ message: HPKEMessage, _ ciphertext: [UInt8]? = nil, enc: [UInt8]? = nil,
            _ location: SourceLocation = #_sourceLocation
        ) {
            #expect(sourceLocation: location) {
                _ = try message.open(ciphertext ?? sealed.ciphertext, enc: enc ?? sealed.enc, key)
            } throws: {
                $0 as? AsymmetricError == .decryptionFailed
            }
        }
        for index in sealed.ciphertext.indices {
            var changed = sealed.ciphertext
            changed[index] ^= 0x10
            expectRefusal(message, changed)
            expectRefusal(message, Array(sealed.ciphertext[..<index]))
        }
        for _ in 0..<40 {
            var changed = sealed.enc
            changed[Int.random(in: 0..<changed.count, using: &generator)] ^=
                1 << UInt8.random(in: 0...7, using: &generator)
            expectRefusal(message, enc: changed)
        }
        for enc in [[], [4], Array(sealed.enc.dropLast()), sealed.enc + [0], generator.bytes(sealed.enc.count)] {
            expectRefusal(message, enc: enc)
        }
        for change: WritableKeyPath<HPKEMessage, [UInt8]> in [\.info, \.aad] {
            var other = message
            other[keyPath: change].append(0)
            expectRefusal(other)
        }
        for change: WritableKeyPath<HPKEMessage, [UInt8]?> in [\.psk, \.pskID] {
            var other = message
            other[keyPath: change]?.append(0)
            expectRefusal(other)
        }
        for suite in [(HPKEKDF.hkdfSHA512, HPKEAEAD.aes256GCM), (.hkdfSHA256, .chaCha20Poly1305)] {
            var other = message
            other.suite = HPKESuite(kdf: suite.0, aead: suite.1)
            expectRefusal(other)
        }
        var other = message
        other.psk = nil
        expectRefusal(other)
    }

    @Test("A compressed point is no encapsulated key, even of the right length")
    func compressed() throws {
        let key = try #require(Self.keys[.p256])
        let message = HPKEMessage(suite: HPKESuite(kdf: .hkdfSHA256, aead: .aes128GCM))
        let sealed = try message.seal([1], to: key.recipient)
        for prefix in [UInt8(0), 2, 3, 6, 7] {
            let enc = [prefix] + sealed.enc.dropFirst()
            #expect(failure { _ = try message.open(sealed.ciphertext, enc: enc, key) } == .decryptionFailed)
            let short = [prefix] + sealed.enc[1..<33]
            #expect(failure { _ = try message.open(sealed.ciphertext, enc: short, key) } == .decryptionFailed)
        }
    }

    @Test("Keys that cannot agree on a secret are refused, and so is half a pre-shared key")
    func unsupported() throws {
        let message = HPKEMessage(suite: HPKESuite(kdf: .hkdfSHA256, aead: .aes128GCM))
        for algorithm in [AsymmetricAlgorithm.ed25519, .rsa2048] {
            let key = HPKEKey.curve(try TestKeys.pair(algorithm))
            #expect(failure { _ = try message.seal([1], to: key.recipient) } == .unsupportedOperation)
            #expect(
                failure { _ = try message.open([UInt8](repeating: 4, count: 32), enc: [4], key) }
                    == .unsupportedOperation)
        }
        let key = try #require(Self.keys[.p256])
        let sealed = try message.seal([1], to: key.recipient)
        for (psk, name) in [([], [1]), ([1], [])] as [([UInt8], [UInt8])] {
            var half = message
            (half.psk, half.pskID) = (psk, name)
            #expect(failure { _ = try half.seal([1], to: key.recipient) } == .unsupportedOperation)
            #expect(
                failure { _ = try half.open(sealed.ciphertext, enc: sealed.enc, key) } == .unsupportedOperation)
        }
    }
}
