import Bytes
import Foundation
import Primitives
import Testing

/// Project Wycheproof's cases, where its files lie beside the repository or in `STRONGROOM_SHARED`.
@Suite("Wycheproof", .enabled(if: Wycheproof.isPresent))
struct WycheproofTests {
    @Test(
        "Every case of the AEAD files with our sizes comes out as said",
        arguments: [
            ("aes_gcm", AEADAlgorithm.aes128GCM, 66), ("aes_gcm", .aes256GCM, 66),
            ("chacha20_poly1305", .chacha20Poly1305, 250), ("xchacha20_poly1305", .xchacha20Poly1305, 250),
            ("aes_gcm_siv", .aes256GCMSIV, 90),
        ])
    func ciphers(_ file: String, _ algorithm: AEADAlgorithm, _ least: Int) throws {
        var count = 0
        for group in try Wycheproof.groups(file) {
            guard group.keySize == algorithm.keyLength * 8, group.ivSize == algorithm.nonceLength * 8,
                group.tagSize == 128
            else { continue }
            for item in group.tests {
                count += 1
                let (nonce, aad, message) = (try bytes(item.iv), try bytes(item.aad), try bytes(item.msg))
                let sealed = try nonce + bytes(item.ct) + bytes(item.tag)
                for shape in Shape.allCases {
                    let cipher = try Cipher(algorithm, shape, key: bytes(item.key))
                    let opened = cipher.open(sealed, aad: aad)
                    if item.result == "invalid" {
                        #expect(opened.result == .failure(.authenticationFailed), "\(file) \(item.tcId)")
                        #expect(opened.output.allSatisfy { $0 == 0 }, "\(file) \(item.tcId)")
                    } else {
                        #expect(opened.result == .success(message), "\(file) \(item.tcId)")
                        #expect(try cipher.seal(message, nonce: nonce, aad: aad) == sealed, "\(file) \(item.tcId)")
                    }
                }
            }
        }
        #expect(count >= least)
    }

    @Test(
        "Every case of the HMAC files comes out as said",
        arguments: [
            ("hmac_sha256", DigestAlgorithm.sha2_256), ("hmac_sha384", .sha2_384), ("hmac_sha512", .sha2_512),
        ])
    func codes(_ file: String, _ algorithm: DigestAlgorithm) throws {
        var count = 0
        for group in try Wycheproof.groups(file) {
            for item in group.tests {
                count += 1
                let (expected, isValid) = (try bytes(item.tag), item.result != "invalid")
                for code in try DigestVectorTests.codes(algorithm, key: bytes(item.key), bytes(item.msg)) {
                    #expect((Array(code.prefix(expected.count)) == expected) == isValid, "\(file) \(item.tcId)")
                }
            }
        }
        #expect(count >= 170)
    }

    @Test("Every case of the HKDF file comes out as said")
    func derivations() throws {
        var count = 0
        for item in try Wycheproof.groups("hkdf_sha256").flatMap(\.tests) {
            count += 1
            let length = try #require(item.size)
            let key = try withView(try bytes(item.ikm)) { material in
                try withView(try bytes(item.salt)) { try HKDFKey(extractingSHA256: material, salt: $0) }
            }
            var derived = [UInt8](repeating: 0, count: length)
            let expand = { (info: ByteView) in try key.expand(info: info, count: length, into: &derived) }
            if item.result == "invalid" {
                #expect(throws: CryptoError.messageTooLong) { try withView(try bytes(item.info)) { try expand($0) } }
            } else {
                try withView(try bytes(item.info)) { try expand($0) }
                #expect(derived == (try bytes(item.okm)), "\(item.tcId)")
            }
        }
        #expect(count >= 80)
    }
}

enum Wycheproof {
    private static var folder: URL {
        let shared = ProcessInfo.processInfo.environment["STRONGROOM_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = VectorFile.root.deletingLastPathComponent().appendingPathComponent("shared")
        return (shared ?? beside).appendingPathComponent("wycheproof")
    }

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func groups(_ name: String) throws -> [Group] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name + "_test.json"))
        return try JSONDecoder().decode(File.self, from: data).testGroups
    }

    private struct File: Decodable { let testGroups: [Group] }

    struct Group: Decodable {
        let keySize: Int?
        let ivSize: Int?
        let tagSize: Int?
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let result: String
        let key: String?
        let iv: String?
        let aad: String?
        let msg: String?
        let ct: String?
        let tag: String?
        let ikm: String?
        let salt: String?
        let info: String?
        let size: Int?
        let okm: String?
    }
}
