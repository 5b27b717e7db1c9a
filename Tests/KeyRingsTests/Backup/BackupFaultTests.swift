import Bytes
import KeyRings
import TestAids
import Testing

@Suite("Backup blobs that are none")
struct BackupFaultTests {
    private func entry(_ member: String) -> BackupFault? { Blobs.fault("{\"policy\":{\"keys\":{\"1\":{\(member)}}}}") }

    private func policy(_ member: String) -> BackupFault? { Blobs.fault("{\"policy\":{\(member)}}") }

    @Test(
        "A blob without a policy is refused",
        arguments: ["{}", "null", " {\"policy\":null} ", "{\"archived_keys\":{}}"])
    func missingPolicy(_ json: String) { #expect(Blobs.fault(json) == .missingPolicy) }

    @Test("JSON that is no object is refused", arguments: ["[]", "1", "\"a\"", "true", "[{}]"])
    func notAnObject(_ json: String) { #expect(Blobs.fault(json) == .json(.notAnObject)) }

    @Test(
        "What is no JSON is refused with the character and its place",
        arguments: [
            ("hello", "'h' looking for beginning of value"), ("{\"a\":x}", "'x' looking for beginning of value"),
            ("{a}", "'a' looking for beginning of object key string"),
            ("{\"a\":1,}", "'}' looking for beginning of object key string"),
            ("{\"a\" 1}", "'1' after object key"), ("{\"a\":1 2}", "'2' after object key:value pair"),
            ("{\"a\":[1 2]}", "'2' after array element"), ("{} x", "'x' after top-level value"),
            ("{}\u{0}", "'\\x00' after top-level value"), ("{\"a\":\"\n\"}", "'\\n' in string literal"),
            ("{\"a\":\"\\x\"}", "'x' in string escape code"),
            ("{\"a\":\"\\u12'4\"}", "'\\'' in \\u hexadecimal character escape"),
            ("{\"a\":-}", "'}' in numeric literal"), ("{\"a\":1.}", "'}' after decimal point in numeric literal"),
            ("{\"a\":1e}", "'}' in exponent of numeric literal"), ("{\"a\":trux}", "'x' in literal true e"),
            ("{\"a\":nil}", "'i' in literal null u"), ("{\"a\":01}", "'1' after object key:value pair"),
            ("[1,]", "']' looking for beginning of value"), ("é", "'Ã' looking for beginning of value"),
            ("\u{7F}", "'\\x7f' looking for beginning of value"),
        ])
    func junk(_ json: String, _ text: String) {
        guard case .invalidCharacter(let found) = Blobs.fault(json) else {
            Issue.record("\(json): \(String(describing: Blobs.fault(json)))")
            return
        }
        let expected = found.expected.map { " \(Unicode.Scalar($0))" } ?? ""
        #expect("\(found.quoted) \(found.place.rawValue)\(expected)" == text)
    }

    @Test(
        "JSON that stops half-way is refused",
        arguments: ["", " ", "{", "{\"a\":tr", "{\"a\":\"\\u12", "{\"a\":-", "[1,"])
    func unexpectedEnd(_ json: String) { #expect(Blobs.fault(json) == .unexpectedEnd) }

    @Test("Deep nesting is refused, also in what is passed over")
    func depth() {
        for count in [BackupLimits.depth, 5000, 1_000_000] {
            let deep = "{\"x\":" + String(repeating: "[", count: count)
            #expect(Blobs.fault(deep) == .json(.tooDeep(limit: BackupLimits.depth)))
        }
        let bearable = BackupLimits.depth - 1
        let lists = String(repeating: "[", count: bearable) + String(repeating: "]", count: bearable)
        #expect(Blobs.fault("{\"x\":\(lists)}") == .missingPolicy)
    }

    @Test("Members of another kind are refused")
    func wrongKinds() {
        #expect(Blobs.fault("{\"policy\":[]}") == .wrongKind(.policy))
        #expect(Blobs.fault("{\"archived_keys\":[]}") == .wrongKind(.archivedKeys))
        #expect(Blobs.fault("{\"archived_keys\":{\"keys\":{}}}") == .wrongKind(.archivedKeys))
        #expect(policy("\"keys\":[]") == .wrongKind(.keys) && policy("\"keys\":{\"1\":7}") == .wrongKind(.keys))
        #expect(policy("\"name\":1") == .wrongKind(.name) && policy("\"derived\":\"true\"") == .wrongKind(.derived))
        #expect(policy("\"type\":\"0\"") == .wrongKind(.type) && policy("\"key\":1") == .wrongKind(.key))
        #expect(policy("\"backup_info\":1") == .wrongKind(.backupInfo))
        #expect(policy("\"HybridConfig\":{\"pqc\":[]}") == .wrongKind(.pqc))
        #expect(entry("\"key\":1") == .wrongKind(.key) && entry("\"time\":1") == .wrongKind(.time))
        #expect(entry("\"ec_x\":\"1\"") == .wrongKind(.ecX) && entry("\"rsa_key\":1") == .wrongKind(.rsaKey))
        #expect(entry("\"rsa_key\":{\"Primes\":1}") == .wrongKind(.primes))
        #expect(entry("\"certificate_chain\":\"\"") == .wrongKind(.certificateChain))
    }

    @Test("Numbers that are no integers, or too large, are refused")
    func numbers() {
        for text in ["1.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999"] {
            #expect(policy("\"latest_version\":\(text)") == .number(.latestVersion), "\(text)")
        }
        #expect(policy("\"latest_version\":9223372036854775807,\"type\":-9223372036854775808,\"kdf\":-0") == nil)
        for text in ["-1", "1.5", "1e5", String(repeating: "9", count: 2467), String(repeating: "1", count: 100_000)] {
            #expect(entry("\"ec_x\":\(text)") == .number(.ecX) && entry("\"ec_d\":\(text)") == .number(.ecD))
        }
        #expect(entry("\"rsa_key\":{\"E\":18446744073709551616}") == .number(.publicExponent))
        for primes in ["[1]", "[1,2,3]"] {
            #expect(entry("\"rsa_key\":{\"Primes\":\(primes)}") == .number(.primes))
        }
        for version in ["", "a", "-1", "+1", "01", "1.0", " 1", "-0", "9223372036854775808"] {
            #expect(policy("\"keys\":{\"\(version)\":{}}") == .number(.keys), "\(version)")
        }
    }

    @Test("What is no base64, or no time, is refused")
    func texts() {
        #expect(entry("\"key\":\"A\"") == .base64(.key, Base64Fault(offset: 0)))
        #expect(entry("\"hmac_key\":\"AA!=\"") == .base64(.hmacKey, Base64Fault(offset: 2)))
        #expect(entry("\"certificate_chain\":[\"*\"]") == .base64(.certificateChain, Base64Fault(offset: 0)))
        #expect(entry("\"key\":\"A\\nA\\r\\n=\\u003d\"") == nil)
        #expect(entry("\"time\":\"yesterday\"") == .time(.time) && entry("\"time\":\"\"") == .time(.time))
        #expect(policy("\"restore_info\":{\"time\":\"2026-02-30T00:00:00Z\"}") == .time(.restoreInfo))
    }

    @Test("Too much is refused: entries, key bytes, certificates, the whole")
    func limits() {
        func list(_ element: String, _ count: Int) -> String {
            repeatElement(element, count: count).joined(separator: ",")
        }
        let half = BackupLimits.entries / 2
        let live = (1...half).map { "\"\($0)\":{}" }.joined(separator: ",")
        let both = { "{\"policy\":{\"keys\":{\(live)}},\"archived_keys\":{\"keys\":[\(list("null", $0))]}}" }
        #expect(Blobs.fault(both(half)) == nil && Blobs.fault(both(half + 1)) == .tooLarge(.archivedKeys))
        let key = { String(repeating: "AAAA", count: $0) }
        #expect(entry("\"key\":\"\(key(BackupLimits.keyBytes / 3))\"") == nil)
        #expect(entry("\"key\":\"\(key(BackupLimits.keyBytes / 3 + 1))\"") == .tooLarge(.key))
        #expect(entry("\"key\":\"\(key(BackupLimits.keyBytes))\"") == .tooLarge(.key))
        let chain = "\"certificate_chain\":[\(list("\"\"", BackupLimits.certificates + 1))]"
        #expect(entry(chain) == .tooLarge(.certificateChain))
        #expect(Blobs.fault(String(repeating: " ", count: BackupLimits.bytes + 1)) == .tooLarge(nil))
    }

