import Bytes
import Foundation
import Primitives
import Testing

/// Project Wycheproof's cases for key pairs, key wrap and CMAC.
@Suite("Wycheproof for key pairs", .enabled(if: Wycheproof.isPresent))
struct SignatureWycheproofTests {
    @Test(
        "Every ECDSA case comes out as said, in both encodings",
        arguments: [
            ("secp256r1_sha256", AsymmetricAlgorithm.ecdsaP256, 484, 262),
            ("secp384r1_sha384", .ecdsaP384, 504, 280), ("secp521r1_sha512", .ecdsaP521, 542, 318),
        ])
    func ecdsa(_ name: String, _ algorithm: AsymmetricAlgorithm, _ der: Int, _ fixed: Int) throws {
        for (suffix, encoding, expected) in [("", SignatureEncoding.asn1, der), ("_p1363", .fixedWidth, fixed)] {
            var count = 0
            for group in try PairVectors.groups("ecdsa_\(name)\(suffix)") {
                let key = try publicKey(group)
                #expect(key.algorithm == algorithm)
                let digest = try #require(DigestAlgorithm(standardName: group.sha ?? ""))
                for item in group.tests {
                    count += 1
                    #expect(item.result != "acceptable")
                    let accepted = try verdict(key, item, digest.digest(bytes(item.msg)), .ecdsa(encoding))
                    #expect(accepted == (item.result == "valid"), "\(name)\(suffix) \(item.tcId) \(item.flags)")
                }
            }
            #expect(count == expected)
        }
    }

    @Test("Every Ed25519 case comes out as said")
    func ed25519() throws {
        var count = 0
        for group in try PairVectors.groups("ed25519") {
            let key = try publicKey(group)
            for item in group.tests {
                count += 1
                let accepted = try key.accepts(bytes(item.sig), of: bytes(item.msg), .ed25519)
                #expect(accepted == (item.result == "valid"), "\(item.tcId) \(item.flags)")
            }
        }
        #expect(count == 151)
    }

    /// `MissingNull`, DigestInfo without parameters, is marked acceptable; the library's answer is no.
    @Test(
        "Every PKCS #1 v1.5 case comes out as said, and DigestInfo without NULL is refused",
        arguments: ["rsa_signature_2048_sha256", "rsa_signature_2048_sha512"])
    func pkcs1(_ name: String) throws {
        var count = 0
        for group in try PairVectors.groups(name) {
            let key = try publicKey(group)
            let digest = try #require(DigestAlgorithm(standardName: group.sha ?? ""))
            for item in group.tests {
                count += 1
                #expect(item.result != "acceptable" || item.flags == ["MissingNull"])
                let accepted = try key.accepts(
                    bytes(item.sig), of: digest.digest(bytes(item.msg)), .rsaPKCS1(digest))
                #expect(accepted == (item.result == "valid"), "\(name) \(item.tcId) \(item.flags)")
            }
        }
        #expect(count == 259)
    }

    /// Cases with a salt of another length are invalid where it is given, and valid where it is found.
    @Test(
        "Every PSS case comes out as said, with the salt length given and found",
        arguments: [
            ("rsa_pss_2048_sha256_mgf1_32", 108), ("rsa_pss_2048_sha384_mgf1_48", 141),
            ("rsa_pss_3072_sha256_mgf1_32", 108),
        ])
    func pss(_ name: String, _ expected: Int) throws {
        var (count, others) = (0, 0)
        for group in try PairVectors.groups(name) {
            let key = try publicKey(group)
            let digest = try #require(DigestAlgorithm(standardName: group.sha ?? ""))
            let salt = try #require(group.sLen)
            for item in group.tests {
                count += 1
                let input = try digest.digest(bytes(item.msg))
                let isValid = item.result == "valid"
                let fixed = try key.accepts(bytes(item.sig), of: input, .rsaPSS(digest, salt: .bytes(salt)))
                #expect(fixed == isValid, "\(name) \(item.tcId) \(item.flags)")
                let found = try key.accepts(bytes(item.sig), of: input, .rsaPSS(digest, salt: .automatic))
                let hasOtherSalt = item.comment.hasPrefix("s_len changed")
                #expect(found == (isValid || hasOtherSalt), "\(name) \(item.tcId) \(item.comment)")
                others += hasOtherSalt ? 1 : 0
            }
        }
        #expect(count == expected)
        #expect(others >= 6)
    }

