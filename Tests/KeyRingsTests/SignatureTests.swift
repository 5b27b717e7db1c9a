import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Signatures of rings")
struct RingSignatureTests {
    private static let message = Array("hello".utf8)
    private static let context = Array("abc".utf8)

    /// Every way in which keys of the shape sign a message that is not hashed yet.
    private static func requests(_ shape: Shape) -> [SignatureRequest] {
        var plain = SignatureRequest()
        guard let pair = shape.type.pair else {
            var bound = plain
            bound.context = [1, 2, 3]
            return [plain, bound]
        }
        if pair == .ed25519 {
            var bound = plain
            bound.context = Array(repeating: 7, count: 255)
            return [plain, bound]
        }
        var requests: [SignatureRequest] = []
        for digest in DigestAlgorithm.allCases {
            plain.digest = digest
            for isJWS in [false, true] {
                plain.isJWS = isJWS
                requests.append(plain)
            }
            guard pair.modulusBits != nil else { continue }
            var other = plain
            for salt in [.digestLength, .bytes(0), .bytes(20)] as [PSSSaltLength] {
                other.salt = salt
                requests.append(other)
            }
            other.rsaScheme = .pkcs1v15
            requests.append(other)
        }
        return requests
    }

    @Test("What a version signs, it verifies, in every way its type has", arguments: Shape.signing)
    func roundTrip(_ shape: Shape) throws {
        let ring = try shape.ring()
        for request in Self.requests(shape) {
            let (text, key) = try ring.signatureAndKey(Self.message, request, context: Self.context)
            #expect(text.hasPrefix("vault:v1:") && (key != nil) == shape.settings.isDerived, "\(request)")
            #expect(try ring.accepts(text, Self.message, request, context: Self.context), "\(request)")
            #expect(try !ring.accepts(text, Array("hellO".utf8), request, context: Self.context), "\(request)")
        }
    }

    @Test("No flipped bit, other key, other version and no other parameter verifies", arguments: Shape.signing)
    func tampering(_ shape: Shape) throws {
        var random = SeededGenerator(seed: 3)
        let ring = try shape.ring([shape.version(1), shape.version(2)])
        let text = try ring.signature(Self.message, context: Self.context, version: 1)
        guard case .bytes(let payload) = ReferenceBase64.decode(Array(text.utf8.dropFirst(9))) else {
            Issue.record("the payload is no base64")
            return
        }
        for _ in 0..<40 {
            var changed = payload
            changed[random.int(0...payload.count - 1)] ^= 1 << UInt8(random.int(0...7))
            let text = "vault:v1:" + ReferenceBase64.encode(changed)
            #expect((try? ring.accepts(text, Self.message, context: Self.context)) != true)
        }
        for length in [0, 1, payload.count - 1] {
            let cut = "vault:v1:" + ReferenceBase64.encode(Array(payload[..<length]))
            #expect((try? ring.accepts(cut, Self.message, context: Self.context)) != true, "cut to \(length)")
        }
        let longer = "vault:v1:" + ReferenceBase64.encode(payload + [0])
        #expect((try? ring.accepts(longer, Self.message, context: Self.context)) != true)
        // Both versions of the RSA rings have the same key.
        if !shape.type.isRSA {
            let other = text.replacing("vault:v1:", with: "vault:v2:")
            #expect(try !ring.accepts(other, Self.message, context: Self.context))
        }
        #expect(throws: KeyRingError.signatureTooNew) {
            try ring.accepts(text.replacing("vault:v1:", with: "vault:v3:"), Self.message, context: Self.context)
        }
        if shape.settings.isDerived { #expect(try !ring.accepts(text, Self.message, context: [1])) }
        var request = SignatureRequest()
        request.context = [9]
        let takesContext = shape.type == .ed25519 || shape.type.pair == nil
        #expect(try ring.accepts(text, Self.message, request, context: Self.context) != takesContext)
    }

    @Test("An input that is a digest already gives signatures of what it is the digest of", arguments: Shape.pairs)
    func prehashed(_ shape: Shape) throws {
        let ring = try shape.ring()
        for digest in DigestAlgorithm.allCases {
            var hash = [UInt8](repeating: 0, count: digest.length)
            try withView(Self.message) { (view) throws(CryptoError) in try digest.hash(view, into: &hash) }
            var (plain, hashed) = (SignatureRequest(), SignatureRequest())
            (plain.digest, hashed.digest, hashed.isPrehashed) = (digest, digest, true)
            let text = try ring.signature(hash, hashed)
            #expect(try ring.accepts(text, hash, hashed), "\(digest)")
            // Ed25519 takes what it is given as the message; Ed25519ph is another scheme.
            #expect(try ring.accepts(text, Self.message, plain) == (shape.type != .ed25519), "\(digest)")
        }
    }

