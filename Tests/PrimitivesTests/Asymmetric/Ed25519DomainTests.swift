import Bytes
import CGcrypt
import Primitives
import Testing

/// Ed25519ph and Ed25519ctx.
@Suite("Ed25519 with a domain")
struct Ed25519DomainTests {
    @Test("Every vector of RFC 8032 is signed as it stands and accepted")
    func vectors() throws {
        var count = 0
        for file in try VectorFile.all(kind: "eddsa") {
            for item in file.cases {
                count += 1
                let key = try withView(try bytes(item.key)) { try PrivateKey(ed25519Seed: $0) }
                #expect(try key.publicKey.rawBytes == bytes(item.public))
                let message = try bytes(item.message)
                let isPrehashed = file.algorithm == "ed25519ph"
                let input = isPrehashed ? try DigestAlgorithm.sha2_512.digest(message) : message
                try withView(try bytes(item.context)) { context in
                    let scheme: SignatureScheme =
                        isPrehashed ? .ed25519ph(context: context) : .ed25519ctx(context: context)
                    let signature = try key.signature(input, scheme)
                    #expect(try signature == bytes(item.signature), "\(file.algorithm) \(item.id)")
                    #expect(try key.publicKey.accepts(signature, of: input, scheme))
                }
            }
        }
        #expect(count == 5)
    }

    @Test("libgcrypt's own EdDSA signs the same, for messages and contexts of all lengths")
    func libgcrypt() throws {
        try CryptoLibraries.start()
        var generator = SeededGenerator(seed: 7)
        for round in 0..<60 {
            let seed = generator.bytes(32)
            let key = try withView(seed) { try PrivateKey(ed25519Seed: $0) }
            let publicBytes = try #require(key.publicKey.rawBytes)
            let message = generator.bytes(round * 3)
            let context = generator.bytes(round == 59 ? 255 : 1 + round % 40)
            try withView(context) { view in
                let digest = try DigestAlgorithm.sha2_512.digest(message)
                #expect(
                    try key.signature(message, .ed25519ctx(context: view))
                        == GcryptEdDSA.sign(seed, publicBytes, message, context, isPrehashed: false))
                #expect(
                    try key.signature(digest, .ed25519ph(context: view))
                        == GcryptEdDSA.sign(seed, publicBytes, message, context, isPrehashed: true))
            }
        }
    }

    @Test("The three kinds of Ed25519 and all contexts are strangers to each other")
    func separation() throws {
        let key = try TestKeys.pair(.ed25519)
        let input = try DigestAlgorithm.sha2_512.digest([1])
        let schemes: [SignatureScheme] = [
            .ed25519, .ed25519ph(context: .empty), .ed25519ph(context: ByteView("a")),
            .ed25519ctx(context: ByteView("a")), .ed25519ctx(context: ByteView("b")),
        ]
        for (own, scheme) in schemes.enumerated() {
            let signature = try key.signature(input, scheme)
            for (other, candidate) in schemes.enumerated() {
                #expect(try key.publicKey.accepts(signature, of: input, candidate) == (own == other))
            }
        }
    }

    @Test("Any changed bit of a signature is refused, and so is S with the order added")
    func mutations() throws {
        let key = try TestKeys.pair(.ed25519)
        let scheme = SignatureScheme.ed25519ctx(context: ByteView("a"))
        let signature = try key.signature([1, 2, 3], scheme)
        for bit in 0..<512 {
            var altered = signature
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(try !key.publicKey.accepts(altered, of: [1, 2, 3], scheme), "\(bit)")
        }
        for wrong in [[], Array(signature.dropLast()), signature + [0]] {
            #expect(try !key.publicKey.accepts(wrong, of: [1, 2, 3], scheme))
        }
        #expect(try !key.publicKey.accepts(EdwardsBytes.addOrder(signature), of: [1, 2, 3], scheme))
    }

    @Test("Public keys that are no canonical point verify nothing")
    func keysOutOfForm() throws {
        for encoding in EdwardsBytes.notCanonical + [[2] + [UInt8](repeating: 0, count: 31)] {
            let key = try withView(encoding) { try PublicKey(ed25519: $0) }
            // R and S of the neutral element, which a key of small order would accept.
            let signature = [1] + [UInt8](repeating: 0, count: 63)
            #expect(try !key.accepts(signature, of: [1], .ed25519ctx(context: ByteView("a"))), "\(encoding)")
        }
    }

    @Test("Contexts and digests of wrong length are refused on both sides")
    func lengths() throws {
        let key = try TestKeys.pair(.ed25519)
        let digest = [UInt8](repeating: 1, count: 64)
        func refuse(_ error: AsymmetricError, _ input: [UInt8], _ scheme: SignatureScheme) {
            #expect(throws: error) { try key.signature(input, scheme) }
            #expect(throws: error) { try key.publicKey.accepts(digest, of: input, scheme) }
        }
        let tooLong = [UInt8](repeating: 1, count: 256)
        withView(tooLong) { context in
            refuse(.invalidContextLength(256), digest, .ed25519ph(context: context))
            refuse(.invalidContextLength(256), digest, .ed25519ctx(context: context))
        }
        refuse(.invalidContextLength(0), digest, .ed25519ctx(context: .empty))
        for count in [0, 32, 63, 65] {
            refuse(
                .wrongDigestLength(expected: 64, actual: count), [UInt8](repeating: 1, count: count),
                .ed25519ph(context: .empty))
        }
    }
}