    /// Cases with a label are valid under that label, and ours is always empty.
    @Test(
        "Every OAEP case comes out as said, and a label that is not empty is refused",
        arguments: [("rsa_oaep_2048_sha1_mgf1sha1", 36), ("rsa_oaep_2048_sha256_mgf1sha256", 37)])
    func oaep(_ name: String, _ expected: Int) throws {
        var (count, opened) = (0, 0)
        for group in try PairVectors.groups(name) {
            let key = try withView(try bytes(group.privateKeyPkcs8)) { try PrivateKey(pkcs8: $0) }
            let digest = try #require(DigestAlgorithm(standardName: group.sha ?? ""))
            for item in group.tests {
                count += 1
                let (ciphertext, message) = (try bytes(item.ct), try bytes(item.msg))
                if item.result == "valid", item.label == "" {
                    opened += 1
                    #expect(try key.decrypted(ciphertext, .oaep(digest)) == message, "\(name) \(item.tcId)")
                } else {
                    #expect(throws: AsymmetricError.decryptionFailed, "\(name) \(item.tcId)") {
                        try key.decrypted(ciphertext, .oaep(digest))
                    }
                }
            }
        }
        #expect(count == expected)
        #expect(opened >= 10)
    }

    /// Of what is marked acceptable, compressed points are taken, broken DER and spelled-out curves are not.
    @Test("Every ECDH case comes out as said")
    func ecdh() throws {
        var count = 0
        for item in try PairVectors.groups("ecdh_secp256r1").flatMap(\.tests) {
            count += 1
            let key = try withView(try bytes(item.private)) { try PrivateKey(.ecdsaP256, scalar: $0) }
            let secret = try? withView(try bytes(item.public)) { try key.sharedSecret(with: PublicKey(spki: $0)) }
            let flags = Set(item.flags)
            if item.result == "valid" || flags.contains("CompressedPoint") && item.result == "acceptable" {
                #expect(try secret == bytes(item.shared), "\(item.tcId)")
            } else {
                #expect(secret == nil, "\(item.tcId) \(flags)")
                let refusable: Set = ["InvalidAsn", "UnnamedCurve"]
                #expect(item.result == "invalid" || !flags.isDisjoint(with: refusable), "\(item.tcId)")
            }
        }
        #expect(count == 612)
    }

    @Test("Every AES key wrap case comes out as said")
    func keyWrap() throws {
        var count = 0
        for item in try PairVectors.groups("aes_kwp").flatMap(\.tests) {
            count += 1
            let (key, message, wrapped) = (try bytes(item.key), try bytes(item.msg), try bytes(item.ct))
            if item.result == "valid" {
                #expect(try KeyWrapping.wrap(message, key: key) == wrapped, "\(item.tcId)")
                #expect(try KeyWrapping.unwrap(wrapped, key: key) == message, "\(item.tcId)")
            } else {
                #expect(throws: CryptoError.authenticationFailed, "\(item.tcId)") {
                    try KeyWrapping.unwrap(wrapped, key: key)
                }
            }
        }
        #expect(count == 254)
    }

    @Test("Every AES-CMAC case comes out as said")
    func cmac() throws {
        var count = 0
        for group in try PairVectors.groups("aes_cmac") {
            for item in group.tests {
                count += 1
                let material = try bytes(item.key)
                let make = { try withView(material) { try CMACKey(SecretBytes(copying: $0)) } }
                if item.flags.contains("InvalidKeySize") {
                    #expect(throws: CryptoError.invalidKeyLength) { _ = try make() }
                    continue
                }
                let key = try make()
                var code = [UInt8](repeating: 0, count: CMACKey.codeLength)
                try withView(try bytes(item.msg)) { try key.authenticate($0, into: &code) }
                #expect(try (code == bytes(item.tag)) == (item.result == "valid"), "\(item.tcId)")
            }
        }
        #expect(count == 311)
    }

    private func publicKey(_ group: PairVectors.Group) throws -> PublicKey {
        try withView(try bytes(group.publicKeyDer)) { try PublicKey(spki: $0) }
    }

    /// False also for a signature that is not even DER; every other error fails the test.
    private func verdict(
        _ key: PublicKey, _ item: PairVectors.Case, _ digest: [UInt8], _ scheme: SignatureScheme
    ) throws -> Bool {
        do {
            return try key.accepts(bytes(item.sig), of: digest, scheme)
        } catch AsymmetricError.malformedSignature {
            return false
        } catch AsymmetricError.signatureTrailingData {
            return false
        }
    }
}

/// Key wrapping on arrays.
enum KeyWrapping {
    static func wrap(_ material: [UInt8], key: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: AESKeyWrap.wrappedLength(material.count))
        let length = try withView(material) { material in
            try withView(key) { try AESKeyWrap.wrap(material, key: $0, into: &output) }
        }
        return Array(output[..<length])
    }

    static func unwrap(_ wrapped: [UInt8], key: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: wrapped.count + 8)
        defer { precondition(output[wrapped.count...].allSatisfy { $0 == 0xAA }, "wrote past the room") }
        let length = try withView(wrapped) { wrapped in
            try withView(key) { try AESKeyWrap.unwrap(wrapped, key: $0, into: &output) }
        }
        return Array(output[..<length])
    }
}

/// Wycheproof's files with the members that key pairs need.
enum PairVectors {
    private struct File: Decodable { let testGroups: [Group] }

    struct Group: Decodable {
        let publicKeyDer: String?
        let privateKeyPkcs8: String?
        let sha: String?
        let sLen: Int?
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let result: String
        let flags: [String]
        let comment: String
        let key: String?
        let msg: String?
        let sig: String?
        let ct: String?
        let tag: String?
        let label: String?
        let `public`: String?
        let `private`: String?
        let shared: String?
    }

    static func groups(_ name: String) throws -> [Group] {
        try JSONDecoder().decode(File.self, from: data(name)).testGroups
    }

    static func data(_ name: String) throws -> Data {
        let shared = ProcessInfo.processInfo.environment["STRONGROOM_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = VectorFile.root.deletingLastPathComponent().appendingPathComponent("shared")
        return try Data(contentsOf: (shared ?? beside).appendingPathComponent("wycheproof/\(name)_test.json"))
    }
}
