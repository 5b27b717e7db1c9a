import Bytes
import Primitives
import Testing

/// Loads of keys that were checked before they were stored.
@Suite("Checked keys")
struct CheckedKeyTests {
    @Test("A key comes back from its PKCS #8 and works", arguments: AsymmetricAlgorithm.allCases)
    func roundTrip(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let der = try key.der(.pkcs8)
        let again = try withView(der) { try PrivateKey(checkedPKCS8: $0) }
        #expect(again.publicKey.isSame(as: key.publicKey))
        let input = [UInt8](repeating: 1, count: 32)
        let scheme = TestKeys.scheme(algorithm)
        #expect(try key.publicKey.accepts(again.signature(input, scheme), of: input, scheme))
        #expect(try again.der(.pkcs8) == der)
    }

    @Test("An Ed25519 pair comes back, and halves that do not fit are still refused")
    func pairs() throws {
        let key = try TestKeys.pair(.ed25519)
        var pair = try key.exposingEd25519Pair { (pair) throws(AsymmetricError) in pair.array }
        let again = try withView(pair) { try PrivateKey(checkedEd25519Pair: $0) }
        #expect(again.publicKey.isSame(as: key.publicKey))
        pair[40] ^= 1
        #expect(throws: AsymmetricError.pairMismatch) {
            try withView(pair) { try PrivateKey(checkedEd25519Pair: $0) }
        }
        #expect(throws: AsymmetricError.malformedKey) {
            try withView(Array(pair.dropLast())) { try PrivateKey(checkedEd25519Pair: $0) }
        }
    }

    @Test("Bytes that are no key are refused as ever", arguments: AsymmetricAlgorithm.allCases)
    func hostile(_ algorithm: AsymmetricAlgorithm) throws {
        let der = try TestKeys.pair(algorithm).der(.pkcs8)
        for length in 0..<der.count {
            #expect(throws: AsymmetricError.self) {
                try withView(Array(der[..<length])) { try PrivateKey(checkedPKCS8: $0) }
            }
        }
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            var altered = der
            altered[Int.random(in: 0..<der.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            withView(altered) { _ = try? PrivateKey(checkedPKCS8: $0) }
        }
        #expect(throws: AsymmetricError.malformedKey) { try withView(der + [0]) { try PrivateKey(checkedPKCS8: $0) } }
    }

    @Test("A checked RSA-4096 key loads in a fifth of the time that an unchecked one takes")
    func cost() throws {
        let der = try TestKeys.pair(.rsa4096).der(.pkcs8)
        try withView(der) { view in
            let unchecked = try processorTime { for _ in 0..<5 { _ = try PrivateKey(pkcs8: view) } }
            let checked = try processorTime { for _ in 0..<5 { _ = try PrivateKey(checkedPKCS8: view) } }
            #expect(checked * 5 < unchecked, "\(checked) \(unchecked)")
        }
    }
}
