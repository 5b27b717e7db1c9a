import Bytes
import Primitives
import Testing

/// RSA decryption of PKCS #1 v1.5, whose failures must not show.
@Suite("Implicit rejection")
struct ImplicitRejectionTests {
    @Test("Right and broken ciphertexts decrypt to what OpenSSL 4.0 makes of them")
    func vectors() throws {
        var (right, broken) = (0, 0)
        for item in try VectorFile.all(kind: "implicit-rejection").flatMap(\.cases) {
            let key = try withView(try bytes(item.key)) { try PrivateKey(pkcs8: $0) }
            #expect(try key.decrypted(bytes(item.ciphertext), .pkcs1) == bytes(item.plaintext), "\(item.id)")
            if item.valid == true { right += 1 } else { broken += 1 }
        }
        #expect(right == 6)
        #expect(broken == 12)
    }

    @Test("A broken ciphertext gives the same answer each time, and every key its own")
    func stability() throws {
        let (key, other) = (try TestKeys.pair(.rsa2048), try PrivateKey.generate(.rsa2048))
        let der = try key.der(.pkcs8)
        let again = try withView(der) { try PrivateKey(checkedPKCS8: $0) }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            // Below both moduli, whose top bit is set.
            let ciphertext = [0x5A] + generator.bytes(255)
            let answer = try key.decrypted(ciphertext, .pkcs1)
            #expect(try key.decrypted(ciphertext, .pkcs1) == answer)
            #expect(try again.decrypted(ciphertext, .pkcs1) == answer)
            #expect(try other.decrypted(ciphertext, .pkcs1) != answer || answer.count < 4)
        }
    }

    @Test("Lengths of the answers spread evenly over all that a message may have")
    func lengths() throws {
        let key = try TestKeys.pair(.rsa2048)
        var generator = SeededGenerator(seed: 6)
        var (quarters, bytesSeen) = ([0, 0, 0, 0], Set<UInt8>())
        let rounds = 800
        for _ in 0..<rounds {
            let answer = try key.decrypted([0x5A] + generator.bytes(255), .pkcs1)
            #expect(answer.count <= 245)
            quarters[answer.count * 4 / 246] += 1
            bytesSeen.formUnion(answer)
        }
        // 200 each are to be expected, with a deviation of 12.
        for count in quarters { #expect((130...270).contains(count), "\(quarters)") }
        #expect(bytesSeen.count == 256)
    }

    @Test("Broken OAEP and ciphertexts of wrong length still fail")
    func otherFailures() throws {
        let key = try TestKeys.pair(.rsa2048)
        #expect(throws: AsymmetricError.decryptionFailed) {
            try key.decrypted([UInt8](repeating: 0x5A, count: 256), .oaep(.sha2_256))
        }
        for count in [0, 1, 255, 257] {
            #expect(throws: AsymmetricError.decryptionFailed) {
                try key.decrypted([UInt8](repeating: 0x5A, count: count), .pkcs1)
            }
        }
    }
}