    @Test("RSA without a hash function signs the input as it is, with PKCS #1 only")
    func unhashed() throws {
        let ring = try #require(Shape.pairs.first { $0.type == .rsa2048 }).ring()
        var request = SignatureRequest()
        (request.digest, request.isPrehashed, request.rsaScheme) = (nil, true, .pkcs1v15)
        for length in [0, 1, 245] {
            let input = [UInt8](repeating: 5, count: length)
            #expect(try ring.accepts(ring.signature(input, request), input, request))
            #expect(try !ring.accepts(ring.signature(input, request), input + [5], request))
        }
        #expect(throws: KeyRingError.asymmetric(.messageTooLong)) {
            try ring.signature([UInt8](repeating: 5, count: 246), request)
        }
        request.rsaScheme = .pss
        #expect(throws: KeyRingError.self) { try ring.signature([1], request) }
    }

    @Test("An unknown RSA scheme matters to RSA keys only", arguments: Shape.signing)
    func unknownScheme(_ shape: Shape) throws {
        let ring = try shape.ring()
        var request = SignatureRequest()
        request.rsaScheme = .unknown("pkcs2")
        if shape.type.isRSA {
            #expect(throws: KeyRingError.signatureAlgorithm("pkcs2")) { try ring.signature(Self.message, request) }
        } else {
            #expect(try ring.signature(Self.message, request, context: Self.context).hasPrefix("vault:v1:"))
        }
    }

    @Test("JWS signatures are fixed in width on the curves, base64url, and read in that form only")
    func jws() throws {
        for (shape, length) in zip(Shape.pairs.filter { $0.type.supportsAgreement }, [86, 128, 176]) {
            let ring = try shape.ring()
            var request = SignatureRequest()
            request.isJWS = true
            let text = try ring.signature(Self.message, request)
            #expect(text.dropFirst(9).count == length && !text.dropFirst(9).contains { "+/=".contains($0) })
            #expect((try? ring.accepts(text, Self.message)) != true)
        }
    }

    @Test("Types that do not sign say so", arguments: Shape.all.filter { !$0.type.supportsSigning })
    func noSigning(_ shape: Shape) throws {
        let ring = try shape.ring()
        #expect(throws: KeyRingError.cannotSign(shape.type)) { try ring.signature(Self.message) }
        #expect(throws: KeyRingError.cannotVerify(shape.type)) { try ring.accepts("vault:v1:AAAA", Self.message) }
    }

    @Test("Checks of a signature text come in the wire's order")
    func order() throws {
        let ring = try Shape.pairs[0].ring()
        let cases: [(String, KeyRingError)] = [
            ("", .signaturePrefix), ("vault:v1", .signatureFields), ("vault:vx:AAAA", .signatureVersion),
            ("vault:v2:!", .signatureTooNew), ("vault:v0:!", .versionTooOld), ("vault:v-1:AAAA", .versionTooOld),
            ("vault:v1:!", .signatureBase64),
        ]
        for (text, error) in cases { #expect(throws: error, "\(text)") { try ring.accepts(text, Self.message) } }
    }

    @Test("A derived ring without a context neither signs nor verifies")
    func missingContext() throws {
        let ring = try #require(Shape.signing.last).ring()
        #expect(throws: KeyRingError.missingContext) { try ring.signature(Self.message) }
        #expect(throws: KeyRingError.missingContext) { try ring.accepts("vault:v1:AAAA", Self.message) }
    }

    @Test("The public key of a derived ring is that of its context, whoever asks")
    func derivedKeys() throws {
        let ring = try #require(Shape.signing.last).ring()
        let first = try ring.signatureAndKey(Self.message, SignatureRequest(), context: [1]).publicKey
        #expect(try first == ring.latest.derivedPublicKey([1]))
        #expect(try first != ring.latest.derivedPublicKey([2]))
        #expect(throws: KeyRingError.missingContext) { try ring.latest.derivedPublicKey([]) }
    }

    @Test("Changed signature texts are refused and never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let shapes = Shape.signing.filter { !$0.type.isRSA && $0.type != .hybrid }
        for shape in shapes {
            let ring = try shape.ring()
            let text = Array(try ring.signature(Self.message, context: Self.context).utf8)
            for _ in 0..<60 {
                let changed = random.mutated(text, alphabet: Array("vault:10A+/=\n".utf8))
                // Only spellings of the same bytes may pass; whether they do is base64's matter.
                _ = try? ring.accepts(String(decoding: changed, as: UTF8.self), Self.message, context: Self.context)
            }
        }
    }
}
