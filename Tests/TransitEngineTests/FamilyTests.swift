import Foundation
import KeyRings
import Primitives
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Families of commands")
struct FamilyTests {
    private static func bench() async throws -> Bench { try await Bench(Transfer.storage()) }

    @Test("A key of every type is created, read, rotated and does what its type can", arguments: Kind.all)
    func lifecycle(_ kind: Kind) async throws {
        let bench = try await Self.bench()
        try await bench.write("keys/k", "{\(kind.members)}")
        try await bench.write("keys/k/rotate")
        let key = try await bench.read("k")
        #expect(key["type"] == kind.type && key.int("latest_version") == 2)
        #expect((key.members["keys"] as? [String: Any])?.count == 2)
        let type = kind.keyType
        #expect(key.members["supports_encryption"] as? Bool == type.supportsEncryption)
        #expect(key.members["supports_signing"] as? Bool == type.supportsSigning)
        try await bench.expectSame("k", "k", type)
        if !type.supportsEncryption { #expect(await fault { try await bench.encrypt("k") } != nil) }
        if !type.supportsSigning {
            #expect(await fault { try await bench.write("sign/k", #"{"input":"aGVsbG8="}"#) } != nil)
        }
        if type.kem == nil { #expect(await fault { try await bench.write("encapsulate/k") } != nil) }
        if type.supportsHMAC {
            let code = try await bench.write("hmac/k", #"{"input":"aGVsbG8="}"#)["hmac"]
            #expect(code.hasPrefix("vault:v2:"))
            #expect(try await bench.verify("k", "hmac", code))
        }
    }

    @Test("What byok-export wraps, import takes, for every type", arguments: Kind.all)
    func transport(_ kind: Kind) async throws {
        let bench = try await Self.bench()
        let pem = Transfer.escaped(try await bench.call(.read, "wrapping_key")["public_key"])
        try await bench.write("keys/carrier/import", #"{"type":"rsa-2048","public_key":"\#(pem)"}"#)
        try await bench.write("keys/k", #"{\#(kind.members),"exportable":true}"#)
        try await bench.write("keys/k/rotate")
        let wrapped = try await bench.call(.read, "byok-export/carrier/k").members["keys"] as? [String: String] ?? [:]
        #expect(wrapped.count == 2)
        let first = try #require(wrapped["1"])
        let second = try #require(wrapped["2"])
        try await bench.write("keys/copy/import", #"{"ciphertext":"\#(first)","exportable":true,\#(kind.members)}"#)
        try await bench.write("keys/copy/import_version", #"{"ciphertext":"\#(second)"}"#)
        #expect(try await bench.export("copy", kind.keyType) == bench.export("k", kind.keyType))
        #expect(try await bench.read("copy").members["imported_key"] as? Bool == true)
        try await bench.expectSame("k", "copy", kind.keyType)
    }

    @Test("A backup comes back as the same key, for every type", arguments: Kind.all)
    func backup(_ kind: Kind) async throws {
        let bench = try await Self.bench()
        try await bench.write("keys/k", #"{\#(kind.members),"exportable":true,"allow_plaintext_backup":true}"#)
        try await bench.write("keys/k/rotate")
        let blob = try await bench.call(.read, "backup/k")["backup"]
        try await bench.write("restore/copy", #"{"backup":"\#(blob)"}"#)
        #expect(try await bench.export("copy", kind.keyType) == bench.export("k", kind.keyType))
        try await bench.expectSame("k", "copy", kind.keyType)
        if kind.keyType.supportsHMAC {
            let code = try await bench.write("hmac/k", #"{"input":"aGVsbG8="}"#)["hmac"]
            #expect(try await bench.verify("copy", "hmac", code))
        }
        #expect(await fault { try await bench.write("restore/copy", #"{"backup":"\#(blob)"}"#) } != nil)
        try await bench.write("restore/copy", #"{"backup":"\#(blob)","force":true}"#)
        try await bench.expectSame("k", "copy", kind.keyType)
    }

    @Test("A batch of signatures and of MACs is verified as it was made")
    func batches() async throws {
        let bench = try await Self.bench()
        try await bench.write("keys/s", #"{"type":"ecdsa-p256"}"#)
        try await bench.write("keys/m", #"{"type":"aes256-cmac"}"#)
        for (path, member) in [("sign/s", "signature"), ("hmac/s", "hmac"), ("cmac/m", "cmac")] {
            let items = (0..<20).map { #"{"input":"\#(ReferenceBase64.encode([UInt8($0)]))"}"# }
            let body = #"{"batch_input":[\#(items.joined(separator: ","))]}"#
            let made = try await bench.call(.write, path, body, fansOut: true).results
            #expect(made.count == 20)
            let proofs = zip(items, made).map { item, result in
                item.dropLast() + #","\#(member)":"\#(result[member] as? String ?? "")"}"#
            }
            let name = path.hasSuffix("m") ? "m" : "s"
            let checked = try await bench.write(
                "verify/\(name)", #"{"batch_input":[\#(proofs.joined(separator: ","))]}"#
            ).results
            #expect(checked.count == 20 && checked.allSatisfy { $0["valid"] as? Bool == true }, "\(path)")
            let others = proofs.map { $0.replacing(#""input":"AA==""#, with: #""input":"AQ==""#) }
            let crossed = try await bench.write(
                "verify/\(name)", #"{"batch_input":[\#(others.joined(separator: ","))]}"#
            ).results
            // A MAC that does not fit leaves `valid` out.
            #expect(crossed.first?["valid"] as? Bool != true && crossed.last?["valid"] as? Bool == true)
        }
    }

    @Test("A CMAC may be cut, and is verified in the length that was asked for")
    func shortCMAC() async throws {
        let bench = try await Self.bench()
        try await bench.write("keys/m", #"{"type":"aes128-cmac"}"#)
        let code = try await bench.write("cmac/m/8", #"{"input":"aGVsbG8="}"#)["cmac"]
        let proof = #"{"input":"aGVsbG8=","cmac":"\#(code)""#
        #expect(try await bench.write("verify/m", proof + #","mac_length":8}"#).members["valid"] as? Bool == true)
        #expect(try await bench.write("verify/m", proof + "}").members["valid"] as? Bool == false)
        #expect(await fault { try await bench.write("cmac/m/17", #"{"input":"aGVsbG8="}"#) } != nil)
        #expect(await fault { try await bench.write("hmac/m", #"{"input":"aGVsbG8="}"#) } != nil)
    }

    @Test("Both sides of an agreement get the key of the wire vectors, and a second agreement a second version")
    func agreement() async throws {
        let storage = try await Transfer.storage()
        let bench = try await Bench(storage)
        let (own, peer) = (try Transfer.curve(0x11), try Transfer.curve(0x22))
        for (name, key) in [("own", own), ("peer", peer)] {
            try await bench.write(
                "keys/\(name)/import", Transfer.body(try Transfer.pkcs8(key), #","type":"ecdsa-p256""#))
        }
        try await bench.write(
            "derive-key/left", #"{"base_key_name":"own","peer_public_key":"\#(Transfer.pem(peer))"}"#)
        try await bench.write(
            "derive-key/right", #"{"base_key_name":"peer","peer_public_key":"\#(Transfer.pem(own))"}"#)
        try await bench.expectSame("left", "right", .aes256GCM96)
        for name in ["left", "right"] {
            try await bench.write("keys/\(name)/config", #"{"exportable":true}"#)
            #expect(
                try await bench.export(name, .aes256GCM96) == ["1": "OsiXd1tEy14zmYgXveVni9YE/6v285PYIQ683cCUxVg="])
        }
        let text = try await bench.encrypt("left")
        let third = try Transfer.curve(0x33)
        try await bench.write(
            "derive-key/left", #"{"base_key_name":"own","peer_public_key":"\#(Transfer.pem(third))"}"#)
        #expect(try await bench.read("left").int("latest_version") == 2)
        for bench in [bench, try await Bench(storage)] {
            #expect(try await bench.decrypt("left", text) == "aGVsbG8=")
            #expect(try await bench.decrypt("left", bench.encrypt("left")) == "aGVsbG8=")
            #expect(try await bench.decrypt("left", bench.encrypt("left", #","key_version":1"#)) == "aGVsbG8=")
        }
        #expect(try await bench.usage("left") == 3)
    }

    @Test("HPKE seals to a key what only it opens, with the same info and associated data")
    func hpke() async throws {
        let bench = try await Self.bench()
        for type in ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ml-kem-768", "ml-kem-1024", "x-wing"] {
            try await bench.write("keys/\(type)", #"{"type":"\#(type)"}"#)
            let bound = #","info":"YWJj","associated_data":"YWFk""#
            let text = try await bench.write("hpke/seal/\(type)", #"{"plaintext":"aGVsbG8="\#(bound)}"#)["ciphertext"]
            let open = #"{"ciphertext":"\#(text)""#
            #expect(try await bench.write("hpke/open/\(type)", "\(open)\(bound)}")["plaintext"] == "aGVsbG8=")
            for other in ["", #","info":"YWJj""#, #","associated_data":"YWFk""#] {
                #expect(await fault { try await bench.write("hpke/open/\(type)", "\(open)\(other)}") } != nil)
            }
            #expect(
                await fault { try await bench.write("hpke/open/\(type)", #"{"ciphertext":"vault:v1:AAAA"}"#) } != nil)
        }
        try await bench.write("keys/aes")
        #expect(await fault { try await bench.write("hpke/seal/aes", #"{"plaintext":"aGVsbG8="}"#) } != nil)
    }

    @Test("Data keys and derived keys come in plaintext and wrapped, and the wrapped ones hold the same keys")
    func keyLists() async throws {
        let bench = try await Self.bench()
        try await bench.write("keys/k")
        let single = try await bench.write("datakey/plaintext/k")
        #expect(try await bench.decrypt("k", single["ciphertext"]) == single["plaintext"])
        let many = try await bench.write("datakeys/plaintext/k", #"{"count":20}"#)
        #expect(many.text.components(separatedBy: "vault:v1:").count == 21)
        let body = #"{"salt":"c2FsdA==","info":"aW5mbw==","key_index_from":3,"key_index_to":6}"#
        let first = try await bench.write("derivedkeys/plaintext/k", body)
        let again = try await bench.write("derivedkeys/plaintext/k", body)
        let keys = Self.strings(first.members, "plaintext")
        #expect(keys.count == 3 && Set(keys).count == 3)
        #expect(Self.strings(again.members, "plaintext") == keys)
        let wrapped = Self.strings(try await bench.write("derivedkeys/wrapped/k", body).members, "ciphertext")
        #expect(wrapped.count == 3)
        for (key, text) in zip(keys, wrapped) { #expect(try await bench.decrypt("k", text) == key) }
        let shifted = try await bench.write(
            "derivedkeys/plaintext/k", body.replacing(":3,", with: ":4,").replacing(":6", with: ":7"))
        #expect(Array(Self.strings(shifted.members, "plaintext").prefix(2)) == Array(keys.suffix(2)))
        let other = try await bench.write("derivedkeys/plaintext/k", body.replacing("c2FsdA==", with: "c2FsdQ=="))
        #expect(Set(Self.strings(other.members, "plaintext") + keys).count == 6)
    }

    // Every text under that name, however deep, in order.
    private static func strings(_ value: Any, _ name: String) -> [String] {
        if let list = value as? [Any] { return list.flatMap { strings($0, name) } }
        guard let members = value as? [String: Any] else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, value in
            key == name ? (value as? String).map { [$0] } ?? [] : strings(value, name)
        }
    }

    @Test("A version that is switched off encrypts, decrypts, signs and verifies nothing until it is on again")
    func disabling() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        try await bench.write("keys/k")
        try await bench.write("keys/s", #"{"type":"ed25519"}"#)
        let text = try await bench.encrypt("k")
        let signature = try await bench.write("sign/s", #"{"input":"aGVsbG8="}"#)["signature"]
        for key in ["k", "s"] {
            #expect(await fault { try await bench.write("keys/\(key)/config", #"{"disabled_versions":[1]}"#) } != nil)
            try await bench.write("keys/\(key)/rotate")
            for bad in ["[0]", "[2]", "[3]", "[-1]", #"["x"]"#, "[1.5]", "[[1]]", #""1,x""#, "{}"] {
                let body = #"{"disabled_versions":\#(bad)}"#
                #expect(await fault { try await bench.write("keys/\(key)/config", body) } != nil, "\(bad)")
            }
            try await bench.write("keys/\(key)/config", #"{"disabled_versions":[1]}"#)
        }
        for bench in [bench, try await Bench(storage)] {
            #expect(try await bench.read("k").members["disabled_versions"] as? [Int] == [1])
            #expect(await fault { try await bench.decrypt("k", text) } != nil)
            #expect(await fault { try await bench.encrypt("k", #","key_version":1"#) } != nil)
            #expect(await fault { try await bench.verify("s", "signature", signature) } != nil)
            #expect(try await bench.decrypt("k", bench.encrypt("k")) == "aGVsbG8=")
        }
        for key in ["k", "s"] { try await bench.write("keys/\(key)/config", #"{"disabled_versions":[]}"#) }
        #expect(try await bench.decrypt("k", text) == "aGVsbG8=")
        #expect(try await bench.verify("s", "signature", signature))
    }

    @Test("A signing request is made for pairs, and a chain set only where its leaf is the version's")
    func certificates() async throws {
        let bench = try await Self.bench()
        let material = try Transfer.pkcs8(Transfer.curve(0x11))
        try await bench.write("keys/c/import", Transfer.body(material, #","type":"ecdsa-p256""#))
        #expect(try await bench.write("keys/c/csr")["csr"].contains("CERTIFICATE REQUEST"))
        let body = #"{"certificate_chain":"\#(Transfer.certificate)"}"#
        try await bench.write("keys/c/set-certificate", body)
        let chain = try await bench.call(.read, "export/certificate-chain/c").members["keys"] as? [String: String]
        #expect(chain.map { Transfer.escaped($0["1"] ?? "") } == Transfer.certificate)
        try await bench.write("keys/other", #"{"type":"ecdsa-p256"}"#)
        #expect(await fault { try await bench.write("keys/other/set-certificate", body) } != nil)
        try await bench.write("keys/aes")
        #expect(await fault { try await bench.write("keys/aes/csr") } != nil)
        #expect(await fault { try await bench.write("keys/aes/set-certificate", body) } != nil)
    }

    @Test("An imported public half verifies, and is completed by its private half and no other")
    func completion() async throws {
        let storage = try await Transfer.storage()
        let bench = try await Bench(storage)
        let (own, other) = (try Transfer.curve(0x11), try Transfer.curve(0x22))
        try await bench.write("keys/k/import", #"{"type":"ecdsa-p256","public_key":"\#(Transfer.pem(own))"}"#)
        let sign = #"{"input":"aGVsbG8="}"#
        #expect(await fault { try await bench.write("sign/k", sign) } != nil)
        let wrong = try Transfer.body(Transfer.pkcs8(other), #","version":1"#)
        #expect(await fault { try await bench.write("keys/k/import_version", wrong) } != nil)
        try await bench.write("keys/k/import_version", Transfer.body(Transfer.pkcs8(own), #","version":1"#))
        #expect(try await bench.read("k").int("latest_version") == 1)
        let signature = try await bench.write("sign/k", sign)["signature"]
        for bench in [bench, try await Bench(storage)] {
            #expect(try await bench.verify("k", "signature", signature))
            #expect(try await bench.write("sign/k", sign)["signature"].hasPrefix("vault:v1:"))
        }
        try await bench.write("keys/k/import_version", Transfer.body(Transfer.pkcs8(other)))
        #expect(try await bench.read("k").int("latest_version") == 2)
        #expect(try await bench.verify("k", "signature", signature))
    }

    @Test("Bodies with changed bytes are answered or refused, and never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bench = try await Self.bench()
        for (name, type) in [("k", "aes256-gcm96"), ("s", "ecdsa-p256"), ("m", "aes256-cmac"), ("x", "x-wing")] {
            let body = #"{"type":"\#(type)","exportable":true,"allow_plaintext_backup":true}"#
            try await bench.write("keys/\(name)", body)
        }
        let pem = try Transfer.pem(Transfer.curve(0x11))
        let blob = try await bench.call(.read, "backup/s")["backup"]
        let sealed = try await bench.write("hpke/seal/x", #"{"plaintext":"aGVsbG8="}"#)["ciphertext"]
        let signature = try await bench.write("sign/s", #"{"input":"aGVsbG8="}"#)["signature"]
        let calls: [(String, String)] = [
            ("sign/s", #"{"batch_input":[{"input":"aGVsbG8="},{"input":"AA=="}],"hash_algorithm":"sha2-512"}"#),
            ("sign/s/sha2-256", #"{"input":"aGVsbG8=","marshaling_algorithm":"jws","prehashed":true}"#),
            ("verify/s", #"{"input":"aGVsbG8=","signature":"\#(signature)","salt_length":"auto"}"#),
            ("cmac/m", #"{"input":"aGVsbG8=","mac_length":8,"key_version":1}"#),
            ("keys/i/import", #"{"type":"ecdsa-p256","public_key":"\#(pem)","allow_rotation":true}"#),
            ("keys/j/import", try Transfer.body([UInt8](repeating: 1, count: 32), #","hash_function":"SHA256""#)),
            ("keys/k/import_version", #"{"ciphertext":"AAAA","version":1}"#),
            ("restore/r", #"{"backup":"\#(blob)","force":true}"#),
            ("keys/s/csr", #"{"version":1,"csr":""}"#),
            ("keys/s/set-certificate", #"{"version":1,"certificate_chain":"\#(Transfer.certificate)"}"#),
            ("derive-key/d", #"{"base_key_name":"s","peer_public_key":"\#(pem)","base_key_version":1}"#),
            ("encapsulate/x", #"{"key_version":1}"#), ("hpke/open/x", #"{"ciphertext":"\#(sealed)","info":"YWJj"}"#),
            ("derivedkeys/wrapped/k", #"{"salt":"c2FsdA==","key_index_from":3,"key_index_to":6,"bits":512}"#),
            ("datakeys/wrapped/k", #"{"count":3,"bits":128}"#), ("keys/k/config", #"{"disabled_versions":[1,2]}"#),
        ]
        for _ in 0..<40 {
            for (path, body) in calls {
                let changed = String(decoding: random.mutated(Array(body.utf8)), as: UTF8.self)
                do { try await bench.write(path, changed) } catch {
                    #expect(error is TransitError, "\(path) \(changed)")
                }
            }
        }
        #expect(try await bench.decrypt("k", bench.encrypt("k")) == "aGVsbG8=")
    }
}
