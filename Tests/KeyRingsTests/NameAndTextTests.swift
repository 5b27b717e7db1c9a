import Bytes
import KeyRings
import TestAids
import Testing

@Suite("Key names")
struct KeyNameTests {
    @Test(
        "Names of letters, digits and underscores, with dots and hyphens inside, are names",
        arguments: [
            "a", "Z", "0", "_", "__", "key", "my-key.v2", "a.b.c", "a--b", "a-.b", "0-0",
            String(repeating: "a", count: 512),
        ])
    func good(_ text: String) {
        #expect(KeyName(text: text)?.text == text)
    }

    @Test(
        "CVE_2026_3605 names that are paths, have odd ends or other characters are none",
        arguments: [
            "", ".", "..", "-", ".a", "a.", "-a", "a-", "a/b", "/a", "a/", "a..b", "a b", "a%2fb", "a\u{0}", "é",
            "a\u{301}",
            "a:b", "a\\b", "a\nb", "a+b", "а", String(repeating: "a", count: 513),
        ])
    func bad(_ text: String) {
        #expect(KeyName(text: text) == nil)
    }

    @Test("Every single byte is a name exactly when it is a word character")
    func singleBytes() {
        for byte in UInt8.min...UInt8.max {
            let isWord =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x5F
            #expect(withView([byte]) { KeyName($0) != nil } == isWord, "\(byte)")
            let isInner = isWord || byte == 0x2E || byte == 0x2D
            #expect(withView([0x61, byte, 0x61]) { KeyName($0) != nil } == isInner, "\(byte)")
        }
    }

    @Test("Names are told apart by case and ordered by bytes")
    func order() {
        #expect(name("a") != name("A"))
        #expect(
            ["b", "B", "a", "_", "1", "a-b", "a.b"].map(name).sorted().map(\.text) == [
                "1", "B", "_", "a", "a-b", "a.b", "b",
            ])
    }
}

@Suite("Ciphertext text")
struct CiphertextTextTests {
    @Test(
        "The version is any integer and the payload what follows the colon",
        arguments: [
            ("vault:v1:AAAA", 1, "AAAA"), ("vault:v0:AAAA", 0, "AAAA"), ("vault:v+1:A", 1, "A"),
            ("vault:v01:A", 1, "A"),
            ("vault:v-1:A", -1, "A"), ("vault:v-0:", 0, ""), ("vault:v1:", 1, ""), ("vault:v1:a:b:c", 1, "a:b:c"),
            ("vault:v1::", 1, ":"), ("vault:v9223372036854775807:A", Int.max, "A"),
            ("vault:v-9223372036854775808:A", Int.min, "A"), ("vault:v00000000000000000000000000002:A", 2, "A"),
            ("vault:v1: vault:v2:A", 1, " vault:v2:A"),
        ])
    func good(_ text: String, _ version: Int, _ payload: String) throws {
        let parts = try withView(text) { (view) throws(KeyRingError) in
            let parts = try CiphertextText(view)
            return (parts.version, parts.payload.string)
        }
        #expect(parts == (version, payload))
    }

    @Test(
        "A text without prefix, fields or version is told apart",
        arguments: [
            ("", .ciphertextPrefix), ("foo", .ciphertextPrefix), ("vault:", .ciphertextPrefix),
            ("vault:1:A", .ciphertextPrefix),
            ("Vault:v1:A", .ciphertextPrefix), (" vault:v1:A", .ciphertextPrefix), ("vault:v", .ciphertextFields),
            ("vault:v1", .ciphertextFields), ("vault:v1AAAA", .ciphertextFields), ("vault:vx:AAAA", .ciphertextVersion),
            ("vault:v:AAAA", .ciphertextVersion), ("vault:v1x:A", .ciphertextVersion),
            ("vault:v 1:A", .ciphertextVersion),
            ("vault:v1 :A", .ciphertextVersion), ("vault:v+:A", .ciphertextVersion),
            ("vault:v--1:A", .ciphertextVersion),
            ("vault:v0x1:A", .ciphertextVersion), ("vault:v1.0:A", .ciphertextVersion),
            ("vault:v１:A", .ciphertextVersion),
            ("vault:v9223372036854775808:A", .ciphertextVersion), ("vault:v-9223372036854775809:A", .ciphertextVersion),
            ("vault:v99999999999999999999999999999999:A", .ciphertextVersion), ("vault:v1\u{0}:A", .ciphertextVersion),
        ] as [(String, KeyRingError)])
    func bad(_ text: String, _ error: KeyRingError) {
        withView(text) { view in #expect(throws: error) { _ = try CiphertextText(view) } }
    }

    @Test("Changed texts never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 256)
        var readable = 0
        for _ in 0..<4000 {
            let text = random.mutated(Array("vault:v\(random.int(-1...300)):AAAA".utf8))
            memory.withView(text) { view in
                if let parts = try? CiphertextText(view) {
                    readable += 1
                    if parts.payload.count > view.count - 9 { Issue.record("a payload longer than its text") }
                }
            }
        }
        #expect(readable > 100)
    }
}
