import EngineKit
import Foundation
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Encrypting with a key that is not there")
struct UpsertTests {
    @Test("Without a context an ordinary key comes into being, with one a derived key")
    func derived() async throws {
        let bench = try await Bench()
        try await bench.encrypt("plain")
        try await bench.encrypt("der", #","context":"YWJj""#)
        try await bench.encrypt("conv", #","context":"YWJj","convergent_encryption":true,"type":"chacha20-poly1305""#)
        let (plain, derived, convergent) = try await (bench.read("plain"), bench.read("der"), bench.read("conv"))
        #expect(plain["type"] == "aes256-gcm96" && plain.members["derived"] as? Bool == false)
        #expect(plain.members["kdf"] == nil)
        #expect(derived.members["derived"] as? Bool == true && derived["kdf"] == "hkdf_sha256")
        #expect(derived.members["convergent_encryption"] as? Bool == false)
        #expect(convergent["type"] == "chacha20-poly1305" && convergent.int("convergent_encryption_version") == -1)
    }

    @Test(
        "Types that cannot encrypt, and convergence without context, make no key",
        arguments: [
            (#","type":"rsa-2048""#, "unknown key type rsa-2048"),
            (#","type":"AES256-GCM96""#, "unknown key type AES256-GCM96"),
            (#","type":"ecdsa-p256""#, "key type ecdsa-p256 not supported for this operation"),
            (#","type":"""#, "unknown key type "),
            (
                #","convergent_encryption":true"#,
                "convergent encryption requires derivation to be enabled, so context is required"
            ),
        ])
    func refused(_ more: String, _ text: String) async throws {
        let bench = try await Bench()
        #expect(await fault { try await bench.encrypt("k", more) } == text)
        await #expect(throws: TransitError.nothingThere) { try await bench.read("k") }
    }

    @Test("An existing key keeps its type, whatever the request says")
    func existing() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k", #"{"type":"aes128-gcm96"}"#)
        try await bench.encrypt("k", #","type":"rsa-2048","convergent_encryption":true"#)
        #expect(try await bench.read("k")["type"] == "aes128-gcm96")
    }

    @Test("With upserts switched off nothing comes into being, and existing keys work")
    func disabled() async throws {
        let bench = try await Bench()
        try await bench.encrypt("old")
        try await bench.write("config/keys", #"{"disable_upsert":true}"#)
        #expect(await fault { try await bench.encrypt("k") } == "encryption key not found")
        #expect(await fault { try await bench.write("encrypt/k", #"{"batch_input":[{"plaintext":""}]}"#) } != nil)
        try await bench.encrypt("old")
        #expect(try await bench.call(.list, "keys").text == #"{"keys":["old"]}"#)
        try await bench.write("config/keys")
        try await bench.encrypt("k")
    }

    @Test("Only encrypting makes keys")
    func others() async throws {
        let bench = try await Bench()
        for (path, body) in [
            ("decrypt/k", #"{"ciphertext":"vault:v1:AAAA"}"#), ("rewrap/k", #"{"ciphertext":"vault:v1:AAAA"}"#),
            ("hmac/k", #"{"input":"AA=="}"#), ("datakey/plaintext/k", ""), ("datakey/wrapped/k", ""),
        ] {
            #expect(await fault { try await bench.write(path, body) } == "encryption key not found", "\(path)")
        }
        await #expect(throws: TransitError.nothingThere) { try await bench.call(.list, "keys") }
    }

    @Test("A batch that is malformed as a whole makes no key")
    func malformed() async throws {
        let bench = try await Bench()
        for body in [
            "{}", #"{"batch_input":[]}"#, #"{"batch_input":[{}]}"#, #"{"batch_input":"x"}"#, #"{"batch_input":[1]}"#,
            "{",
            #"{"batch_input":[{"plaintext":"AA==","context":"AA=="},{"plaintext":"AA=="}]}"#, #"{"plaintext":["a"]}"#,
        ] {
            #expect(await fault { try await bench.write("encrypt/k", body) } != nil, "\(body)")
        }
        await #expect(throws: TransitError.nothingThere) { try await bench.read("k") }
    }

    @Test("What a request needs on its path: create for a key that is not in memory, update for one that is")
    func capability() async throws {
        let bench = try await Bench()
        func capability() throws -> Capability {
            try withView("encrypt/k") { path in
                try withView(#"{"plaintext":""}"#) { body in
                    let engine = bench.engine
                    return engine.capability(
                        for: try engine.resolve(
                            EngineRequest(operation: .write, path: path, body: body, maxJSONDepth: 10)))
                }
            }
        }
        #expect(try capability() == .create)
        try await bench.encrypt("k")
        #expect(try capability() == .update)
    }
}

@Suite("Soft deletion")
struct SoftDeletionTests {
    private static let refusal = "refusing to use soft-deleted key"

    @Test("A soft-deleted key refuses to work and can still be read, configured, trimmed and restored")
    func use() async throws {
        let bench = try await Bench()
        let text = try await bench.encrypt("k")
        let reply = try await bench.call(.delete, "keys/k/soft-delete")
        #expect(reply.members["soft_deleted"] as? Bool == true && reply.warnings.isEmpty)
        for (path, body) in [
            ("encrypt/k", #"{"plaintext":""}"#), ("decrypt/k", #"{"ciphertext":"\#(text)"}"#),
            ("rewrap/k", #"{"ciphertext":"\#(text)"}"#), ("hmac/k", #"{"input":""}"#), ("datakey/plaintext/k", ""),
            ("keys/k/rotate", ""),
        ] {
            #expect(await fault { try await bench.write(path, body) } == Self.refusal, "\(path)")
        }
        try await bench.write("keys/k/config", #"{"min_encryption_version":1,"deletion_allowed":true}"#)
        try await bench.write("keys/k/trim", #"{"min_available_version":1}"#)
        #expect(try await bench.read("k").members["soft_deleted"] as? Bool == true)
        #expect(try await bench.call(.list, "keys").text == #"{"keys":["k"]}"#)
        #expect(try await bench.write("keys/k/soft-delete-restore").members["soft_deleted"] as? Bool == false)
        #expect(try await bench.decrypt("k", text) == "aGVsbG8=")
    }

    @Test("In a batch every item says so")
    func batch() async throws {
        let bench = try await Bench()
        let text = try await bench.encrypt("k")
        try await bench.call(.delete, "keys/k/soft-delete")
        for (path, item) in [
            ("encrypt/k", #"{"plaintext":""}"#), ("decrypt/k", #"{"ciphertext":"\#(text)"}"#),
            ("rewrap/k", #"{"ciphertext":"\#(text)"}"#), ("hmac/k", #"{"input":""}"#),
        ] {
            let results = try await bench.write(path, #"{"batch_input":[\#(item),\#(item)]}"#).results
            #expect(results.map { $0["error"] as? String } == [Self.refusal, Self.refusal], "\(path)")
        }
    }

    @Test("A key that was soft-deleted before its first use refuses in the same words")
    func unused() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.call(.delete, "keys/k/soft-delete")
        #expect(await fault { try await bench.encrypt("k") } == Self.refusal)
        #expect(await fault { try await bench.write("datakey/wrapped/k") } == Self.refusal)
        let reply = try await bench.write("encrypt/k", #"{"batch_input":[{"plaintext":""}]}"#)
        #expect(reply.results.map { $0["error"] as? String } == [Self.refusal])
    }

    @Test("Doing it twice warns, and for a key that is not there nothing happens")
    func idempotence() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        #expect(try await bench.write("keys/k/soft-delete-restore").warnings == ["key was already restored"])
        try await bench.call(.delete, "keys/k/soft-delete")
        let again = try await bench.call(.delete, "keys/k/soft-delete")
        #expect(again.warnings == ["key was already marked as soft deleted"])
        #expect(try await bench.call(.delete, "keys/none/soft-delete").status == 204)
        #expect(try await bench.write("keys/none/soft-delete-restore").status == 204)
    }

    @Test("A soft-deleted key can be deleted for good, where that is allowed")
    func hardDelete() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.call(.delete, "keys/k/soft-delete")
        let refusal = "error deleting policy k: deletion is not allowed for this key"
        #expect(await fault { try await bench.call(.delete, "keys/k") } == refusal)
        try await bench.write("keys/k/config", #"{"deletion_allowed":true}"#)
        #expect(try await bench.call(.delete, "keys/k").status == 204)
        await #expect(throws: TransitError.nothingThere) { try await bench.read("k") }
    }
}
