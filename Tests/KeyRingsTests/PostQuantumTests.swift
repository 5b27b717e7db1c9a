import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Hybrid signatures")
struct HybridSignatureTests {
    private static let message = Array("hello".utf8)

    private static func signer(_ shape: Shape) throws -> PostQuantumSigner {
        try PostQuantumSigner(generating: #require(shape.settings.mlDSA), classic: shape.settings.classicHalf)
    }

    private static func sign(_ signer: PostQuantumSigner, context: [UInt8] = []) throws -> [UInt8] {
        var output = ByteWriter()
        try withView(message) { (view) throws(KeyRingError) in
            try signer.appendSignature(of: view, context: context, to: &output)
        }
        return output.view.array
    }

    private static func accepts(
        _ signer: PostQuantumSigner, _ signature: [UInt8], context: [UInt8] = []
    ) throws -> Bool {
        try withView(signature) { (signature) throws(KeyRingError) in
            try withView(message) { (view) throws(KeyRingError) in
                try signer.verifies(signature, of: view, context: context)
            }
        }
    }

    /// A signer out of those secrets, as it would be imported.
    private static func signer(_ shape: Shape, seed: [UInt8], classic: [UInt8]) throws -> PostQuantumSigner {
        let entry = KeyEntry(
            key: withView(seed + classic) { SecretBytes(copying: $0) }, hmacKey: SecretBytes(copying: .empty),
            created: Moment(seconds: 1))
        let version = try KeyVersion(
            number: 1, settings: shape.settings, entry: entry, usage: KeyUsage(stored: 0))
        return try #require(version.signer)
    }

    @Test("Neither half verifies without the other", arguments: Shape.hybrid)
    func halves(_ shape: Shape) throws {
        let (own, other) = (try Self.signer(shape), try Self.signer(shape))
        let length = own.parameterSet.signatureLength
        let (signature, foreign) = (try Self.sign(own), try Self.sign(other))
        #expect(try Self.accepts(own, signature))
        let (first, second) = (Array(signature[..<length]), Array(signature[length...]))
        let broken: [[UInt8]] = [
            [], first, second, first + foreign[length...], foreign[..<length] + second,
            first + [UInt8](repeating: 0, count: second.count), [UInt8](repeating: 0, count: length) + second,
            second + first, first + [0], first + second + [0], first + first, foreign,
        ]
        for (index, signature) in broken.enumerated() {
            #expect(try !Self.accepts(own, signature), "broken signature \(index)")
        }
    }

    @Test("Each flipped bit of either half fails the whole", arguments: Shape.hybrid)
    func tampering(_ shape: Shape) throws {
        var random = SeededGenerator(seed: 8)
        let own = try Self.signer(shape)
        let (signature, length) = (try Self.sign(own), own.parameterSet.signatureLength)
        for range in [0...length - 1, length...signature.count - 1] {
            for _ in 0..<20 {
                var changed = signature
                changed[random.int(range)] ^= 1 << UInt8(random.int(0...7))
                #expect(try !Self.accepts(own, changed))
            }
        }
    }

    @Test("A half cut out is no signature of the message under its own key alone", arguments: Shape.hybrid)
    func stripping(_ shape: Shape) throws {
        let own = try Self.signer(shape)
        let (signature, length) = (try Self.sign(own), own.parameterSet.signatureLength)
        let (first, second) = (Array(signature[..<length]), Array(signature[length...]))
        let key = try own.mlDSAPublicKey()
        let isPure = try withView(first) { first in try withView(Self.message) { try key.verify(first, of: $0) } }
        #expect(!isPure)
        let classic = try #require(own.classic).publicKey()
        let scheme: SignatureScheme = classic.algorithm == .ed25519 ? .ed25519 : .ecdsa(.asn1)
        var inputs = [Self.message]
        for digest in DigestAlgorithm.allCases {
            var hash = [UInt8](repeating: 0, count: digest.length)
            try withView(Self.message) { (view) throws(CryptoError) in try digest.hash(view, into: &hash) }
            inputs.append(hash)
        }
        for input in inputs {
            let isPure = try withView(second) { second in
                try withView(input) { try classic.verify(second, of: $0, scheme) }
            }
            #expect(!isPure)
        }
    }

    @Test("A key that serves two combinations, or one of them and alone, signs for each of them only")
    func labels() throws {
        let shapes = Shape.hybrid.filter { $0.settings.mlDSA == .mlDSA65 }
        let alone = try #require(Shape.all.first { $0.type == .mlDSA && $0.settings.mlDSA == .mlDSA65 })
        let seed = [UInt8](repeating: 5, count: 32)
        let signers = try shapes.map { shape in
            let pair = try PairMaterial(PrivateKey.generate(#require(shape.settings.classicHalf)))
            return try Self.signer(shape, seed: seed, classic: pair.exposingSecret { $0.array })
        }
        let single = try Self.signer(alone, seed: seed, classic: [])
        let length = single.parameterSet.signatureLength
        let parts = try signers.map { try Self.sign($0) }
        for (index, signer) in signers.enumerated() {
            #expect(try single.mlDSAPublicKey().rawBytes == signer.mlDSAPublicKey().rawBytes)
            let second = parts[index][length...]
            #expect(try !Self.accepts(signer, Self.sign(single) + second), "\(signer.name) out of ML-DSA alone")
            for (other, foreign) in parts.enumerated() where other != index {
                #expect(try !Self.accepts(signer, Array(foreign[..<length] + second)), "\(signer.name) out of \(other)")
            }
            #expect(try Self.accepts(signer, parts[index]))
        }
    }

    @Test("The context is part of what is signed, up to 255 bytes", arguments: [Shape.hybrid[0], Shape.hybrid[3]])
    func context(_ shape: Shape) throws {
        let own = try Self.signer(shape)
        let long = [UInt8](repeating: 1, count: 255)
        for context in [[], [0], [0, 0], long] as [[UInt8]] {
            let signature = try Self.sign(own, context: context)
            for other in [[], [0], [0, 0], long] as [[UInt8]] {
                #expect(try Self.accepts(own, signature, context: other) == (context == other))
            }
        }
        #expect(throws: KeyRingError.signatureContext) { try Self.sign(own, context: long + [1]) }
        #expect(throws: KeyRingError.signatureContext) { try Self.accepts(own, [1], context: long + [1]) }
    }

    @Test("Secrets that are too short, too long or of another kind are no key")
    func malformed() throws {
        let (alone, hybrid) = (try #require(Shape.all.first { $0.type == .mlDSA }), Shape.hybrid[0])
        for length in [0, 31, 33, 64] {
            #expect(throws: KeyRingError.keyLength(length, .mlDSA)) {
                try Self.signer(alone, seed: [UInt8](repeating: 1, count: length), classic: [])
            }
        }
        #expect(throws: KeyRingError.keyLength(31, .hybrid)) {
            try Self.signer(hybrid, seed: [UInt8](repeating: 1, count: 31), classic: [])
        }
        let ed25519 = try PairMaterial(PrivateKey.generate(.ed25519)).exposingSecret { $0.array }
        for classic in [[], [1], ed25519] {
            #expect(throws: KeyRingError.self) {
                try Self.signer(hybrid, seed: [UInt8](repeating: 1, count: 32), classic: classic)
            }
        }
    }
}

@Suite("Key encapsulation of rings")
struct EncapsulationTests {
    private static func agree(_ first: KEMMaterial, _ second: KEMMaterial) throws -> Bool {
        let key = try withView(first.rawPublicKey) { (view) throws(AsymmetricError) in
            try KEMPublicKey(first.algorithm, raw: view)
        }
        let made = try key.encapsulate()
        #expect(made.ciphertext.count == first.algorithm.ciphertextLength)
        let secret = try withView(made.ciphertext) { try second.privateKey().decapsulate($0) }
        return secret.exposing { $0.array } == made.secret.exposing { $0.array }
    }

    @Test("What is encapsulated to a version comes out of it, read back or imported too", arguments: Shape.kem)
    func roundTrip(_ shape: Shape) throws {
        let version = try shape.version()
        let read = try withView(version.exposingRecord()) { (view) throws(KeyRingError) in try shape.read(view) }
        let seed = version.exposingKey { $0.array }
        let imported = try keyVersion(shape.settings, key: seed)
        #expect(seed.count == shape.type.kem?.seedLength)
        let kem = try #require(version.kem)
        for other in [version, read, imported] {
            #expect(other.publicBytes == version.publicBytes)
            #expect(try Self.agree(kem, #require(other.kem)))
        }
        #expect(try !Self.agree(kem, #require(shape.version().kem)))
    }
}
