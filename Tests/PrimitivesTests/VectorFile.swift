import Bytes
import Foundation
import Testing

/// A file of test vectors from this repository's `Vectors` folder; its README describes the format.
struct VectorFile {
    let algorithm: String
    let kind: String
    let cases: [VectorCase]

    private struct Content: Decodable {
        let algorithm: String
        let kind: String
        let cases: [VectorCase]
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every file of a kind, from every origin.
    static func all(kind: String) throws -> [VectorFile] {
        let folder = root.appendingPathComponent("Vectors").resolvingSymlinksInPath()
        let names = try #require(FileManager.default.enumerator(atPath: folder.path))
        var files: [VectorFile] = []
        for case let name as String in names where name.hasSuffix(".json") {
            let data = try Data(contentsOf: folder.appendingPathComponent(name))
            // Other kinds have members of other types.
            let head = try JSONDecoder().decode(Head.self, from: data)
            guard head.kind == kind else { continue }
            let content = try JSONDecoder().decode(Content.self, from: data)
            files.append(VectorFile(algorithm: content.algorithm, kind: kind, cases: content.cases))
        }
        return files.sorted { $0.algorithm < $1.algorithm }
    }

    private struct Head: Decodable { let kind: String }
}

/// One case, with the members of its kind; bytes are hex.
struct VectorCase: Decodable, Sendable {
    let id: Int
    let key: String?
    let nonce: String?
    let aad: String?
    let plaintext: String?
    let ciphertext: String?
    let tag: String?
    let valid: Bool?
    let message: String?
    let digest: String?
    let ikm: String?
    let salt: String?
    let info: String?
    let okm: String?
    let subkey: String?
    let iterations: Int?
    let seed: String?
    let context: String?
    let signature: String?
    let secret: String?
    let mode: Int?
    let kem: UInt16?
    let kdf: UInt16?
    let aead: UInt16?
    let psk: String?

    private enum CodingKeys: String, CodingKey {
        case id, key, nonce, aad, plaintext, ciphertext, tag, valid, message, digest, ikm, salt, info, okm, subkey
        case iterations, seed, context, signature, secret, mode, kem, kdf, aead, psk, `public`
        case publicKey = "public_key"
        case privateKey = "private_key"
        case encapsulatedKey = "encapsulated_key"
        case pskID = "psk_id"
    }

    let publicKey: String?
    let privateKey: String?
    let encapsulatedKey: String?
    let pskID: String?
    let `public`: String?
}

/// The bytes that hex spells; fails the test when it is none.
func bytes(_ hex: String?, _ location: SourceLocation = #_sourceLocation) throws -> [UInt8] {
    let text = try #require(hex, sourceLocation: location)
    return try #require(Hex.decode(text), sourceLocation: location)
}