    @Test("A blob cut anywhere is refused, without a read behind its end")
    func truncations() {
        let blob = Array(Blobs.full.utf8)
        let memory = GuardedMemory(room: blob.count)
        for length in 0..<blob.count - 1 {
            let cut = Array(blob[..<length])
            memory.withView(cut) { view in
                #expect(throws: BackupFault.unexpectedEnd, "cut to \(length)") { _ = try BackupBlob(json: view) }
            }
        }
    }

    @Test("Changed blobs never trap, and what is readable is written and read the same", arguments: Seeds.all)
    func mutations(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let originals = [Array(Blobs.full.utf8), Array(Blobs.minimal.utf8), try Blobs.recorded("aes256-gcm96")]
        let memory = GuardedMemory(room: 8192)
        let alphabet = Array("\"{}[]:,\\0159-+.eEntu/=AZ \n\u{0}".utf8)
        var readable = 0
        for round in 0..<1500 {
            let bytes = random.mutated(random.pick(originals), alphabet: round % 3 == 0 ? nil : alphabet)
            memory.withView(bytes) { view in
                do throws(BackupFault) {
                    let blob = try BackupBlob(json: view)
                    readable += 1
                    let written = try blob.json()
                    #expect(try Blobs.read(written).json() == written)
                } catch {
                    if case .json(.syntax) = error { Issue.record("a refusal without its reason") }
                }
            }
        }
        #expect(readable > 0)
    }
}
