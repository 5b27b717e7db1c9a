import Bytes
import Foundation
import Policies
import TestAids
import Testing
import Vocabulary

/// `STRONGROOM_ACL_PAIRS=1000000` compares so many pairs; the default keeps the tests quick.
private let pairs = ProcessInfo.processInfo.environment["STRONGROOM_ACL_PAIRS"].flatMap { Int($0) } ?? 30_000

@Suite("Access rules against a slow, obvious evaluator")
struct ACLPropertyTests {
    @Test("Random policies and paths are decided by the same rule", arguments: Seeds.all)
    func comparison(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (compared, decided) = (0, 0)
        while compared < pairs / Seeds.all.count {
            let rules = (0..<random.int(1...random.pick([3, 8, 40]))).map { _ in
                (Self.pattern(&random), Self.capabilities(&random))
            }
            let reference = ReferenceEvaluator(rules.map { ($0.0, $0.1) })
            let acl = try Self.compile(rules, &random)
            for _ in 0..<50 {
                let isList = random.oneIn(3)
                let path = Self.path(&random) + (isList ? "/" : "")
                let expected = reference.rule(for: path, isList: isList)
                let found = withView(path) { acl.decidingRule(for: $0, isList: isList) }
                let isSame = found?.path == expected?.path && found?.capabilities == expected?.capabilities
                if !isSame {
                    let text = rules.map { "\($0.0) \($0.1.names)" }.joined(separator: "\n")
                    let (got, wanted) = (found?.path ?? "-", expected?.path ?? "-")
                    Issue.record("seed \(seed): \(path), list \(isList): \(got) for \(wanted)\n\(text)")
                    return
                }
                compared += 1
                if found != nil { decided += 1 }
            }
        }
        #expect(decided > compared / 4, "too few of the paths meet a rule to tell anything")
    }

    private static func compile(
        _ rules: [(String, CapabilitySet)], _ random: inout SeededGenerator
    ) throws -> CompiledACL {
        // Spread over several policies, in the order of the rules.
        var texts = [""]
        for (path, capabilities) in rules {
            if random.oneIn(3) { texts.append("") }
            let words = capabilities.isEmpty ? "" : capabilities.names.map { "\"\($0)\"" }.joined(separator: ",")
            texts[texts.count - 1] += "path \"\(path)\" { capabilities = [\(words)] }\n"
        }
        return CompiledACL(
            try texts.enumerated().map { NamedPolicy(name: "p\($0)", document: try PolicyDocument(reading: $1)) },
            facts: nil)
    }

    private static func capabilities(_ random: inout SeededGenerator) -> CapabilitySet {
        if random.oneIn(4) { return .deny }
        return CapabilitySet(rawValue: UInt16(random.int(0...127)))
    }

    /// Few words, so that much collides.
    private static func word(_ random: inout SeededGenerator) -> String {
        random.pick(["a", "b", "ab", "aa", "abc", "a+", "a*b", "", "é"])
    }

    static func pattern(_ random: inout SeededGenerator) -> String {
        var segments = (0..<random.int(1...4)).map { _ in random.oneIn(3) ? "+" : word(&random) }
        if random.oneIn(5) { segments.append("") }
        var pattern = segments.joined(separator: "/")
        if pattern.hasPrefix("/") { pattern = "a" + pattern }
        if random.oneIn(2) && !pattern.hasSuffix("+") { pattern += "*" }
        return pattern
    }

    static func path(_ random: inout SeededGenerator) -> String {
        var segments = (0..<random.int(1...5)).map { _ in word(&random) }
        if segments[0].isEmpty { segments[0] = "a" }
        return segments.joined(separator: "/")
    }
}
