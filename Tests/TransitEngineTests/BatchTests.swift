import Foundation
import KeyRings
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Batches")
struct BatchTests {
    /// Items of every kind: good, empty, broken base64, wrong versions, associated data that is no base64.
    private static func items(_ count: Int, context: Bool, _ random: inout SeededGenerator) -> [String] {
        (0..<count).map { index in
            let plaintext = ReferenceBase64.encode(random.bytes(random.int(0...40)))
            let start = random.pick([
                #""plaintext":"\#(plaintext)""#, #""plaintext":"\#(plaintext)""#, #""plaintext":"""#,
                #""plaintext":"!!""#,
                #""plaintext":"\#(plaintext)","key_version":1"#, #""plaintext":"\#(plaintext)","key_version":9"#,
                #""plaintext":"\#(plaintext)","key_version":-1"#, #""plaintext":"aGVs\nbG8=""#,
                #""plaintext":"\#(plaintext)","associated_data":"\#(random.pick(["YWFk", "?"]))""#,
            ])
            let context = context ? #","context":"\#(random.pick(["YWJj", "ZGVm"]))""# : ""
            return #"{\#(start)\#(context),"reference":"item \#(index)"}"#
        }
    }

    private static func bench() async throws -> Bench {
        let bench = try await Bench()
        try await bench.write("keys/conv", #"{"derived":true,"convergent_encryption":true}"#)
        try await bench.write("keys/conv/rotate")
        return bench
    }

    @Test("Items of nothing but a plaintext are sealed as any other, among others too", arguments: [false, true])
    func plainItems(_ fansOut: Bool) async throws {
        var random = SeededGenerator(seed: 3)
        let bench = try await Bench()
        for type in KeyType.allCases.filter({ $0.cipher != nil }).map(\.rawValue) {
            try await bench.write("keys/\(type)", #"{"type":"\#(type)"}"#)
            var messages = 0
            for others in [false, true] {
                let plaintexts = (0..<1500).map { _ in ReferenceBase64.encode(random.bytes(random.int(0...700))) }
                let items = plaintexts.enumerated().map { index, text in
                    if others && index % 7 == 3 { return #"{"plaintext":"!"}"# }
                    if others && index % 7 == 5 { return #"{ "reference":"\#(index)","plaintext":"\#(text)"}"# }
                    return #"{"plaintext":"\#(text)"}"#
                }
                let body = #"{"batch_input":["# + items.joined(separator: ",") + "]}"
                let reply = try await bench.call(.write, "encrypt/\(type)", body, fansOut: fansOut)
                #expect(reply.results.count == 1500)
                let sealed = reply.results.map { $0["ciphertext"] as? String ?? "" }
                let texts = sealed.map { #"{"ciphertext":"\#($0.isEmpty ? "-" : $0)"}"# }.joined(separator: ",")
                let wanted = #"{"batch_input":["# + texts + "]}"
                let opened = try await bench.call(.write, "decrypt/\(type)", wanted, fansOut: fansOut)
                messages += sealed.filter { !$0.isEmpty }.count
                #expect(try await bench.usage(type) == messages)
                for (index, result) in reply.results.enumerated() {
                    if others && index % 7 == 3 {
                        #expect(Set(result.keys) == ["error", "reference"])
                        #expect(opened.results[index]["plaintext"] as? String == "")
                        #expect(opened.results[index]["error"] is String)
                        continue
                    }
                    #expect(Set(result.keys) == ["ciphertext", "key_version", "reference"])
                    #expect(result["key_version"] as? Int == 1)
                    #expect(result["reference"] as? String == (others && index % 7 == 5 ? "\(index)" : ""))
                    #expect(opened.results[index]["plaintext"] as? String == plaintexts[index])
                    #expect(Set(opened.results[index].keys) == ["plaintext", "reference"])
                }
            }
        }
    }

    /// Texts for `decrypt`: the good ones, and each of them changed in every way that reading could forgive.
    private static func texts(_ good: [String], _ random: inout SeededGenerator) -> [String] {
        let odd = good.flatMap { text -> [String] in
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let numbers = ["v0", "v1", "v2", "v3", "v+2", "v02", "v-1", "v", ""]
            var changed = Array(text.utf8)
            changed[random.int(0...changed.count - 1)] ^= 1
            return numbers.map { "\(parts[0]):\($0):\(parts[2])" } + [
                "Vault:\(parts[1]):\(parts[2])", text + "=", text + " ", "\(text.dropLast())", text + "AAAA",
                text.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"),
                String(decoding: changed, as: UTF8.self).replacingOccurrences(of: "\"", with: "x")
                    .replacingOccurrences(of: "\\", with: "y"),
            ]
        }
        return (good + odd + ["", "vault:v2:", "vault:v2", "x"]).shuffled(using: &random)
    }

    @Test("Ciphertexts alone in their items get the answers that they get beside a blank", arguments: [false, true])
    func soleCiphertexts(_ fansOut: Bool) async throws {
        var random = SeededGenerator(seed: 8)
        let bench = try await Bench()
        let changes: [(key: String, body: String, then: (path: String, body: String)?)] = [
            ("plain", "{}", nil), ("chacha", #"{"type":"chacha20-poly1305"}"#, nil),
            ("siv", #"{"type":"aes256-gcm-siv"}"#, nil), ("derived", #"{"derived":true}"#, nil),
            ("minimum", "{}", ("/config", #"{"min_decryption_version":2}"#)),
        ]
        for (key, body, then) in changes {
            try await bench.write("keys/\(key)", body)
            let more = key == "derived" ? #","context":"YWJj""# : ""
            var good: [String] = []
            for plaintext in ["", "YQ==", "aGVsbG8="] {
                let item = #"{"plaintext":"\#(plaintext)"\#(more)}"#
                good.append(try await bench.write("encrypt/\(key)", item)["ciphertext"])
            }
            try await bench.write("keys/\(key)/rotate")
            for _ in 0..<3 { good.append(try await bench.encrypt(key, more)) }
            if let then { try await bench.write("keys/\(key)" + then.path, then.body) }
            let texts = Self.texts(good, &random)
            func reply(_ start: String) async throws -> Reply {
                let items = texts.map { #"\#(start)"ciphertext":"\#($0)"}"# }.joined(separator: ",")
                return try await bench.call(
                    .write, "decrypt/\(key)", #"{"batch_input":[\#(items)]}"#, fansOut: fansOut)
            }
            let (alone, beside) = (try await reply("{"), try await reply("{ "))
            #expect(alone.text == beside.text && alone.status == beside.status, "\(key)")
            #expect(alone.results.count == texts.count)
            let opened = alone.results.filter { $0["error"] == nil }.count
            #expect(key == "derived" ? opened == 0 : opened >= 3, "\(key): \(opened)")
        }
    }

    @Test("Parts that are worked on in parallel give the same bytes as one after the other", arguments: Seeds.all)
    func parallel(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bench = try await Self.bench()
        for count in [1, 2, 3, 4, 5, 127, 1001, 2500] {
            let items = Self.items(count, context: true, &random)
            let body = #"{"batch_input":["# + items.joined(separator: ",") + "]}"
            // Convergent, so that equal input gives equal output.
            let sequential = try await bench.call(.write, "encrypt/conv", body)
            let parallel = try await bench.call(.write, "encrypt/conv", body, fansOut: true)
            #expect(parallel.text == sequential.text)
            #expect(parallel.status == sequential.status)
            let references = parallel.results.map { $0["reference"] as? String ?? "" }
            #expect(references == (0..<count).map { "item \($0)" })
        }
    }

    @Test("Decrypting, rewrapping and HMACs in parallel give the same as one after the other", arguments: Seeds.all)
    func parallelOthers(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bench = try await Self.bench()
        var items: [String] = []
        for index in 0..<1200 {
            let item = #","context":"YWJj","key_version":\#(random.int(1...2))"#
            let text = index < 20 ? try await bench.encrypt("conv", item) : "vault:v\(random.int(0...3)):AAAA"
            items.append(
                #"{"ciphertext":"\#(text)","context":"YWJj","input":"\#(random.pick(["YQ==", "!"]))","#
                    + #""reference":"\#(index)"}"#
            )
        }
        let body = #"{"batch_input":["# + items.joined(separator: ",") + "]}"
        for path in ["decrypt/conv", "rewrap/conv", "hmac/conv"] {
            let sequential = try await bench.call(.write, path, body)
            let parallel = try await bench.call(.write, path, body, fansOut: true)
            #expect(parallel.text == sequential.text && parallel.status == sequential.status, "\(path)")
            #expect(parallel.results.count == 1200)
        }
    }

    @Test("In parallel every sealed item counts once, and failed ones do not")
    func counting() async throws {
        var random = SeededGenerator(seed: 8)
        let bench = try await Bench()
        try await bench.write("keys/k")
        try await bench.write("keys/k/rotate")
        let items = Self.items(3000, context: false, &random)
        let body = #"{"batch_input":["# + items.joined(separator: ",") + "]}"
        let reply = try await bench.call(.write, "encrypt/k", body, fansOut: true)
        let versions = reply.results.compactMap { $0["key_version"] as? Int }
        #expect(try await bench.usage("k", 1) == versions.filter { $0 == 1 }.count)
        #expect(try await bench.usage("k", 2) == versions.filter { $0 == 2 }.count)
        #expect(Set(reply.results.compactMap { $0["ciphertext"] as? String }).count == versions.count)
    }

    @Test("The members of an item have their fixed order")
    func order() async throws {
        let bench = try await Self.bench()
        let body =
            #"{"batch_input":[{"plaintext":"aGVsbG8=","context":"YWJj","reference":"<r>"},{"plaintext":"!","#
            + #""context":"YQ=="}]}"#
        let text = try await bench.write("encrypt/conv", body).text
        let ciphertext = try await bench.encrypt("conv", #","context":"YWJj""#)
        #expect(
            text == #"{"batch_results":[{"ciphertext":"\#(ciphertext)","key_version":2,"reference":"\u003cr\u003e"},"#
                + #"{"error":"illegal base64 data at input byte 0","reference":""}]}"#)
        let opened = try await bench.write(
            "decrypt/conv", #"{"batch_input":[{"ciphertext":"\#(ciphertext)","context":"YWJj"},{"ciphertext":"foo"}]}"#)
        #expect(
            opened.text == #"{"batch_results":[{"plaintext":"aGVsbG8=","reference":""},"#
                + #"{"plaintext":"","error":"invalid ciphertext: no prefix","reference":""}]}"#)
    }

    @Test(
        "The status follows from the items and from partial_failure_response_code",
        arguments: [
            (["AA=="], nil, 200), (["AA==", "!"], nil, 400), (["!"], nil, 400), (["AA==", "!"], 200, 200),
            (["AA==", "!"], 207, 207),
            (["AA==", "!"], 599, 599), (["!", "!"], 200, 400), (["AA=="], 418, 200), (["AA==", "!"], 600, 400),
            (["AA==", "!"], 199, 400), (["AA==", "!"], 0, 400), (["AA==", "!"], -1, 400),
        ] as [([String], Int?, Int)])
    func status(_ plaintexts: [String], _ code: Int?, _ status: Int) async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        let items = plaintexts.map { #"{"plaintext":"\#($0)"}"# }.joined(separator: ",")
        let override = code.map { #","partial_failure_response_code":\#($0)"# } ?? ""
        for fansOut in [false, true] {
            let reply = try await bench.call(
                .write, "encrypt/k", #"{"batch_input":[\#(items)]\#(override)}"#, fansOut: fansOut)
            #expect(reply.status == status)
            let isReverted = code.map { !(200...599).contains($0) } == true
            let warning = "invalid HTTP response code override from partial_failure_response_code, reverting to 400"
            #expect(reply.warnings == (isReverted ? [warning] : []))
        }
    }

    @Test("Failed items leave the status of rewrap and hmac alone")
    func calmStatus() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        #expect(try await bench.write("rewrap/k", #"{"batch_input":[{"ciphertext":"foo"}]}"#).status == 200)
        #expect(try await bench.write("hmac/k", #"{"batch_input":[{"input":"!"},{}]}"#).status == 200)
    }

    @Test("An item that fails leaves nothing of what it had written")
    func noResidue() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k")
        let text = try await bench.encrypt("k")
        let reply = try await bench.write(
            "decrypt/k", #"{"batch_input":[{"ciphertext":"\#(text)"},{"ciphertext":"\#(text.dropLast(4))AAA="}]}"#)
        #expect(reply.results[0]["plaintext"] as? String == "aGVsbG8=")
        #expect(reply.results[1]["plaintext"] as? String == "")
        #expect(reply.results[1]["error"] as? String == "cipher: message authentication failed")
        #expect(reply.text.components(separatedBy: "aGVsbG8=").count == 2)
    }
}
