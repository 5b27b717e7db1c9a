import Bytes
import Primitives
import Testing

@Suite("RSA encryption")
struct RSAEncryptionTests {
    private static let hashes: [DigestAlgorithm] = [.sha1, .sha2_224, .sha2_256, .sha2_384, .sha2_512]

    @Test("Every message that fits comes back, under every padding", arguments: TestKeys.rsa)
    func roundTrip(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        for padding in Self.hashes.map({ RSAEncryptionPadding.oaep($0) }) + [.oaep(.sha3_256), .pkcs1] {
            let limit = padding.messageLimit(modulusLength: algorithm.signatureRoom)
            for count in [0, 1, 32, limit] {
                let message = [UInt8](repeating: 0x5A, count: count)
                let ciphertext = try key.publicKey.encrypted(message, padding)
                #expect(ciphertext.count == algorithm.signatureRoom)
                #expect(try key.publicKey.encrypted(message, padding) != ciphertext)
                #expect(try key.decrypted(ciphertext, padding) == message, "\(padding) \(count)")
            }
            #expect(throws: AsymmetricError.messageTooLong) {
                try key.publicKey.encrypted([UInt8](repeating: 0, count: limit + 1), padding)
            }
        }
    }

    @Test("The limits are those of the wire facts")
    func limits() {
        let limits = [256, 384, 512].map { RSAEncryptionPadding.oaep(.sha2_256).messageLimit(modulusLength: $0) }
        #expect(limits == [190, 318, 446])
    }

    @Test("Whatever is wrong with a ciphertext, the answer is one and the same")
    func failures() throws {
        let key = try TestKeys.pair(.rsa2048)
        let message = Array("secret".utf8)
        let ciphertext = try key.publicKey.encrypted(message, .oaep(.sha2_256))
        var wrong: [[UInt8]] = [
            [], [1], Array(ciphertext.dropLast()), ciphertext + [0], [0] + ciphertext,
            [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0xFF, count: 256),
        ]
        for index in stride(from: 0, to: 256, by: 17) {
            var altered = ciphertext
            altered[index] ^= 1
            wrong.append(altered)
        }
        for ciphertext in wrong {
            #expect(throws: AsymmetricError.decryptionFailed) { try key.decrypted(ciphertext, .oaep(.sha2_256)) }
        }
        for padding in [RSAEncryptionPadding.oaep(.sha1), .oaep(.sha2_512)] {
            #expect(throws: AsymmetricError.decryptionFailed) { try key.decrypted(ciphertext, padding) }
        }
        #expect(try key.decrypted(ciphertext, .oaep(.sha2_256)) == message)
        var output = [UInt8](repeating: 0xAA, count: 256)
        // Not below the modulus: the one failure that a ciphertext of the right length has under PKCS #1 v1.5.
        let refusal = withView(wrong[6]) { view in failure { _ = try key.decrypt(view, .pkcs1, into: &output) } }
        #expect(refusal == .decryptionFailed)
        #expect(output.allSatisfy { $0 == 0 })
    }

    @Test("Only RSA keys encrypt", arguments: TestKeys.curves + [.ed25519])
    func others(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        #expect(throws: AsymmetricError.unsupportedOperation) { try key.publicKey.encrypted([1], .oaep(.sha2_256)) }
        #expect(throws: AsymmetricError.unsupportedOperation) { try key.decrypted([1], .pkcs1) }
    }
}
