import HCL
import TestAids
import Testing

@Suite("The configuration language under stress")
struct HCLPropertyTests {
    static let native = """
        # A server
        ui = true
        listener "tcp" { address = "127.0.0.1:8200" tls_disable = "true" } // plain
        storage "sqlite" {
          path = "/var/lib/é\\u00e9.db" /* a
          comment */
        }
        path "secret/*" { capabilities = ["read", "list",], min = -0x1F, max = 1.5e3 }
        "quoted" : { a = 1, b : [{ c = <<EOF
        text ${x}
          EOF
        }] }
        d = <<-EOF
            indented
            EOF
        e = "${f("x")} \\"q\\" {{id}}"
        """
    static let json = """
        {"ui": true, "listener": [{"tcp": {"address": "127.0.0.1:8200", "tls_disable": "true"}}],
         "storage": {"sqlite": {"path": "\\u00e9\\ud83d\\ude00\\/"}}, "n": [null, false, -0, 1.5e3, 12, {}, []]}
        """

    /// What must hold for every text; true when it is good.
    @discardableResult
    private func check(_ bytes: [UInt8]) -> Bool {
        do throws(HCLError) {
            let document = try Tree.parse(bytes)
            for item in document.body.items { _ = document.body.blocks(item.name, labels: 2) }
            return true
        } catch {
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            let isInside = (1...lines.count).contains(error.position.line)
            #expect(isInside)
            if isInside {
                #expect((1...lines[error.position.line - 1].count + 1).contains(error.position.column))
            }
            #expect(error.description.utf8.count < 200)
            return false
        }
    }

    @Test("A text cut at any byte is good or refused", arguments: [native, json])
    func truncated(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(check(bytes))
        var good = 0
        for count in 0..<bytes.count where check(Array(bytes[..<count])) { good += 1 }
        #expect(good < bytes.count / 2)
    }

    @Test("Memory past the end is never read", arguments: [native, json])
    func guarded(_ text: String) {
        let bytes = Array(text.utf8)
        let memory = GuardedMemory(room: bytes.count)
        for count in 0...bytes.count {
            memory.withView(Array(bytes[..<count])) { view in _ = try? HCLDocument.parse(view, file: "t") }
        }
    }

    @Test("Mutated texts never trap", arguments: Seeds.all)
    func mutated(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\"\\=:,#/*<$-0x1e. \n\rEOFtu\u{0}".utf8) + [0xC3, 0xA9, 0xFF]
        var good = 0
        for _ in 0..<1000 {
            let original = random.oneIn(2) ? Self.native : Self.json
            if check(random.mutated(Array(original.utf8), alphabet: alphabet)) { good += 1 }
        }
        #expect(good > 0)
    }

    @Test("Noise never traps", arguments: Seeds.all)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\"\\=:,#/<$-01e.a \n".utf8)
        for _ in 0..<1500 { check((0..<random.int(0...40)).map { _ in random.pick(alphabet) }) }
    }

    @Test("A document says the same in both forms", arguments: Seeds.all)
    func equivalence(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var writer = TwinWriter(random: random)
            let (native, json) = writer.document()
            random = writer.random
            let (one, other) = (try Tree.parse(native), try Tree.parse(json))
            #expect(one.form == .native)
            #expect(other.form == .json)
            #expect(Tree.flattened(one.body) == Tree.flattened(other.body), "\(native)")
            for name in Set(one.body.items.map(\.name)) {
                for labels in 0...2 {
                    #expect(
                        one.body.blocks(name, labels: labels).found.map { Tree.flattened(HCLBody([.block($0)])) }
                            == other.body.blocks(name, labels: labels).found.map {
                                Tree.flattened(HCLBody([.block($0)]))
                            })
                }
            }
        }
    }

    @Test("A long text of anything that could make the parser look back is read or refused in time")
    func long() throws {
        var limits = HCLLimits()
        limits.maxNodes = .max
        for unit in ["a=\"\\n\" ", "# ", "/**/", "a=<<E\nE\n", "a=[1,[2]] ", "a b {} "] {
            let document = try Tree.parse(
                String(repeating: unit, count: 100_000 / unit.utf8.count), limits: limits)
            #expect(
                document.body.items.count
                    == (unit.contains("=") || unit.contains("{") ? 100_000 / unit.utf8.count : 0))
        }
        #expect(!check(Array("a=<<E\n".utf8) + Array(String(repeating: "  E E\n", count: 40_000).utf8)))
        #expect(!check(Array("a=\"".utf8) + Array(String(repeating: "${", count: 100_000).utf8)))
    }
}

/// Writes random documents in both forms at once.
private struct TwinWriter {
    var random: SeededGenerator

    private static let texts = ["", "x", "é", "a\"b", "a\\b", "1\n2", "\t", "😀", "{{x}}", "${y}", "/#*"]

    mutating func document() -> (native: String, json: String) {
        let (native, json) = members(depth: 0)
        return (native, "{\(json)}")
    }

    private mutating func members(depth: Int) -> (String, String) {
        var native: [String] = []
        var json: [String] = []
        for _ in 0..<random.int(0...4) {
            let key = random.pick(["a", "b", "c-d", "e.f"])
            if depth < 4 && random.oneIn(3) {
                let labels = (0..<random.int(0...2)).map { _ in random.pick(["x", "secret/*", "é"]) }
                let (inner, outer) = members(depth: depth + 1)
                let comment = random.pick(["", "# c\n", "/* c */", "// c\n"])
                native.append(key + labels.map { " \"\($0)\"" }.joined() + " {\(comment)\n\(inner)\n}")
                json.append(
                    ([key] + labels).map { "\"\($0)\":" }.joined(separator: "{") + "{\(outer)}"
                        + String(repeating: "}", count: labels.count))
            } else {
                let (one, other) = value(depth: depth)
                native.append("\(random.oneIn(2) ? key : "\"\(key)\"") \(random.pick(["=", ":"])) \(one)")
                json.append("\"\(key)\": \(other)")
            }
        }
        return (native.joined(separator: random.pick(["\n", "\r\n", " \n\n"])), json.joined(separator: ","))
    }

    private mutating func value(depth: Int) -> (String, String) {
        switch random.int(0...5) {
        case 0:
            let number = "\(Int(truncatingIfNeeded: random.next()) >> random.int(0...63))"
            return (number, number)
        case 1:
            let number = random.pick(["1.5", "-2e3", "0.25", "1e-2"])
            return (number, number)
        case 2:
            let word = random.oneIn(2) ? "true" : "false"
            return (word, word)
        case 3 where depth < 4:
            let (one, other) = members(depth: depth + 1)
            return ("{\n\(one)\n}", "{\(other)}")
        case 4 where depth < 4:
            let values = (0..<random.int(0...3)).map { _ in value(depth: depth + 1) }
            return (
                "[" + values.map(\.0).joined(separator: ", ") + (values.isEmpty || random.oneIn(2) ? "" : ",") + "]",
                "[" + values.map(\.1).joined(separator: ",") + "]"
            )
        default:
            let text = random.pick(Self.texts)
            var quoted = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": quoted += "\\\""
                case "\\": quoted += "\\\\"
                case "\n": quoted += "\\n"
                case "\t": quoted += "\\t"
                default: quoted.unicodeScalars.append(scalar)
                }
            }
            return (quoted + "\"", quoted + "\"")
        }
    }
}
