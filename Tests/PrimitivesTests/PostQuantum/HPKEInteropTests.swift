import Bytes
import Crypto
import Foundation
import Primitives
import Testing

/// Our key schedule against swift-crypto's own, in both directions.
@Suite("HPKE against swift-crypto")
struct HPKEInteropTests {
    private let info = Array("info".utf8)
    private let aad = Array("aad".utf8)
    private let plaintext = Array("What one seals, the other opens.".utf8)

    @Test("P-256", arguments: HPKEKDF.allCases, HPKEAEAD.allCases)
    func p256(_ kdf: HPKEKDF, _ aead: HPKEAEAD) throws {
        let theirs = P256.KeyAgreement.PrivateKey()
        let ours = try withView(Array(theirs.rawRepresentation)) { try PrivateKey(.ecdsaP256, scalar: $0) }
        try exchange(.curve(ours), theirs, .P256_HKDF_SHA256, kdf, aead)
    }

    @Test("P-384", arguments: HPKEKDF.allCases, HPKEAEAD.allCases)
    func p384(_ kdf: HPKEKDF, _ aead: HPKEAEAD) throws {
        let theirs = P384.KeyAgreement.PrivateKey()
        let ours = try withView(Array(theirs.rawRepresentation)) { try PrivateKey(.ecdsaP384, scalar: $0) }
        try exchange(.curve(ours), theirs, .P384_HKDF_SHA384, kdf, aead)
    }

    @Test("P-521", arguments: HPKEKDF.allCases, HPKEAEAD.allCases)
    func p521(_ kdf: HPKEKDF, _ aead: HPKEAEAD) throws {
        let theirs = P521.KeyAgreement.PrivateKey()
        let ours = try withView(Array(theirs.rawRepresentation)) { try PrivateKey(.ecdsaP521, scalar: $0) }
        try exchange(.curve(ours), theirs, .P521_HKDF_SHA512, kdf, aead)
    }

    @Test("X-Wing", arguments: HPKEKDF.allCases, HPKEAEAD.allCases)
    func xWing(_ kdf: HPKEKDF, _ aead: HPKEAEAD) throws {
        let ours = try KEMPrivateKey.generate(.xWing)
        let theirs = try XWingMLKEM768X25519.PrivateKey(seedRepresentation: Data(ours.seedBytes), publicKey: nil)
        let suite = suite(.XWingMLKEM768X25519, kdf, aead)
        var sender = try Crypto.HPKE.Sender(recipientKey: theirs.publicKey, ciphersuite: suite, info: Data(info))
        let sealed = try sender.seal(Data(plaintext), authenticating: Data(aad))
        try checkOurs(.kem(ours), kdf, aead, enc: sender.encapsulatedKey, sealed)
        let own = try message(kdf, aead).seal(plaintext, to: .kem(ours.publicKey))
        var recipient = try Crypto.HPKE.Recipient(
            privateKey: theirs, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(own.enc))
        #expect(try recipient.open(Data(own.ciphertext), authenticating: Data(aad)) == Data(plaintext))
    }

    private func exchange<Key: HPKEDiffieHellmanPrivateKey>(
        _ ours: HPKEKey, _ theirs: Key, _ kem: Crypto.HPKE.KEM, _ kdf: HPKEKDF, _ aead: HPKEAEAD
    ) throws where Key.PublicKey: HPKEDiffieHellmanPublicKey, Key.PublicKey.EphemeralPrivateKey == Key {
        let suite = suite(kem, kdf, aead)
        var sender = try Crypto.HPKE.Sender(recipientKey: theirs.publicKey, ciphersuite: suite, info: Data(info))
        let sealed = try sender.seal(Data(plaintext), authenticating: Data(aad))
        try checkOurs(ours, kdf, aead, enc: sender.encapsulatedKey, sealed)
        let own = try message(kdf, aead).seal(plaintext, to: ours.recipient)
        var recipient = try Crypto.HPKE.Recipient(
            privateKey: theirs, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(own.enc))
        #expect(try recipient.open(Data(own.ciphertext), authenticating: Data(aad)) == Data(plaintext))
        // And in psk mode.
        var shared = message(kdf, aead)
        (shared.psk, shared.pskID) = ([UInt8](repeating: 7, count: 32), [8])
        let third = try shared.seal(plaintext, to: ours.recipient)
        var pskRecipient = try Crypto.HPKE.Recipient(
            privateKey: theirs, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(third.enc),
            presharedKey: SymmetricKey(data: [UInt8](repeating: 7, count: 32)), presharedKeyIdentifier: Data([8]))
        #expect(try pskRecipient.open(Data(third.ciphertext), authenticating: Data(aad)) == Data(plaintext))
    }

    private func checkOurs(
        _ key: HPKEKey, _ kdf: HPKEKDF, _ aead: HPKEAEAD, enc: Data, _ sealed: Data
    ) throws {
        #expect(try message(kdf, aead).open(Array(sealed), enc: Array(enc), key) == plaintext)
    }

    private func message(_ kdf: HPKEKDF, _ aead: HPKEAEAD) -> HPKEMessage {
        HPKEMessage(suite: HPKESuite(kdf: kdf, aead: aead), info: info, aad: aad)
    }

    private func suite(_ kem: Crypto.HPKE.KEM, _ kdf: HPKEKDF, _ aead: HPKEAEAD) -> Crypto.HPKE.Ciphersuite {
        let kdf: Crypto.HPKE.KDF =
            switch kdf {
            case .hkdfSHA256: .HKDF_SHA256
            case .hkdfSHA384: .HKDF_SHA384
            case .hkdfSHA512: .HKDF_SHA512
            }
        let aead: Crypto.HPKE.AEAD =
            switch aead {
            case .aes128GCM: .AES_GCM_128
            case .aes256GCM: .AES_GCM_256
            case .chaCha20Poly1305: .chaChaPoly
            }
        return Crypto.HPKE.Ciphersuite(kem: kem, kdf: kdf, aead: aead)
    }
}
