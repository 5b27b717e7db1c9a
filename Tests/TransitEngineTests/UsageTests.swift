import Foundation
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Bounds on messages per version")
struct UsageTests {
    private static func batch(_ count: Int, _ item: String = #"{"plaintext":"aGVsbG8="}"#) -> String {
        #"{"batch_input":["# + [String](repeating: item, count: count).joined(separator: ",") + "]}"
    }

    @Test("Only messages that were sealed count: errors, decryptions and HMACs do not")
    func whatCounts() async throws {
        let bench = try await Bench()
        let text = try await bench.encrypt("k")
        _ = try await bench.decrypt("k", text)
        try await bench.write("hmac/k", #"{"input":"aGVsbG8="}"#)
        _ = await fault { try await bench.write("encrypt/k", #"{"plaintext":"!!"}"#) }
        _ = await fault { try await bench.encrypt("k", #","key_version":9"#) }
        _ = await fault { try await bench.encrypt("k", #","nonce":"AAAAAAAAAAAAAAAA""#) }
        #expect(try await bench.usage("k") == 1)
        try await bench.write("datakey/plaintext/k")
        try await bench.write("rewrap/k", #"{"ciphertext":"\#(text)"}"#)
        _ = await fault { try await bench.write("rewrap/k", #"{"ciphertext":"vault:v1:AAAA"}"#) }
        _ = await fault { try await bench.write("datakey/plaintext/k", #"{"bits":5}"#) }
        #expect(try await bench.usage("k") == 3)
        let mixed = #"{"batch_input":[{"plaintext":"AA=="},{"plaintext":"!"},{"plaintext":"AA==","key_version":7}]}"#
        try await bench.write("encrypt/k", mixed)
        #expect(try await bench.usage("k") == 4)
        try await bench.write("encrypt/k", Self.batch(1000))
        #expect(try await bench.usage("k") == 1004)
    }

    @Test("Each version counts its own messages")
    func versions() async throws {
        let bench = try await Bench()
        try await bench.encrypt("k")
        try await bench.write("keys/k/rotate")
        for _ in 0..<2 { try await bench.encrypt("k") }
        for _ in 0..<3 { try await bench.encrypt("k", #","key_version":1"#) }
        let item = #"{"plaintext":"AA==","key_version":1},{"plaintext":"AA==","key_version":2},{"plaintext":"AA=="}"#
        try await bench.write("encrypt/k", Self.batch(5, item))
        #expect(try await bench.usage("k", 1) == 9)
        #expect(try await bench.usage("k", 2) == 12)
    }

    @Test("A refused message of a soft-deleted key is not counted")
    func softDeleted() async throws {
        let bench = try await Bench()
        try await bench.encrypt("k")
        try await bench.call(.delete, "keys/k/soft-delete")
        for _ in 0..<5 {
            #expect(await fault { try await bench.encrypt("k") } == "refusing to use soft-deleted key")
            _ = try await bench.write("encrypt/k", Self.batch(10))
        }
        try await bench.write("keys/k/soft-delete-restore")
        #expect(try await bench.usage("k") == 1)
    }

    @Test("From usage_warn on every reply warns, and says what to do")
    func warn() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.write("keys/k/config", #"{"usage_warn":3}"#)
        for count in 1...5 {
            let reply = try await bench.write("encrypt/k", #"{"plaintext":""}"#)
            #expect(reply.warnings.isEmpty == (count < 3), "\(count)")
            if let warning = reply.warnings.first {
                #expect(warning.contains("has encrypted \(count) messages (usage_warn 3") && warning.contains("rotate"))
            }
        }
        try await bench.write("keys/k/rotate")
        #expect(try await bench.write("encrypt/k", #"{"plaintext":""}"#).warnings.isEmpty)
    }

    @Test("At usage_rotate the key rotates by itself, once")
    func rotate() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.write("keys/k/config", #"{"usage_rotate":5,"usage_warn":0}"#)
        for _ in 0..<4 { try await bench.encrypt("k") }
        #expect(try await bench.read("k").int("latest_version") == 1)
        #expect(try await bench.write("encrypt/k", #"{"plaintext":""}"#).warnings.isEmpty)
        for _ in 0..<2000 where try await bench.read("k").int("latest_version") == 1 {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await bench.read("k").int("latest_version") == 2)
        #expect(try await bench.encrypt("k").hasPrefix("vault:v2:"))
        #expect(try await bench.usage("k", 1) == 5)
        #expect(try await bench.usage("k", 2) == 1)
    }

    @Test("At usage_refuse the version seals nothing more, but still opens")
    func refuse() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.write("keys/k/config", #"{"usage_refuse":3,"usage_rotate":0,"usage_warn":0}"#)
        var texts: [String] = []
        for _ in 0..<3 { texts.append(try await bench.encrypt("k")) }
        let refusal = "the key version has encrypted its limit of 3 messages (usage_refuse); rotate the key"
        #expect(await fault { try await bench.encrypt("k") } == refusal)
        #expect(await fault { try await bench.write("datakey/wrapped/k") } == refusal)
        #expect(await fault { try await bench.write("rewrap/k", #"{"ciphertext":"\#(texts[0])"}"#) } == refusal)
        #expect(try await bench.usage("k") == 3)
        #expect(try await bench.decrypt("k", texts[2]) == "aGVsbG8=")
        let reply = try await bench.write("encrypt/k", Self.batch(2))
        #expect(reply.status == 400)
        #expect(reply.results.allSatisfy { $0["error"] as? String == refusal })
        try await bench.write("keys/k/rotate")
        #expect(try await bench.encrypt("k").hasPrefix("vault:v2:"))
        #expect(try await bench.usage("k", 1) == 3)
    }

    @Test("The limit holds over a restart and under eight tasks at once")
    func refuseInParallel() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        try await bench.write("keys/k")
        try await bench.write("keys/k/config", #"{"usage_refuse":1000,"usage_rotate":0,"usage_warn":0}"#)
        let sealed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var sealed = 0
                    for _ in 0..<200 where (try? await bench.encrypt("k")) != nil { sealed += 1 }
                    return sealed
                }
            }
            return await group.reduce(0, +)
        }
        #expect(sealed == 1000)
        await bench.engine.close()
        let again = try await Bench(storage)
        #expect(await fault { try await again.encrypt("k") }?.contains("usage_refuse") == true)
    }

    @Test(
        "Types without the bound, and convergent keys, have no limits",
        arguments: ["xchacha20-poly1305", "xaes256-gcm192"])
    func unbound(_ type: String) async throws {
        let bench = try await Bench()
        try await bench.write("keys/k", #"{"type":"\#(type)"}"#)
        try await bench.write("keys/c", #"{"derived":true,"convergent_encryption":true}"#)
        try await bench.write("keys/k/config", #"{"usage_refuse":1}"#)
        try await bench.write("keys/c/config", #"{"usage_refuse":1}"#)
        for _ in 0..<3 {
            try await bench.encrypt("k")
            try await bench.encrypt("c", #","context":"YWJj""#)
        }
        for key in ["k", "c"] {
            #expect(try await bench.read(key).members["usage_limits"] == nil)
            #expect(try await bench.usage(key) == 3)
        }
    }

    @Test(
        "Limits beyond what random nonces allow are refused and change nothing",
        arguments: [
            #""usage_refuse":0"#, #""usage_refuse":-1"#, #""usage_refuse":4278190081"#, #""usage_refuse":4294967296"#,
            #""usage_warn":-1"#, #""usage_rotate":-1"#, #""usage_refuse":10,"usage_warn":11"#,
            #""usage_refuse":10,"usage_rotate":11"#, #""usage_rotate":4294967295"#,
        ])
    func invalidLimits(_ change: String) async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        let before = try await bench.read("k").text
        await #expect(throws: TransitError.usageLimitsInvalid) { try await bench.write("keys/k/config", "{\(change)}") }
        #expect(try await bench.read("k").text == before)
    }
}
