import Bytes
import COpenSSL
import Primitives
import Testing

@Suite("Key formats")
struct KeyFormatTests {
    @Test("Every private format comes back as the same key", arguments: AsymmetricAlgorithm.allCases)
    func privateRoundTrip(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let pkcs8 = try key.der(.pkcs8)
        let again = try withView(pkcs8) { try PrivateKey(pkcs8: $0) }
        #expect(again.publicKey.isSame(as: key.publicKey))
        #expect(again.algorithm == algorithm)
        #expect(try again.der(.pkcs8) == pkcs8)
        var texts = [try key.pem(.pkcs8), try key.pem(.pkcs8, finalNewline: false)]
        if algorithm == .ed25519 {
            #expect(throws: AsymmetricError.unsupportedOperation) { try key.der(.traditional) }
        } else {
            let traditional = try key.der(.traditional)
            let isRSA = algorithm.modulusBits != nil
            let other = try withView(traditional) { isRSA ? try PrivateKey(pkcs1: $0) : try PrivateKey(sec1: $0) }
            #expect(try other.der(.pkcs8) == pkcs8)
            texts.append(try key.pem(.traditional))
            #expect(texts[2].hasPrefix("-----BEGIN \(isRSA ? "RSA" : "EC") PRIVATE KEY-----\n"))
        }
        #expect(texts[0] == texts[1] + "\n")
        for text in texts {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.dropFirst().allSatisfy { $0.count <= 64 })
            #expect(lines[1].count == 64)
            #expect(try withView(Array(text.utf8)) { try PrivateKey.decode(pem: $0) }.der(.pkcs8) == pkcs8)
        }
    }

    @Test("Every public format comes back as the same key", arguments: AsymmetricAlgorithm.allCases)
    func publicRoundTrip(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm).publicKey
        let again = try withView(key.subjectPublicKeyInfo) { try PublicKey(spki: $0) }
        #expect(again.isSame(as: key) && again.algorithm == algorithm)
        let pem = key.pem
        #expect(pem.hasPrefix("-----BEGIN PUBLIC KEY-----\n") && pem.hasSuffix("-----END PUBLIC KEY-----\n"))
        let indented = "Some key\n\n" + pem.split(separator: "\n").joined(separator: "\r\n \t") + "\r\nmore"
        for text in [pem, String(pem.dropLast()), indented] {
            #expect(try withView(Array(text.utf8)) { try PublicKey(pem: $0) }.isSame(as: key))
        }
        guard let raw = key.rawBytes else { return }
        let fromRaw = try withView(raw) {
            algorithm == .ed25519 ? try PublicKey(ed25519: $0) : try PublicKey(algorithm, point: $0)
        }
        #expect(fromRaw.isSame(as: key))
    }

    @Test("A text without a whole PEM block is not PEM")
    func notPEM() throws {
        let pem = try TestKeys.pair(.ed25519).publicKey.pem
        let broken = [
            "", "MCowBQYDK2VwAyEA", String(pem.dropFirst()), String(pem.dropLast(5)), "-----BEGIN ",
            "-----BEGIN X-----",
            pem.replacingOccurrences("END PUBLIC", "END PRIVATE"), pem.replacingOccurrences("MCow", "M!ow"),
            "-----BEGIN A-----END A-----",
        ]
        for text in broken {
            #expect(throws: AsymmetricError.notPEM, "\(text)") {
                try withView(Array(text.utf8)) { try PublicKey(pem: $0) }
            }
        }
        #expect(throws: AsymmetricError.unknownAlgorithm) {
            try withView(Array(pem.utf8)) { try PrivateKey.decode(pem: $0) }
        }
    }

    @Test("OpenSSL reads what we write and writes the same", arguments: AsymmetricAlgorithm.allCases)
    func differential(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let pkcs8 = try key.der(.pkcs8)
        let ours = algorithm == .ed25519 ? pkcs8 : try key.der(.traditional)
        for form in [pkcs8, ours] {
            let other = try #require(
                form.withUnsafeBufferPointer { buffer in
                    var start = buffer.baseAddress
                    return d2i_AutoPrivateKey(nil, &start, buffer.count)
                })
            defer { EVP_PKEY_free(other) }
            var written: UnsafeMutablePointer<UInt8>?
            let length = i2d_PrivateKey(other, &written)
            defer { CRYPTO_free(written, "", 0) }
            #expect(Array(UnsafeBufferPointer(start: written, count: Int(length))) == ours)
        }
    }

    @Test("Numbers come back as the same key, and are the key's", arguments: TestKeys.rsa)
    func rsaNumbers(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let pkcs8 = try key.der(.pkcs8)
        let copies = try key.exposingRSANumbers { (numbers) throws(AsymmetricError) in
            let bare = RSANumbers(
                modulus: numbers.modulus, publicExponent: numbers.publicExponent,
                privateExponent: numbers.privateExponent, prime1: numbers.prime1, prime2: numbers.prime2)
            return [try PrivateKey(rsa: numbers), try PrivateKey(rsa: bare)]
        }
        for copy in copies { #expect(try copy.der(.pkcs8) == pkcs8) }
        for other in TestKeys.curves + [.ed25519] {
            let foreign = try TestKeys.pair(other)
            #expect(failure { try foreign.exposingRSANumbers { _ in } } == .unsupportedOperation)
        }
    }

    @Test("Coordinates and scalar come back as the same key", arguments: TestKeys.curves)
    func ecNumbers(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let width = try #require(algorithm.coordinateLength)
        let (x, y, d) = try key.exposingECNumbers { (numbers) throws(AsymmetricError) in
            (numbers.x.array, numbers.y.array, numbers.d.array)
        }
        #expect(x.count == width && y.count == width && d.count == width)
        #expect(key.publicKey.rawBytes == [4] + x + y)
        let compressed = [2 + (y[width - 1] & 1)] + x
        for (scalar, point) in [(d, [4] + x + y), ([0, 0] + d, compressed), (Array(d.drop { $0 == 0 }), compressed)] {
            let copy = try withView(scalar) { scalar in
                try withView(point) { try PrivateKey(algorithm, scalar: scalar, point: $0) }
            }
            #expect(try copy.der(.pkcs8) == key.der(.pkcs8))
        }
        for other in TestKeys.rsa.prefix(1) + [.ed25519] {
            let foreign = try TestKeys.pair(other)
            #expect(failure { try foreign.exposingECNumbers { _ in } } == .unsupportedOperation)
        }
    }

    @Test("An Ed25519 pair comes back as the same key")
    func ed25519Pair() throws {
        let key = try TestKeys.pair(.ed25519)
        let pair = try key.exposingEd25519Pair { (pair) throws(AsymmetricError) in pair.array }
        #expect(pair.count == 64 && key.publicKey.rawBytes == Array(pair[32...]))
        #expect(try withView(pair) { try PrivateKey(ed25519Pair: $0) }.der(.pkcs8) == key.der(.pkcs8))
        var other = pair
        other[63] ^= 1
        #expect(throws: AsymmetricError.pairMismatch) { try withView(other) { try PrivateKey(ed25519Pair: $0) } }
        for wrong in [[], Array(pair[..<31]), Array(pair[..<33]), pair] {
            #expect(throws: AsymmetricError.malformedKey) { try withView(wrong) { try PrivateKey(ed25519Seed: $0) } }
        }
        let foreign = try TestKeys.pair(.ecdsaP256)
        #expect(failure { try foreign.exposingEd25519Pair { _ in } } == .unsupportedOperation)
    }

    @Test("Two keys of one kind are not the same", arguments: TestKeys.curves + [.ed25519])
    func distinct(_ algorithm: AsymmetricAlgorithm) throws {
        #expect(try !TestKeys.pair(algorithm).publicKey.isSame(as: PrivateKey.generate(algorithm).publicKey))
    }

    @Test("The shape of each format is the documented one")
    func shapes() throws {
        let seed = (0..<32).map { UInt8($0) }
        let ed = try withView(seed) { try PrivateKey(ed25519Seed: $0) }
        #expect(try ed.der(.pkcs8) == bytes("302e020100300506032b657004220420") + seed)
        let raw = try #require(ed.publicKey.rawBytes)
        #expect(try ed.publicKey.subjectPublicKeyInfo == bytes("302a300506032b6570032100") + raw)
        let ec = try withView(seed) { try PrivateKey(.ecdsaP256, scalar: $0) }
        let point = try #require(ec.publicKey.rawBytes)
        let tail = try bytes("a144034200") + point
        let curve = try bytes("a00a06082a8648ce3d030107")
        let identifier = try bytes("301306072a8648ce3d020106082a8648ce3d030107")
        let inner = der(0x30, [2, 1, 1], der(4, seed), tail)
        #expect(try ec.der(.pkcs8) == der(0x30, [2, 1, 0], identifier, der(4, inner)))
        #expect(try ec.der(.traditional) == der(0x30, [2, 1, 1], der(4, seed), curve, tail))
        #expect(ec.publicKey.subjectPublicKeyInfo == der(0x30, identifier, der(3, [0], point)))
    }
}

extension String {
    func replacingOccurrences(_ old: String, _ new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
