internal import Bytes
internal import Glibc

/// Known-answer tests of everything on offer, run before the server answers its first request.
package enum SelfTests {
    /// The names of all tests, in the order in which they run.
    package static var names: [String] { tests.map(\.name) }

    /// Runs all tests, on as many threads as there are processors and at most `threadLimit`.
    ///
    /// **Cost** 30 to 50 ms of processor time, most of it for key pairs.
    /// `breaking` falsifies the expectation of the test with that name, to show that it can fail.
    package static func run(breaking: String? = nil, threadLimit: Int = 4) throws(SelfTestFailure) {
        try SelfTestCrew(tests, breaking: breaking).run(limit: threadLimit)
    }

    /// One test: a name, and whether it passes when its expectation is genuine or broken.
    struct Test: Sendable {
        let name: String
        let passes: @Sendable (_ broken: Bool) throws(CryptoError) -> Bool
    }

    private static var tests: [Test] {
        // The long ones come first, so that none of them is left for the end.
        asymmetric + postQuantum + ciphers + digests + codes + [derivation, generator, base64]
    }

    private static var ciphers: [Test] {
        AEADAlgorithm.allCases.flatMap { algorithm in
            algorithm.libraries.map { library in
                Test(name: name(algorithm, library)) { broken throws(CryptoError) in
                    try KnownAnswers.cipher(algorithm).passes(algorithm, via: library, broken)
                }
            }
        }
    }

    // The standard's name, and for the second library of a cipher that library's beside it.
    private static func name(_ algorithm: AEADAlgorithm, _ library: CryptoLibrary) -> String {
        library == algorithm.library ? algorithm.standardName : algorithm.standardName + " (libgcrypt)"
    }

    private static var digests: [Test] {
        DigestAlgorithm.allCases.map { algorithm in
            Test(name: algorithm.wireName) { broken throws(CryptoError) in
                let expected = expectation(KnownAnswers.digest(algorithm), broken)
                var digest = [UInt8](repeating: 0, count: algorithm.length)
                try algorithm.hash(ByteView("abc"), into: &digest)
                return digest == expected
            }
        }
    }

    private static var codes: [Test] {
        DigestAlgorithm.allCases.map { algorithm in
            Test(name: "hmac-" + algorithm.wireName) { broken throws(CryptoError) in
                let expected = expectation(KnownAnswers.code(algorithm), broken)
                let (secret, message) = (ByteView("Jefe"), ByteView("what do ya want for nothing?"))
                let key = try HMACKey(algorithm, key: secret)
                var kept = [UInt8](repeating: 0, count: algorithm.length)
                var oneShot = kept
                try key.authenticate(message, into: &kept)
                try HMACKey.oneShot(algorithm, key: secret, message, into: &oneShot)
                return kept == expected && oneShot == expected
            }
        }
    }

    private static var derivation: Test {
        Test(name: "hkdf-sha2-256") { broken throws(CryptoError) in
            let expected = expectation(KnownAnswers.derivedKey, broken)
            var derived = [UInt8](repeating: 0, count: expected.count)
            // Nothing but 22 bytes of material: no salt, no info.
            let material = [UInt8](repeating: 0x0B, count: 22)
            let key = try withView(material) { view throws(CryptoError) in try HKDFKey(extractingSHA256: view) }
            try key.expand(info: .empty, count: derived.count, into: &derived)
            return derived == expected
        }
    }

    /// Whether draws of the generator differ from each other and none is a repetition of few bytes.
    private static var generator: Test {
        Test(name: "drbg") { broken throws(CryptoError) in
            var first = [UInt8](repeating: 0, count: 32)
            var second = first
            var third = first
            try draw(&first)
            try draw(&second)
            try NonceSource.take(32, into: &third)
            if broken { second = first }
            return first != second && second != third && first != third
                && [first, second, third].allSatisfy { draw in Set(draw).count > 8 }
        }
    }

    private static func draw(_ bytes: inout [UInt8]) throws(CryptoError) {
        try bytes.withUnsafeMutableBufferPointer { buffer throws(CryptoError) in
            try RandomSource.fill(UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The codec at the instruction set in force, over every byte value and every length of the last group.
    private static var base64: Test {
        Test(name: "base64") { broken throws(CryptoError) in
            for extra in 0..<3 {
                let bytes = (0..<(256 + extra)).map { UInt8(truncatingIfNeeded: $0) }
                let expected = KnownAnswers.base64(bytes, broken)
                var writer = ByteWriter(capacity: 1024)
                withView(bytes) { writer.append(base64: $0) }
                guard writer.view.array == expected, Base64.decode(writer.view) == .success(bytes) else { return false }
                // The first character that is no base64 has to be found, wherever it stands.
                var spoiled = expected
                spoiled[expected.count / 2] = UInt8(ascii: "!")
                let fault = withView(spoiled) { Base64.decode($0) }
                guard fault == .failure(Base64Fault(offset: expected.count / 2)) else { return false }
            }
            return true
        }
    }

    /// The bytes of a known answer, with one bit flipped when it is to be broken.
    static func expectation(_ hex: String, _ broken: Bool) -> [UInt8] {
        var bytes = Hex.decode(hex) ?? []
        if broken, !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 }
        return bytes
    }

    /// Lends a view of an array.
    static func withView<R, E: Error>(_ bytes: [UInt8], _ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try bytes.withUnsafeBufferPointer { buffer throws(E) in
            try body(ByteView(UnsafeRawBufferPointer(buffer)))
        }
    }
}
