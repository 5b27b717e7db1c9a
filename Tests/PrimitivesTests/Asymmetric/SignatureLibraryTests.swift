import Bytes
import Primitives
import Testing

/// OpenSSL against BoringSSL: one signs, the other verifies, and they refuse alike, whichever the table has chosen.
@Suite("Signatures by both libraries")
struct SignatureLibraryTests {
    private static let algorithms = AsymmetricAlgorithm.allCases.filter { $0.signatureLibraries.count > 1 }

    private static func schemes(_ algorithm: AsymmetricAlgorithm) -> [SignatureScheme] {
        algorithm == .ed25519 ? [.ed25519] : [.ecdsa(.asn1), .ecdsa(.fixedWidth)]
    }

    @Test("What one signs the other accepts, and both refuse what is altered", arguments: algorithms)
    func agreement(_ algorithm: AsymmetricAlgorithm) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let key = try TestKeys.pair(algorithm)
        for round in 0..<60 {
            let scheme = Self.schemes(algorithm)[round % Self.schemes(algorithm).count]
            let input = generator.bytes(round == 0 ? 0 : Int.random(in: 1...150, using: &generator))
            for signer in algorithm.signatureLibraries {
                let signature = try key.signature(input, scheme, via: signer)
                #expect(try key.publicKey.verdicts(signature, input, scheme) == .accepted, "seed \(seed)")
                for _ in 0..<4 {
                    let altered = Self.altered(signature, &generator)
                    let verdict = try key.publicKey.verdicts(altered, input, scheme)
                    #expect(verdict == .refused || altered == signature, "seed \(seed) \(altered)")
                }
                var other = input + [1]
                other[0] ^= 0x80
                #expect(try key.publicKey.verdicts(signature, other, scheme) == .refused)
            }
        }
    }

    @Test("Both make the same Ed25519 signature")
    func deterministic() throws {
        let key = try TestKeys.pair(.ed25519)
        for count in [0, 1, 64, 1000, 100_000] {
            let input = [UInt8](repeating: 0x5A, count: count)
            #expect(
                try key.signature(input, .ed25519, via: .openssl) == key.signature(input, .ed25519, via: .boringssl))
        }
    }

    /// Neither library reduces or refuses on its own account; what is accepted here has been accepted always.
    @Test("Points of small order and encodings out of form fare alike with both")
    func strictness() throws {
        let keys = EdwardsBytes.smallOrder + EdwardsBytes.notCanonical
        var accepted = 0
        for publicBytes in keys {
            let key = try withView(publicBytes) { try PublicKey(ed25519: $0) }
            for commitment in keys {
                for round in UInt8(0)..<8 {
                    let signature = commitment + [UInt8](repeating: 0, count: 32)
                    let verdict = try key.verdicts(signature, [round], .ed25519)
                    #expect(verdict != .disagreed, "\(publicBytes) \(commitment) \(round)")
                    accepted += verdict == .accepted ? 1 : 0
                }
            }
        }
        // Small order is no reason to refuse: the neutral element as key verifies itself under any message.
        #expect(accepted >= 8)
        let pair = try TestKeys.pair(.ed25519)
        let signature = try pair.signature([1], .ed25519)
        #expect(try pair.publicKey.verdicts(EdwardsBytes.addOrder(signature), [1], .ed25519) == .refused)
    }

    @Test("ECDSA numbers at the edges fare alike with both", arguments: TestKeys.curves)
    func edges(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let width = try #require(algorithm.coordinateLength)
        let signature = try key.signature([1, 2, 3], .ecdsa(.fixedWidth))
        let numbers = [
            [UInt8](repeating: 0, count: width), [UInt8](repeating: 0, count: width - 1) + [1],
            [UInt8](repeating: 0xFF, count: width), Array(signature[..<width]), Array(signature[width...]),
        ]
        for r in numbers {
            for s in numbers {
                let verdict = try key.publicKey.verdicts(r + s, [1, 2, 3], .ecdsa(.fixedWidth))
                #expect(verdict == (r + s == signature ? .accepted : .refused))
                let whole = der(0x30, derUnsigned(r), derUnsigned(s))
                #expect(
                    try key.publicKey.verdicts(whole, [1, 2, 3], .ecdsa(.asn1))
                        == (r + s == signature ? .accepted : .refused))
            }
        }
    }

    @Test("Every Wycheproof case has the same verdict from both", .enabled(if: Wycheproof.isPresent))
    func wycheproof() throws {
        let files: [(String, SignatureScheme, Int)] = [
            ("ed25519", .ed25519, 151), ("ecdsa_secp256r1_sha256", .ecdsa(.asn1), 484),
            ("ecdsa_secp384r1_sha384", .ecdsa(.asn1), 504), ("ecdsa_secp384r1_sha384_p1363", .ecdsa(.fixedWidth), 280),
            ("ecdsa_secp521r1_sha512", .ecdsa(.asn1), 542),
        ]
        for (name, scheme, expected) in files {
            var count = 0
            for group in try PairVectors.groups(name) {
                let key = try withView(try bytes(group.publicKeyDer)) { try PublicKey(spki: $0) }
                let hash = DigestAlgorithm(standardName: group.sha ?? "")
                for item in group.tests {
                    count += 1
                    let message = try bytes(item.msg)
                    let input = scheme.isPure ? message : try #require(hash).digest(message)
                    let verdict = try key.verdicts(bytes(item.sig), input, scheme)
                    #expect(verdict == (item.result == "valid" ? .accepted : .refused), "\(name) \(item.tcId)")
                }
            }
            #expect(count == expected)
        }
    }

    @Test("RSA and domains have one library, and a library that is not on the list is refused")
    func refusals() throws {
        let rsa = try TestKeys.pair(.rsa2048)
        #expect(throws: AsymmetricError.unsupportedOperation) {
            try rsa.signature([UInt8](repeating: 1, count: 32), .rsaPKCS1(.sha2_256), via: .boringssl)
        }
        #expect(throws: AsymmetricError.unsupportedOperation) {
            try TestKeys.pair(.ed25519).signature([1], .ed25519, via: .gcrypt)
        }
        for algorithm in AsymmetricAlgorithm.allCases {
            for use in SignatureUse.allCases {
                #expect(algorithm.signatureLibraries.contains(algorithm.library(for: use)))
            }
        }
    }

    private static func altered(_ signature: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var altered = signature
        let place = Int.random(in: 0..<signature.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: altered[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: altered.remove(at: place)
        default: altered.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        }
        return altered
    }
}

/// What both libraries say about a signature.
private enum Verdict {
    case accepted
    case refused
    case disagreed
}

extension SignatureScheme {
    fileprivate var isPure: Bool { if case .ed25519 = self { true } else { false } }
}

extension PrivateKey {
    fileprivate func signature(
        _ input: [UInt8], _ scheme: SignatureScheme, via library: CryptoLibrary
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: algorithm.signatureRoom + 8)
        let length = try withView(input) { try sign($0, scheme, into: &output, via: library) }
        precondition(output[algorithm.signatureRoom...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<length])
    }
}

extension PublicKey {
    fileprivate func verdicts(
        _ signature: [UInt8], _ input: [UInt8], _ scheme: SignatureScheme
    ) throws -> Verdict {
        let answers = try algorithm.signatureLibraries.map { library in
            try withView(signature) { signature in
                try withView(input) { input in
                    do throws(AsymmetricError) {
                        return try verify(signature, of: input, scheme, via: library)
                    } catch {
                        guard error == .malformedSignature || error == .signatureTrailingData else { throw error }
                        return false
                    }
                }
            }
        }
        return answers.allSatisfy { $0 } ? .accepted : answers.contains(true) ? .disagreed : .refused
    }
}
