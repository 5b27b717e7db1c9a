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
            let ours = try Cipher(algorithm, Bool.random(using: &generator) ? .kept : .transient, key: key)
            guard let theirs = GcryptReference(algorithm, key: key) else {
                Issue.record("libgcrypt has no \(algorithm.standardName)")
                return
            }
            // Some messages under each key, so that contexts are used again after successes and refusals.
            for _ in 0..<min(20, cases - done) {
                done += 1
                if try !Self.agree(ours, theirs, &generator) {
                    mismatches += 1
                    print("mismatch: seed \(seed), case \(done), \(algorithm.standardName)")
                }
            }
        }
        print("differential: \(done) cases, \(mismatches) mismatches, seed \(seed)")
        #expect(mismatches == 0, "seed \(seed)")
        #expect(done == cases)
    }

    private static func agree(
        _ ours: Cipher, _ theirs: borrowing GcryptReference, _ generator: inout SeededGenerator
    ) throws -> Bool {
        let message = generator.bytes(length(&generator))
        let aad = generator.bytes(length(&generator) / 4)
        let nonce = generator.bytes(12)
        let sealed = try ours.seal(message, nonce: nonce, aad: aad)
        guard theirs.seal(message, nonce: nonce, aad: aad) == sealed,
            ours.open(sealed, aad: aad).result == .success(message), theirs.open(sealed, aad: aad) == message
        else { return false }
        var altered = sealed
        altered[Int.random(in: 0..<sealed.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
        return ours.open(altered, aad: aad).result == .failure(.authenticationFailed)
            && theirs.open(altered, aad: aad) == nil
    }

    /// Mostly short, sometimes long enough for the wide code paths.
    private static func length(_ generator: inout SeededGenerator) -> Int {
        Int.random(in: 0..<20, using: &generator) == 0
            ? Int.random(in: 0..<3000, using: &generator) : Int.random(in: 0..<100, using: &generator)
    }
}
