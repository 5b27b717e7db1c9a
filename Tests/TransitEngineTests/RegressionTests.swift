import Foundation
import KeyRings
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

/// What went wrong in other servers of this API, on the level of the engine.
@Suite("Failures of the field")
struct RegressionTests {
    @Test("CVE_2023_4680 a nonce is refused on keys that make their own, wherever it is put")
    func callerNonces() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.write("keys/c", #"{"derived":true,"convergent_encryption":true}"#)
        let text = try await bench.encrypt("k")
        let nonce = #""nonce":"AAAAAAAAAAAAAAAA""#
        let refusal = "nonce provided when not allowed"
        for (path, body) in [
            ("encrypt/k", #"{"plaintext":"AA==",\#(nonce)}"#),
            ("encrypt/c", #"{"plaintext":"AA==","context":"AA==",\#(nonce)}"#),
            ("decrypt/k", #"{"ciphertext":"\#(text)",\#(nonce)}"#),
            ("rewrap/k", #"{"ciphertext":"\#(text)",\#(nonce)}"#),
            ("datakey/plaintext/k", "{\(nonce)}"), ("datakey/wrapped/k", "{\(nonce)}"),
        ] {
            #expect(await fault { try await bench.write(path, body) } == refusal, "\(path)")
        }
        let batch = try await bench.write(
            "encrypt/k", #"{"batch_input":[{"plaintext":"AA==",\#(nonce)},{"plaintext":""}]}"#)
        #expect(batch.results[0]["error"] as? String == refusal)
        #expect(batch.results[1]["ciphertext"] != nil)
        #expect(
            try await bench.write("encrypt/k", #"{"plaintext":"AA==","nonce":""}"#)["ciphertext"].hasPrefix("vault:"))
    }

    @Test("CVE_2023_4680 ten thousand messages under one key never repeat a nonce")
    func uniqueNonces() async throws {
        let bench = try await Bench()
        let items = [String](repeating: #"{"plaintext":"AA=="}"#, count: 10_000).joined(separator: ",")
        let reply = try await bench.call(.write, "encrypt/k", #"{"batch_input":["# + items + "]}", fansOut: true)
        let nonces = Set(reply.results.compactMap { ($0["ciphertext"] as? String)?.dropFirst(9).prefix(16) })
        #expect(nonces.count == 10_000)
    }

    @Test("CVE_2026_55776 every type with every flag is created or refused, and the engine goes on")
    func typesAndFlags() async throws {
        let bench = try await Bench()
        let types = [
            "aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "aes256-gcm-siv",
            "xaes256-gcm192", "rsa-2048", "ecdsa-p256", "ecdsa-p521", "ed25519", "hmac", "aes128-cmac", "ml-dsa",
            "hybrid",
            "ml-kem-768", "x-wing", "managed_key", "", "none", "AES256-GCM96",
        ]
        for (number, type) in types.enumerated() {
            for flags in 0..<16 {
                let (derived, convergent, size, period) = (flags & 1, flags >> 1 & 1, flags >> 2 & 1, flags >> 3 & 1)
                let body =
                    #"{"type":"\#(type)","derived":\#(derived),"convergent_encryption":\#(convergent),"#
                    + #""key_size":\#(size * 32),"auto_rotate_period":\#(period * 4000)}"#
                let key = "k\(number)-\(flags)"
                let text = await fault { try await bench.write("keys/\(key)", body) }
                #expect((text == nil) == Self.isSound(type, flags), "\(body): \(text ?? "created")")
                guard text == nil, let kind = KeyType(rawValue: type) else { continue }
                let more = derived == 1 ? #","context":"YQ==""# : ""
                if kind.supportsEncryption {
                    #expect(try await bench.encrypt(key, more).hasPrefix("vault:v1:"))
                } else {
                    #expect(await fault { try await bench.encrypt(key, more) } != nil)
                }
                if kind.supportsSigning {
                    let signed = try await bench.write("sign/\(key)", #"{"input":"AA=="\#(more)}"#)["signature"]
                    #expect(signed.hasPrefix("vault:v1:"))
                }
            }
        }
        try await bench.encrypt("after")
    }

    // Flags: derived, convergent, with a size, with a period. The parameters of ML-DSA are missing.
    private static func isSound(_ name: String, _ flags: Int) -> Bool {
        guard let type = KeyType(rawValue: name), type.family != .postQuantum else { return false }
        let (derived, convergent, sized) = (flags & 1 == 1, flags & 2 == 2, flags & 4 == 4)
        return (!derived || type.supportsDerivation) && (!convergent || derived && type.supportsConvergence)
            && (!sized || type == .hmac)
    }

    @Test("CVE_2025_4166 errors repeat none of the values that were sent")
    func secrets() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        let marker = "bWFya2VyLW9mLWEtc2VjcmV0LXRoYXQtbXVzdC1ub3QtYmUtc2hvd24tYW55d2hlcmU"
        let members = [
            "plaintext", "ciphertext", "input", "context", "associated_data", "nonce", "reference", "key_version",
            "bits", "type",
            "algorithm", "format", "batch_input", "partial_failure_response_code", "derived", "auto_rotate_period",
            "size",
            "min_decryption_version", "usage_warn", "bytes", "after", "limit", "convergent_encryption",
            "disable_upsert",
        ]
        let paths = [
            "encrypt/k", "decrypt/k", "rewrap/k", "hmac/k", "hash", "random", "datakey/plaintext/k", "keys/k/config",
            "keys/new",
            "keys/k/trim", "cache-config", "config/keys", "encrypt/upserted",
        ]
        for path in paths {
            for member in members {
                for value in [
                    "\"\(marker)\"", "[\"\(marker)\"]", "{\"\(marker)\":1}", "[{\"\(member)\":\"\(marker)\"}]",
                ] {
                    let text = await fault { try await bench.write(path, #"{"\#(member)":\#(value)}"#) }
                    #expect(text?.contains(marker) != true, "\(path) \(member) \(value)")
                }
            }
        }
    }

    @Test("CVE_2025_6203 a body nested ten thousand deep is refused as too large")
    func deepNesting() async throws {
        let bench = try await Bench()
        let deep = String(repeating: "[", count: 10_000)
        for body in [
            #"{"plaintext":\#(deep)"#, #"{"batch_input":\#(deep)"#, #"{"batch_input":[{"a":\#(deep)"#, "{\"x\":\(deep)",
        ] {
            do {
                try await bench.write("encrypt/k", body)
                Issue.record("taken")
            } catch {
                #expect((error as? TransitError)?.faultClass == .tooLarge)
            }
        }
    }

    @Test("CVE_2026_3605 names that are paths reach no key")
    func paths() async throws {
        let bench = try await Bench()
        for path in [
            "keys/..", "keys/.", "keys/a/../b", "keys//config", "encrypt/a/b", "encrypt/", "encrypt/.a", "keys/a..b",
            "", "/",
        ] {
            await #expect(throws: TransitError.unsupportedPath, "\(path)") {
                try await bench.write(path, #"{"plaintext":""}"#)
            }
        }
    }

    @Test("CVE_2023_0620 names of other languages reach storage only as names")
    func storageNames() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        for name in ["key", "config", "version", "usage", "a-b.c", "DROP", "_"] { try await bench.encrypt(name) }
        #expect((try await bench.call(.list, "keys").members["keys"] as? [String])?.count == 7)
        let keys = try await storage.list(under: "", after: nil, limit: .max).map(\.path)
        #expect(
            keys.allSatisfy {
                $0.hasPrefix("mount/1/key/") || $0.hasPrefix("mount/1/version/") || $0.hasPrefix("mount/1/usage/")
            })
    }

    @Test("A deleted key leaves nothing behind in storage")
    func nothingLeft() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        try await bench.encrypt("k")
        for _ in 0..<3 {
            try await bench.write("keys/k/rotate")
            try await bench.encrypt("k")
        }
        try await bench.write(
            "keys/k/config", #"{"min_decryption_version":3,"min_encryption_version":3,"deletion_allowed":true}"#)
        try await bench.write("keys/k/trim", #"{"min_available_version":2}"#)
        let left = try await storage.list(under: "", after: nil, limit: .max).map(\.path)
        #expect(!left.contains { $0.hasSuffix("00000000000000000001") })
        try await bench.call(.delete, "keys/k")
        #expect(try await storage.list(under: "", after: nil, limit: .max).isEmpty)
        await bench.engine.close()
        #expect(try await storage.list(under: "", after: nil, limit: .max).isEmpty)
    }

    @Test("A key made anew under the name of a deleted one opens nothing of it and counts from nothing")
    func recreated() async throws {
        let bench = try await Bench()
        let text = try await bench.encrypt("k")
        try await bench.write("keys/k/config", #"{"deletion_allowed":true}"#)
        try await bench.call(.delete, "keys/k")
        try await bench.encrypt("k")
        #expect(try await bench.usage("k") == 1)
        #expect(await fault { _ = try await bench.decrypt("k", text) } == "cipher: message authentication failed")
    }
}