/// Encodings of edwards25519 that the standard and its implementations disagree about.
enum EdwardsBytes {
    /// Points of small order in canonical form. **Source** RFC 8032 §5.1; each has order 1, 2, 4 or 8.
    static let smallOrder: [[UInt8]] = [
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [UInt8](repeating: 0, count: 32),
        [UInt8](repeating: 0, count: 31) + [0x80],
        Hex.decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05") ?? [],
        Hex.decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85") ?? [],
        Hex.decode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a") ?? [],
        Hex.decode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa") ?? [],
    ]

    /// y of p or p + 1, and x of 0 with the sign bit.
    static let notCanonical: [[UInt8]] = [
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F], [0xED] + [UInt8](repeating: 0xFF, count: 31),
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F], [0xEE] + [UInt8](repeating: 0xFF, count: 31),
        [1] + [UInt8](repeating: 0, count: 30) + [0x80], [0xEC] + [UInt8](repeating: 0xFF, count: 31),
    ]

    /// The same signature with S grown by the order of the group.
    static func addOrder(_ signature: [UInt8]) -> [UInt8] {
        let order =
            Hex.decode("edd3f55c1a631258d69cf7a2def9de14") ?? []
        var (result, carry) = (signature, 0)
        for index in 0..<32 {
            let digit = index < 16 ? Int(order[index]) : index == 31 ? 0x10 : 0
            carry += Int(result[32 + index]) + digit
            result[32 + index] = UInt8(carry & 0xFF)
            carry >>= 8
        }
        return result
    }
}

/// libgcrypt's EdDSA, which hashes messages by itself.
enum GcryptEdDSA {
    static func sign(
        _ seed: [UInt8], _ publicKey: [UInt8], _ message: [UInt8], _ context: [UInt8], isPrehashed: Bool
    ) throws -> [UInt8] {
        let flags = isPrehashed ? "eddsa prehash" : "eddsa"
        let key = try expression("(private-key(ecc(curve Ed25519)(flags eddsa)(q \(hex(publicKey)))(d \(hex(seed)))))")
        defer { gcry_sexp_release(key) }
        let data = try expression(
            "(data(flags \(flags))(hash-algo sha512)(label \(hex(context)))(value \(hex(message))))")
        defer { gcry_sexp_release(data) }
        var made: OpaquePointer?
        try #require(gcry_pk_sign(&made, data, key) == 0)
        defer { gcry_sexp_release(made) }
        return try number("r", of: made) + number("s", of: made)
    }

    private static func expression(_ text: String) throws -> OpaquePointer {
        var made: OpaquePointer?
        try #require(gcry_sexp_new(&made, text, text.utf8.count, 1) == 0)
        return try #require(made)
    }

    private static func number(_ name: String, of signature: OpaquePointer?) throws -> [UInt8] {
        let token = try #require(gcry_sexp_find_token(signature, name, 0))
        defer { gcry_sexp_release(token) }
        var length = 0
        let start = try #require(gcry_sexp_nth_data(token, 1, &length))
        return UnsafeRawBufferPointer(start: start, count: length).map { $0 }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return "#" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + "#"
    }
}
