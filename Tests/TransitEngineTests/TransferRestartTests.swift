import Foundation
import KeyRings
import Primitives
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Keys that came in, after a restart and from many sides at once")
struct TransferRestartTests {
    @Test("Everything imported, exported, certified, disabled and restored is there again")
    func restart() async throws {
        let storage = try await Transfer.storage()
        let bench = try await Bench(storage)
        let (own, peer) = (try Transfer.curve(0x11), try Transfer.curve(0x22))
        try await bench.write(
            "keys/raw/import", Transfer.body([UInt8](repeating: 1, count: 32), #","exportable":true"#))
        try await bench.write("keys/raw/import_version", Transfer.body([UInt8](repeating: 2, count: 32)))
        try await bench.write(
            "keys/derived/import", Transfer.body([UInt8](repeating: 1, count: 32), #","derived":true"#))
        try await bench.write(
            "keys/pair/import", Transfer.body(Transfer.pkcs8(own), #","type":"ecdsa-p256","exportable":true"#))
        try await bench.write("keys/pair/set-certificate", #"{"certificate_chain":"\#(Transfer.certificate)"}"#)
        try await bench.write("keys/half/import", #"{"type":"ecdsa-p256","public_key":"\#(Transfer.pem(peer))"}"#)
        try await bench.write(
            "derive-key/agreed", #"{"base_key_name":"pair","peer_public_key":"\#(Transfer.pem(peer))"}"#)
        try await bench.write("keys/off", #"{"exportable":true,"allow_plaintext_backup":true}"#)
        try await bench.write("keys/off/rotate")
        try await bench.write("keys/off/config", #"{"disabled_versions":[1]}"#)
        let blob = try await bench.call(.read, "backup/off")["backup"]
        try await bench.write("restore/restored", #"{"backup":"\#(blob)"}"#)
        for kind in Kind.all { try await bench.write("keys/\(Self.name(kind))", "{\(kind.members)}") }
        let names = try #require(try await bench.call(.list, "keys").members["keys"] as? [String])
        #expect(names.count == 7 + Kind.all.count)
        let signature = try await bench.write("sign/pair", #"{"input":"aGVsbG8="}"#)["signature"]
        let text = try await bench.encrypt("derived", #","context":"YWJj""#)
        let wrapping = try await bench.call(.read, "wrapping_key").text
        await bench.engine.close()
        let again = try await Bench(storage)
        for name in names { #expect(try await again.read(name).text == bench.read(name).text, "\(name)") }
        for kind in Kind.all { try await again.expectSame(Self.name(kind), Self.name(kind), kind.keyType) }
        #expect(try await again.export("raw", .aes256GCM96).count == 2)
        #expect(try await again.export("raw", .aes256GCM96) == bench.export("raw", .aes256GCM96))
        #expect(try await again.export("pair", .ecdsaP256) == bench.export("pair", .ecdsaP256))
        let chain = try await again.call(.read, "export/certificate-chain/pair").text
        #expect(chain.contains("BEGIN CERTIFICATE"))
        #expect(try await again.verify("pair", "signature", signature))
        let opened = try await again.write("decrypt/derived", #"{"ciphertext":"\#(text)","context":"YWJj"}"#)
        #expect(opened["plaintext"] == "aGVsbG8=")
        #expect(try await again.call(.read, "wrapping_key").text == wrapping)
        #expect(await fault { try await again.encrypt("off", #","key_version":1"#) } != nil)
    }

    private static func name(_ kind: Kind) -> String {
        kind.testDescription.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    }

    @Test("Two first readers of the wrapping key, on two engines too, get one key")
    func wrappingKey() async throws {
        let storage = YieldingStorage(InMemoryStorage())
        let benches = [try await Bench(storage), try await Bench(storage)]
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<3 {
                group.addTask { try await benches[number % 2].call(.read, "wrapping_key")["public_key"] }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }

    @Test("Rotating, signing, certifying and configuring at once keeps every version and every setting")
    func mixture() async throws {
        let storage = YieldingStorage(try await Transfer.storage())
        let bench = try await Bench(storage)
        let material = try Transfer.pkcs8(Transfer.curve(0x11))
        try await bench.write(
            "keys/k/import", Transfer.body(material, #","type":"ecdsa-p256","allow_rotation":true"#))
        let signatures = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<16 {
                group.addTask {
                    switch number % 4 {
                    case 0: try await bench.write("keys/k/rotate")
                    case 1: try await bench.write("keys/k/config", #"{"auto_rotate_period":\#(3600 + number)}"#)
                    case 2:
                        try await bench.write(
                            "keys/k/set-certificate", #"{"version":1,"certificate_chain":"\#(Transfer.certificate)"}"#)
                    default:
                        var made: [String] = []
                        for _ in 0..<10 {
                            made.append(try await bench.write("sign/k", #"{"input":"aGVsbG8="}"#)["signature"])
                        }
                        return made
                    }
                    return []
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(signatures.count == 40)
        for bench in [bench, try await Bench(storage)] {
            for signature in signatures { #expect(try await bench.verify("k", "signature", signature)) }
            let key = try await bench.read("k")
            #expect(key.int("latest_version") == 5 && key.int("auto_rotate_period") > 3600)
            #expect(key.text.contains("BEGIN CERTIFICATE"))
        }
    }

    @Test("Of many imports and restores of one name at once, one wins and the others are told")
    func sameName() async throws {
        let storage = YieldingStorage(try await Transfer.storage())
        let bench = try await Bench(storage)
        let body = try Transfer.body([UInt8](repeating: 1, count: 32))
        try await bench.write("keys/other", #"{"exportable":true,"allow_plaintext_backup":true}"#)
        let blob = try await bench.call(.read, "backup/other")["backup"]
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    await fault {
                        if number.isMultiple(of: 2) {
                            try await bench.write("keys/k/import", body)
                        } else {
                            try await bench.write("restore/k", #"{"backup":"\#(blob)"}"#)
                        }
                    } != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 7)
        #expect(try await Bench(storage).decrypt("k", bench.encrypt("k")) == "aGVsbG8=")
    }

    @Test("A key that is restored over while many encrypt leaves nothing that the restored one cannot open")
    func restoreUnderLoad() async throws {
        let storage = YieldingStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        try await bench.write("keys/k", #"{"exportable":true,"allow_plaintext_backup":true}"#)
        let blob = try await bench.call(.read, "backup/k")["backup"]
        let texts = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<6 {
                group.addTask {
                    if number < 2 {
                        try await bench.write("restore/k", #"{"backup":"\#(blob)","force":true}"#)
                        return []
                    }
                    var made: [String] = []
                    for _ in 0..<50 { made.append(try await bench.encrypt("k")) }
                    return made
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(texts.count == 200)
        let again = try await Bench(storage)
        for text in texts { #expect(try await again.decrypt("k", text) == "aGVsbG8=") }
    }
}
