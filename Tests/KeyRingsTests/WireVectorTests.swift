import Bytes
import Foundation
import KeyRings
import Primitives
import TestAids
import Testing

/// The deterministic vectors of the wire facts, §8.1.
@Suite("Wire vectors")
struct WireVectorTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let id: Int
        let `case`: String
        let type: String
        let expected: String
        let key: String?
        let context: String?
        let length: Int?
        let nonce: String?
        let aad: String?
        let plaintext: String?
        let algorithm: String?
        let hmacKey: String?
        let input: String?
        let publicKey: String?
        let peer: String?
        let shared: String?

        var testDescription: String { "\(id) \(self.case) \(type)" }

        func bytes(_ member: KeyPath<Case, String?>) throws -> [UInt8] {
            let text = try #require(self[keyPath: member])
            return try #require(Hex.decode(text))
        }
    }

    private struct File: Decodable { let cases: [Case] }

    static func cases(_ kind: String) throws -> [Case] {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: folder.appending(path: "Vectors/transit-wire/transit.json"))
        return try decoder.decode(File.self, from: data).cases.filter { $0.case == kind }
    }

    @Test("The file holds every kind of vector that is in scope")
    func census() throws {
        for (kind, count) in [
            ("hkdf", 1), ("counter-kdf", 1), ("convergent-v3", 3), ("plain", 2), ("hmac", 2), ("sign", 1),
            ("sign-derived", 1), ("ecdh", 1),
        ] {
            #expect(try Self.cases(kind).count == count, "\(kind)")
        }
    }

    @Test("Derivation gives the bytes of the vectors", arguments: try cases("hkdf"))
    func derivation(_ vector: Case) throws {
        let length = try #require(vector.length)
        let key = try withView(try vector.bytes(\.key)) { (view) throws(CryptoError) in
            try HKDFKey(extractingSHA256: view)
        }
        var output = [UInt8](repeating: 0, count: length)
        try withView(try vector.bytes(\.context)) { (view) throws(CryptoError) in
            try key.expand(info: view, count: length, into: &output)
        }
        #expect(withView(output) { Hex.encode($0) } == vector.expected)
    }

    @Test(
        "Convergent encryption gives the ciphertext of the incumbent, and opens it",
        arguments: try cases("convergent-v3"))
    func convergent(_ vector: Case) throws {
        let type = try #require(KeyType(rawValue: vector.type))
        let ring = try ring(type, derived: true, convergent: true, key: vector.bytes(\.key))
        let (context, plaintext) = (try vector.bytes(\.context), try vector.bytes(\.plaintext))
        #expect(try ring.sealed(plaintext, context: context) == vector.expected)
        #expect(try ring.opened(vector.expected, context: context) == plaintext)
    }

    @Test("Ciphertexts of the incumbent under a known nonce decrypt", arguments: try cases("plain"))
    func plain(_ vector: Case) throws {
        let type = try #require(KeyType(rawValue: vector.type))
        let ring = try ring(type, key: vector.bytes(\.key))
        let data = try vector.bytes(\.aad)
        #expect(try ring.opened(vector.expected, data: data) == vector.bytes(\.plaintext))
        let spelled = vector.expected.replacing("vault:v1:", with: "vault:v+01:")
        #expect(try ring.opened(spelled, data: data) == vector.bytes(\.plaintext))
    }

    @Test("HMACs are those of the incumbent", arguments: try cases("hmac"))
    func hmac(_ vector: Case) throws {
        let type = try #require(KeyType(rawValue: vector.type))
        let algorithmName = try #require(vector.algorithm)
        let algorithm = try #require(DigestAlgorithm(wireName: algorithmName))
        let version = try keyVersion(
            KeySettings(type: type), key: [UInt8](repeating: 1, count: type.keyLength),
            hmacKey: vector.bytes(\.hmacKey))
        for _ in 0..<2 {
            var output = ByteWriter()
            try withView(try vector.bytes(\.input)) { (view) throws(KeyRingError) in
                try version.appendHMAC(algorithm, of: view, to: &output)
            }
            #expect(output.view.string == vector.expected)
        }
    }

    @Test(
        "Rings derive the keys of the vectors: HKDF by themselves, counter mode where they were imported",
        arguments: try cases("hkdf") + cases("counter-kdf"))
    func derivedRing(_ vector: Case) throws {
        var settings = KeySettings(type: try #require(KeyType(rawValue: vector.type)))
        settings.isDerived = true
        if vector.case == "counter-kdf" { (settings.isImported, settings.derivation) = (true, .counterHMAC) }
        let ring = try ring(settings, key: vector.bytes(\.key))
        let expected = try #require(Hex.decode(vector.expected))
        let plain = try KeyRingsTests.ring(settings.type, key: Array(expected.prefix(32)))
        let message = Array("hello".utf8)
        #expect(try plain.opened(ring.sealed(message, context: vector.bytes(\.context))) == message)
        #expect(try ring.opened(plain.sealed(message), context: vector.bytes(\.context)) == message)
    }

    @Test("Ed25519 signatures are those of the incumbent", arguments: try cases("sign") + cases("sign-derived"))
    func signatures(_ vector: Case) throws {
        let pair = try withView(vector.bytes(\.key)) { (view) throws(AsymmetricError) in
            try PairMaterial(PrivateKey(ed25519Seed: view))
        }
        var settings = KeySettings(type: try #require(KeyType(rawValue: vector.type)))
        settings.isDerived = vector.case == "sign-derived"
        let ring = try ring(settings, key: pair.exposingSecret { $0.array })
        let context = settings.isDerived ? try vector.bytes(\.context) : []
        let input = try vector.bytes(\.input)
        let (text, key) = try ring.signatureAndKey(input, SignatureRequest(), context: context)
        #expect(text == vector.expected)
        #expect(key.map { ReferenceBase64.encode($0) } == vector.publicKey)
        #expect(try ring.accepts(vector.expected, input, context: context))
    }

    @Test("Agreement gives the secret and the key of the vectors", arguments: try cases("ecdh"))
    func agreement(_ vector: Case) throws {
        let (own, peer) = (try Self.pair(vector, \.key), try Self.pair(vector, \.peer))
        for (left, right) in [(own, peer), (peer, own)] {
            var output = [UInt8](repeating: 0, count: try #require(vector.length))
            let shared = try left.exposingSharedSecret(with: right.publicKey) { (secret) throws(AsymmetricError) in
                secret.array
            }
            #expect(withView(shared) { Hex.encode($0) } == vector.shared)
            let key = try withView(shared) { (view) throws(CryptoError) in try HKDFKey(extractingSHA256: view) }
            try key.expand(info: .empty, count: output.count, into: &output)
            #expect(withView(output) { Hex.encode($0) } == vector.expected)
        }
    }

    private static func pair(_ vector: Case, _ scalar: KeyPath<Case, String?>) throws -> PrivateKey {
        try withView(vector.bytes(scalar)) { (view) throws(AsymmetricError) in
            try PrivateKey(.ecdsaP256, scalar: view)
        }
    }
}
