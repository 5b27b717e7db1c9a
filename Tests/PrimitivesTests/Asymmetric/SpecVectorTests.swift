import Bytes
import Primitives
import Testing

/// The deterministic vectors of the transit wire facts, §8.1.
@Suite("Vectors of the wire facts")
struct SpecVectorTests {
    private let key = (0..<32).map { UInt8($0) }

    @Test("Ed25519 signs as recorded from the incumbent")
    func ed25519() throws {
        let pair = try withView(key) { try PrivateKey(ed25519Seed: $0) }
        let signature = try pair.signature(Array("hello".utf8), .ed25519)
        #expect(
            base64(signature)
                == "4af8qUqDUSeIW5ni66cz1u5b9dxGPtg4Xrbx3KoRF8DxUXUKEPRvWzeWqRIDV49wLIXGfDNLVomlFihNSZ9xDw==")
    }

    @Test("Derived Ed25519 has the recorded public key and signature")
    func derivedEd25519() throws {
        let parent = try withView(key) { try PrivateKey(ed25519Seed: $0) }
        let material = try parent.exposingEd25519Pair { (pair) throws(AsymmetricError) in pair.array }
        var seed = [UInt8](repeating: 0, count: 32)
        try withView(material) { try HKDFKey(extractingSHA256: $0) }
            .expand(info: ByteView("abc"), count: 32, into: &seed)
        let pair = try withView(seed) { try PrivateKey(ed25519Seed: $0) }
        #expect(base64(try #require(pair.publicKey.rawBytes)) == "1JaXc+lEExVBA++Zij/lDeNgyXCEOGIlhtYkBzVFDCI=")
        #expect(
            base64(try pair.signature(Array("hello".utf8), .ed25519))
                == "Af/sC40qLRoD2sMor2dAjT7cNtbThBIEMsZhyWc1q4oASL14UVeEcjM+Gt07WYXFp1mX3ixuM9RaMxmYscpIBA==")
    }

    @Test("AES key wrap gives the recorded bytes, and RFC 5649's")
    func keyWrap() throws {
        let cases = [
            (key, Array(key[..<16]), "337e07dce17686cddfa15ea637c777e760ff617b002fe46b"),
            (key, Array(key[..<20]), "22d7fffc96b7adad9391ac9230d46b810e82e0f101f19e83e358f32ac9d407b6"),
            (
                try bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"),
                try bytes("c37b7e6492584340bed12207808941155068f738"),
                "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"
            ),
            (
                try bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"), try bytes("466f7250617369"),
                "afbeb0f07dfbf5419200f2ccb50bb24f"
            ),
        ]
        for (key, material, expected) in cases {
            let wrapped = try KeyWrapping.wrap(material, key: key)
            #expect(try wrapped == bytes(expected))
            #expect(try KeyWrapping.unwrap(wrapped, key: key) == material)
            for index in wrapped.indices {
                var altered = wrapped
                altered[index] ^= 0x40
                #expect(throws: CryptoError.authenticationFailed) { try KeyWrapping.unwrap(altered, key: key) }
            }
            for length in 0..<wrapped.count {
                #expect(throws: CryptoError.authenticationFailed) {
                    try KeyWrapping.unwrap(Array(wrapped[..<length]), key: key)
                }
            }
        }
    }

    @Test("Key wrap refuses nothing, and keys of other lengths")
    func keyWrapBounds() throws {
        #expect(throws: CryptoError.messageTooLong) { try KeyWrapping.wrap([], key: key) }
        for length in [0, 15, 17, 31, 33, 64] {
            let wrong = [UInt8](repeating: 1, count: length)
            #expect(throws: CryptoError.invalidKeyLength) { try KeyWrapping.wrap([1], key: wrong) }
            #expect(throws: CryptoError.invalidKeyLength) { try KeyWrapping.unwrap(wrong, key: wrong) }
        }
        let long = [UInt8](repeating: 7, count: 9001)
        #expect(try KeyWrapping.unwrap(KeyWrapping.wrap(long, key: key), key: key) == long)
    }

    @Test("ECDH and HKDF give the recorded secret and keys")
    func agreement() throws {
        let own = try withView([UInt8](repeating: 0x11, count: 32)) { try PrivateKey(.ecdsaP256, scalar: $0) }
        let peer = try withView([UInt8](repeating: 0x22, count: 32)) { try PrivateKey(.ecdsaP256, scalar: $0) }
        let secret = try own.sharedSecret(with: peer.publicKey)
        #expect(try secret == bytes("ccfc261f58193c98ca4ad4a53bbac6f0ee29bc4d48438090446908622ca79af6"))
        #expect(try peer.sharedSecret(with: own.publicKey) == secret)
        for count in [16, 32] {
            var derived = [UInt8](repeating: 0, count: count)
            try withView(secret) { try HKDFKey(extractingSHA256: $0) }
                .expand(info: .empty, count: count, into: &derived)
            let expected = try bytes("3ac897775b44cb5e33998817bde5678bd604ffabf6f393d8210ebcddc094c558")
            #expect(derived == Array(expected[..<count]))
        }
    }

    @Test("Agreement has the curve's width and refuses other curves and kinds", arguments: TestKeys.curves)
    func agreementKinds(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        // Enough rounds that some secret begins with a zero byte.
        for _ in 0..<(algorithm == .ecdsaP256 ? 600 : 20) {
            let peer = try PrivateKey.generate(algorithm)
            let secret = try key.sharedSecret(with: peer.publicKey)
            #expect(secret.count == algorithm.coordinateLength)
            #expect(try peer.sharedSecret(with: key.publicKey) == secret)
        }
        for other in AsymmetricAlgorithm.allCases where other != algorithm {
            let peer = try TestKeys.pair(other)
            #expect(throws: AsymmetricError.algorithmMismatch(own: algorithm, other: other)) {
                try key.sharedSecret(with: peer.publicKey)
            }
            if other.coordinateLength == nil {
                #expect(throws: AsymmetricError.unsupportedOperation) { try peer.sharedSecret(with: key.publicKey) }
            }
        }
    }

    private func base64(_ bytes: [UInt8]) -> String {
        withView(bytes) { view in
            var writer = ByteWriter()
            writer.append(base64: view)
            return writer.view.string
        }
    }
}
