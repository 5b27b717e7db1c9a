import Bytes
import Foundation
import Primitives
import Testing

/// OpenSSL against libgcrypt on random inputs. `STRONGROOM_DIFFERENTIAL_CASES` sets how many, `STRONGROOM_SEED` which.
@Suite("Differential")
struct DifferentialTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test("Both libraries seal to the same bytes and open and refuse the same messages")
    func agreement() throws {
        try CryptoLibraries.start()
        let seed = Self.setting("STRONGROOM_SEED") ?? UInt64.random(in: 0...(.max))
        let cases = Int(Self.setting("STRONGROOM_DIFFERENTIAL_CASES") ?? 20_000)
        var generator = SeededGenerator(seed: seed)
        let algorithms: [AEADAlgorithm] = [.aes128GCM, .aes256GCM, .chacha20Poly1305]
        var (done, mismatches) = (0, 0)
        while done < cases {
            let algorithm = algorithms[Int.random(in: 0..<3, using: &generator)]
            let key = generator.bytes(algorithm.keyLength)
            // Our OpenSSL path against libgcrypt, our libgcrypt path against OpenSSL, and the table's choice against
            // both, so that every length meets a library other than the one that served it.
            let shape = Shape.allCases[Int.random(in: 0..<Shape.allCases.count, using: &generator)]
            let ours = try Cipher(algorithm, shape, key: key)
            guard let gcrypt = GcryptReference(algorithm, key: key),
                let openssl = OpenSSLReference(algorithm, key: key)
            else {
                Issue.record("a library has no \(algorithm.standardName)")
                return
            }
            let served = shape.library(for: algorithm)
            // Some messages under each key, so that contexts are used again after successes and refusals.
            for _ in 0..<min(20, cases - done) {
                done += 1
                let message = try Self.Message(sealedBy: ours, &generator)
                let fits =
                    (served == .gcrypt || message.agrees { gcrypt.seal($0, nonce: $1, aad: $2) })
                    && (served == .openssl || message.agrees { openssl.seal($0, nonce: $1, aad: $2) })
                    && message.isOpened { ours.open($0, aad: $1).result.success }
                    && (served == .gcrypt || message.isOpened { gcrypt.open($0, aad: $1) })
                    && (served == .openssl || message.isOpened { openssl.open($0, aad: $1) })
                if !fits {
                    mismatches += 1
                    print("mismatch: seed \(seed), case \(done), \(algorithm.standardName) \(shape)")
                }
            }
        }
        print("differential: \(done) cases, \(mismatches) mismatches, seed \(seed)")
        #expect(mismatches == 0, "seed \(seed)")
        #expect(done == cases)
    }

    /// A random message as one implementation sealed it, and the same with a byte altered.
    private struct Message {
        private let (plaintext, nonce, aad): ([UInt8], [UInt8], [UInt8])
        private let sealed: [UInt8]
        private let altered: [UInt8]

        init(sealedBy cipher: Cipher, _ generator: inout SeededGenerator) throws {
            plaintext = generator.bytes(length(&generator))
            aad = generator.bytes(length(&generator) / 4)
            nonce = generator.bytes(12)
            sealed = try cipher.seal(plaintext, nonce: nonce, aad: aad)
            var spoiled = sealed
            let place = Int.random(in: 0..<sealed.count, using: &generator)
            spoiled[place] ^= UInt8.random(in: 1...255, using: &generator)
            altered = spoiled
        }

        /// Whether another implementation seals to the same bytes.
        func agrees(_ seal: (_ plaintext: [UInt8], _ nonce: [UInt8], _ aad: [UInt8]) -> [UInt8]?) -> Bool {
            seal(plaintext, nonce, aad) == sealed
        }

        /// Whether an implementation opens the genuine message and refuses the altered one.
        func isOpened(_ open: (_ sealed: [UInt8], _ aad: [UInt8]) -> [UInt8]?) -> Bool {
            open(sealed, aad) == plaintext && open(altered, aad) == nil
        }
    }

    /// Mostly short, sometimes long enough for the wide code paths, sometimes around the cut-over between libraries.
    private static func length(_ generator: inout SeededGenerator) -> Int {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0, 1: Int.random(in: 0..<3000, using: &generator)
        case 2: AEADAlgorithm.gcmCutOver + Int.random(in: -33...33, using: &generator)
        default: Int.random(in: 0..<100, using: &generator)
        }
    }
}

extension Result {
    fileprivate var success: Success? { try? get() }
}
