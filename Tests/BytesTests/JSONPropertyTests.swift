import Bytes
import Foundation
import TestAids
import Testing

@Suite("JSON scanner on random documents")
struct JSONPropertyTests {
    /// A random value as text. Strings hold escapes and text of several scripts, never lone surrogates.
    static func document(_ random: inout SeededGenerator, depth: Int = 0) -> String {
        let space = random.pick(["", "", "", " ", "\n", "\t\r "])
        switch random.int(0...(depth > 5 ? 5 : 8)) {
        case 0: return space + random.pick(["null", "true", "false"])
        case 1: return space + "\(random.int(-1000...1_000_000))"
        case 2: return random.pick(["0", "-0", "1.25", "-3e2", "0.5E-3", "12e+2"]) + space
        case 3...5: return space + string(&random)
        case 6...7:
            let elements = (0..<random.int(0...4)).map { _ in document(&random, depth: depth + 1) }
            return space + "[" + elements.joined(separator: ",") + space + "]"
        default:
            let members = (0..<random.int(0...4)).map { index in
                "\"k\(index)" + string(&random).dropFirst() + space + ":" + document(&random, depth: depth + 1)
            }
            return "{" + members.joined(separator: "," + space) + "}" + space
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        let pieces = ["a", "plain text of some length", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"é"#, #"😀"#, "ü", "😀", "<&>"]
        return "\"" + (0..<random.int(0...6)).map { _ in random.pick(pieces) }.joined() + "\""
    }

    @Test("Every truncation of a document is refused without a read past its end", arguments: Seeds.all)
    func truncations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 8192)
        for _ in 0..<40 {
            // Inside an array, so that no truncation is a document of its own.
            let text = Array("[\(Self.document(&random)),\(Self.document(&random))]".utf8)
            guard text.count <= 8192 else { continue }
            let isWhole = memory.withView(text) { (try? scan($0)) != nil }
            #expect(isWhole, "\(String(decoding: text, as: UTF8.self))")
            for length in 0..<text.count {
                let accepted = memory.withView(Array(text[..<length])) { (try? scan($0)) != nil }
                if accepted { Issue.record("accepted cut to \(length): \(String(decoding: text, as: UTF8.self))") }
            }
        }
    }

    @Test("Changed documents and noise never trap, and what is accepted lies inside the text", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 16_384)
        var accepted = 0
        for round in 0..<4000 {
            let original = Array(Self.document(&random).utf8.prefix(8192))
            let text = round.isMultiple(of: 8) ? random.bytes(random.int(0...64)) : random.mutated(original)
            memory.withView(text) { view in
                guard let value = try? scan(view) else { return }
                accepted += 1
                #expect(value.offset >= 0 && value.count >= 0 && value.offset + value.count <= view.count)
                if value.isString {
                    let decoded = JSONText.string(value, in: view)
                    #expect(decoded.utf8.count <= 3 * value.count)
                }
            }
        }
        #expect(accepted > 0)
    }

    // Left out, because Foundation's rules are others there: text that is not UTF-8, lone surrogates, exponents
    // beyond Double, byte order marks and NULs (which make Foundation guess at UTF-16), and a comma before a closing
    // bracket (which Foundation accepts in arrays).
    private static func isComparable(_ text: [UInt8]) -> Bool {
        let string = String(decoding: text, as: UTF8.self)
        return Array(string.utf8) == text && !text.contains(0) && !string.contains("\u{feff}")
            && string.firstRange(of: #/,\s*[\]}]/#) == nil
            && string.firstRange(of: #/\\u[dD][89a-fA-F]/#) == nil
            && string.firstRange(of: #/[0-9][eE][+-]?[0-9]{3}|[0-9]{200}/#) == nil
    }

    @Test("Foundation accepts and refuses the same documents", arguments: Seeds.all)
    func foundation(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]:,"\/ue0129+-.tfnrals \#n"#.utf8)
        var outcomes: [Bool: Int] = [:]
        for round in 0..<3000 {
            let original = Array(Self.document(&random).utf8)
            let text = round.isMultiple(of: 5) ? original : random.mutated(original, alphabet: alphabet)
            guard Self.isComparable(text) else { continue }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            let ours = accepts(text)
            if ours != theirs { Issue.record("\(ours): \(String(reflecting: String(decoding: text, as: UTF8.self)))") }
            outcomes[theirs, default: 0] += 1
        }
        #expect(outcomes[true, default: 0] > 300 && outcomes[false, default: 0] > 300)
    }

    @Test("Strings mean the same as in Foundation", arguments: Seeds.all)
    func meaning(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text = Self.string(&random)
            let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? String
            let ours = try withView(text) { view in JSONText.string(try scan(view), in: view) }
            #expect(ours == theirs, "\(text)")
        }
    }
}
