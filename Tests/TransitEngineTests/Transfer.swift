import Bytes
import Foundation
import KeyRings
import Primitives
import Storage
import TestAids
import Testing
import Vocabulary

/// Keys that come from outside: how they are wrapped, and some that are always the same.
enum Transfer {
    /// One RSA pair for all tests: making one takes its time.
    private static let pair = try? PrivateKey.generate(.rsa2048)

    static func rsa() throws -> PrivateKey { try #require(pair) }

    /// Storage in which the mount's wrapping key is there already, shorter than real ones.
    static func storage() async throws -> InMemoryStorage {
        let storage = InMemoryStorage()
        try await plant(in: storage)
        return storage
    }

    /// Puts the wrapping key in.
    static func plant(in storage: any StorageBackend) async throws {
        var writer = RecordWriter(format: 1)
        try rsa().exposingDER(.pkcs8) { (der) throws(AsymmetricError) in writer.put(der) }
        var batch = WriteBatch()
        batch.put(StorageKey("mount/1/import/wrapping-key"), writer.record)
        try await storage.commit(batch)
    }

    /// The body of an import: key material under the wrapping key, and other members.
    static func body(_ material: [UInt8], _ more: String = "") throws -> String {
        let key = [UInt8](repeating: 0x42, count: 32)
        var blob = ByteWriter()
        let wrapping = try rsa().publicKey
        try withView(key) { key in
            _ = try blob.append(room: 256) { out in try wrapping.encrypt(key, .oaep(.sha2_256), into: out) }
            try withView(material) { material in
                _ = try blob.append(room: AESKeyWrap.wrappedLength(material.count)) { out in
                    try AESKeyWrap.wrap(material, key: key, into: out)
                }
            }
        }
        return #"{"ciphertext":"\#(ReferenceBase64.encode(blob.view.array))"\#(more)}"#
    }

    /// A P-256 pair of a scalar whose bytes are all the same.
    static func curve(_ byte: UInt8) throws -> PrivateKey {
        try withView([UInt8](repeating: byte, count: 32)) { (view) throws(AsymmetricError) in
            try PrivateKey(.ecdsaP256, scalar: view)
        }
    }

    /// The pair in PKCS #8.
    static func pkcs8(_ key: PrivateKey) throws -> [UInt8] {
        try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in der.array }
    }

    /// The public half in PEM, as it stands in a JSON string.
    static func pem(_ key: PrivateKey) -> String {
        var writer = ByteWriter()
        key.publicKey.appendPEM(to: &writer)
        return escaped(writer.view.string)
    }

    static func escaped(_ text: String) -> String { text.replacing("\n", with: "\\n") }

    /// A certificate of `curve(0x11)`, signed by itself, no authority. **Source** made once with OpenSSL 3.
    static let certificate = escaped(
        """
        -----BEGIN CERTIFICATE-----
        MIIBcTCCARigAwIBAgIUPR5nNBYrCNCP90NUfJSYNOmcYpcwCgYIKoZIzj0EAwIw
        DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjQwMDA1NThaGA8yMTI2MTAzMTAwMDU1
        OFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAIX
        5hfwtkQ5KCePlpmeaaI6TywVK99tbN9m5bgCgtTtGUp968uXcS0t2jyoWqh2Wlb0
        X8dYWZZS8ol8ZTBuV5SjUDBOMB0GA1UdDgQWBBQzymvF6SDmvsKhbOB6cOgoK81o
        0TAfBgNVHSMEGDAWgBQzymvF6SDmvsKhbOB6cOgoK81o0TAMBgNVHRMBAf8EAjAA
        MAoGCCqGSM49BAMCA0cAMEQCIG7+5phuCSZvxhIZjo8UPQt9SdoqS/C8//D90k3D
        Wy6SAiB+4iwXAN1whylMc47o4D2ZlfcjBtUw/UbDXEQiL+9iIw==
        -----END CERTIFICATE-----
        """)
}

/// A kind of key as its creator names it.
struct Kind: Sendable, CustomTestStringConvertible {
    let type: String
    let more: String
    var testDescription: String { type + more.filter { !"\"{}".contains($0) } }

    private init(_ type: String, _ more: String = "") { (self.type, self.more) = (type, more) }

    /// The parameters as members of a body, without braces.
    var members: String { #""type":"\#(type)""# + more }

    var keyType: KeyType { KeyType(rawValue: type) ?? .aes256GCM96 }

    /// Every type, of RSA the shortest.
    static let all: [Kind] = KeyType.allCases.flatMap { type -> [Kind] in
        switch type {
        case .rsa3072, .rsa4096: []
        case .mlDSA: ["65", "87"].map { Kind(type.rawValue, #","parameter_set":"\#($0)""#) }
        case .hybrid:
            ["ecdsa-p256", "ed25519"].map {
                Kind(
                    type.rawValue,
                    #","parameter_set":"65","hybrid_key_type_pqc":"ml-dsa","hybrid_key_type_ec":"\#($0)""#)
            }
        default: [Kind(type.rawValue)]
        }
    }
}

extension Bench {
    /// What export gives of a secret: the texts by version.
    func export(_ key: String, _ kind: KeyType, version: String = "") async throws -> [String: String] {
        let name =
            switch kind.family {
            case .cipher, .kem, .hmac: kind == .hmac ? "hmac-key" : "encryption-key"
            case .cmac: "cmac-key"
            case .pair, .postQuantum: "signing-key"
            }
        let end = version.isEmpty ? "" : "/" + version
        return try await call(.read, "export/\(name)/\(key)\(end)").members["keys"] as? [String: String] ?? [:]
    }

    /// Proves that two keys are the same one: what either made, the other understands.
    func expectSame(_ first: String, _ second: String, _ type: KeyType) async throws {
        for (left, right) in [(first, second), (second, first)] {
            if type.supportsEncryption {
                #expect(try await decrypt(right, encrypt(left)) == "aGVsbG8=")
            }
            if type.supportsSigning {
                let signature = try await write("sign/\(left)", #"{"input":"aGVsbG8="}"#)["signature"]
                #expect(try await verify(right, "signature", signature))
            }
            if case .cmac = type.family {
                let code = try await write("cmac/\(left)", #"{"input":"aGVsbG8="}"#)["cmac"]
                #expect(try await verify(right, "cmac", code))
            }
            if type == .hmac {
                let code = try await write("hmac/\(left)", #"{"input":"aGVsbG8="}"#)["hmac"]
                #expect(try await verify(right, "hmac", code))
            }
            if type.kem != nil {
                let made = try await write("encapsulate/\(left)")
                let opened = try await write("decapsulate/\(right)", #"{"ciphertext":"\#(made["ciphertext"])"}"#)
                #expect(!made["shared_secret"].isEmpty && opened["shared_secret"] == made["shared_secret"])
            }
        }
    }

    /// Verifies a proof of `hello`.
    @discardableResult
    func verify(_ key: String, _ member: String, _ proof: String) async throws -> Bool {
        let reply = try await write("verify/\(key)", #"{"input":"aGVsbG8=","\#(member)":"\#(proof)"}"#)
        return try #require(reply.members["valid"] as? Bool)
    }
}
