import Bytes
import EngineKit
import TestAids
import Testing
import Vocabulary

@Suite("Parameters")
struct ParametersTests {
    private static let table = FieldTable("a", "b", "items")
    private static let unvalidated = FieldTable("a", isValidated: false)

    /// Scans the body and hands the parameters to `use` while it is alive.
    private static func read<T>(
        _ body: String, _ table: FieldTable = table, _ use: (Parameters) throws -> T
    ) throws -> T {
        try withView(body) { view in
            let request = EngineRequest(operation: .write, path: .empty, body: view, maxJSONDepth: 20)
            return try use(try Parameters(request, table))
        }
    }

    @Test(
        "A string field takes strings, numbers as spelled, booleans, and null as empty",
        arguments: [
            (#"{}"#, nil), ("", nil), ("null", nil), (#"{"a":"x"}"#, "x"), (#"{"a":""}"#, ""), (#"{"a":null}"#, ""),
            (#"{"a":1234}"#, "1234"), (#"{"a":-1.50e3}"#, "-1.50e3"), (#"{"a":true}"#, "1"), (#"{"a":false}"#, "0"),
            (#"{"a":"\u0041\n"}"#, "A\n"), (#"{"a":1,"a":"last"}"#, "last"),
            (#"{"\u0061":"escaped name"}"#, "escaped name"),
            (#"{"A":"other case"}"#, nil), (#"{"a":"\ud800"}"#, "\u{fffd}"), (#"{"a":"\u0000"}"#, "\u{0}"),
        ] as [(String, String?)])
    func strings(_ body: String, _ expected: String?) throws {
        #expect(try Self.read(body) { try $0.string(0) } == expected)
    }

    @Test(
        "An integer field takes integers, texts of them with Go's prefixes, booleans, and null as 0",
        arguments: [
            (#"{}"#, nil), (#"{"a":5}"#, 5), (#"{"a":-5}"#, -5), (#"{"a":"7"}"#, 7), (#"{"a":"0x10"}"#, 16),
            (#"{"a":"010"}"#, 8),
            (#"{"a":true}"#, 1), (#"{"a":false}"#, 0), (#"{"a":""}"#, 0), (#"{"a":null}"#, 0), (#"{"a":-0}"#, 0),
        ] as [(String, Int?)])
    func integers(_ body: String, _ expected: Int?) throws {
        #expect(try Self.read(body) { try $0.int(0) } == expected)
    }

    @Test(
        "A boolean field takes booleans, numbers, the field's words, and the empty text as false",
        arguments: [
            (#"{}"#, nil), (#"{"a":true}"#, true), (#"{"a":false}"#, false), (#"{"a":null}"#, false),
            (#"{"a":1}"#, true),
            (#"{"a":0}"#, false), (#"{"a":-0.0}"#, false), (#"{"a":2.5}"#, true), (#"{"a":"t"}"#, true),
            (#"{"a":"TRUE"}"#, true),
            (#"{"a":"True"}"#, true), (#"{"a":"1"}"#, true), (#"{"a":"F"}"#, false), (#"{"a":"False"}"#, false),
            (#"{"a":""}"#, false),
        ] as [(String, Bool?)])
    func booleans(_ body: String, _ expected: Bool?) throws {
        #expect(try Self.read(body) { try $0.bool(0) } == expected)
    }

    @Test(
        "A duration field takes seconds and texts with units, and null as absent",
        arguments: [
            (#"{}"#, nil), (#"{"a":null}"#, nil), (#"{"a":60}"#, 60), (#"{"a":"60"}"#, 60), (#"{"a":"1h"}"#, 3600),
            (#"{"a":""}"#, 0),
        ] as [(String, Int?)])
    func durations(_ body: String, _ expected: Int?) throws {
        #expect(try Self.read(body) { try $0.durationSeconds(0) } == expected)
    }

    private enum Kind: CaseIterable { case string, int, bool, duration }

    private static func convert(_ parameters: Parameters, _ kind: Kind) throws(ParameterFault) {
        switch kind {
        case .string: _ = try parameters.string(0)
        case .int: _ = try parameters.int(0)
        case .bool: _ = try parameters.bool(0)
        case .duration: _ = try parameters.durationSeconds(0)
        }
    }

    @Test("A value of the wrong kind is told by the field's name, never by its value")
    func conversions() throws {
        let bad: [(Kind, [String])] = [
            (.string, ["[]", "{}", "[1]"]),
            (.int, ["[]", "{}", "1.5", "1e3", "\"x\"", "99999999999999999999", "\"1 \""]),
            (.bool, ["[]", "{}", "\"yes\"", "\"tRUE\"", "\" \""]), (.duration, ["[]", "{}", "true", "\"1x\"", "1.5"]),
        ]
        let wanted: [Kind: String] = [
            .string: "a string", .int: "an integer", .bool: "a boolean", .duration: "a duration",
        ]
        for (kind, values) in bad {
            for value in values {
                for (table, isValidated) in [(Self.table, true), (Self.unvalidated, false)] {
                    let fault = ParameterFault.conversion(
                        field: "a", wanted: wanted[kind] ?? "", validated: isValidated)
                    #expect(throws: fault, "\(value)") {
                        try Self.read(#"{"a":\#(value)}"#, table) { try Self.convert($0, kind) }
                    }
                }
            }
        }
    }

    @Test("Faults have the wire's class and words")
    func wording() {
        let conversion = ParameterFault.conversion(field: "a", wanted: "an integer", validated: true)
        #expect(
            conversion.wireText
                == "Field validation failed: error converting input for field \"a\": expected an integer")
        #expect(conversion.faultClass == .invalidRequest)
        let bare = ParameterFault.conversion(field: "a", wanted: "an integer", validated: false)
        #expect(bare.wireText == "error converting input for field \"a\": expected an integer")
        let negative = ParameterFault.negativeDuration(field: "p", seconds: -5, validated: false)
        #expect(negative.wireText == "error converting input for field \"p\": cannot provide negative value '-5'")
        #expect(ParameterFault.json(.syntax(offset: 3)).wireText.hasPrefix("failed to decode JSON input: "))
        #expect(ParameterFault.json(.notAnObject).faultClass == .invalidRequest)
        let deep = ParameterFault.json(.tooDeep(limit: 300))
        #expect(
            deep.faultClass == .tooLarge && deep.wireText.contains("300") && deep.wireText.contains("max_json_depth"))
    }

    @Test("A negative duration is refused with its number", arguments: ["-5", "\"-5\"", "\"-5s\""])
    func negative(_ value: String) {
        #expect(throws: ParameterFault.negativeDuration(field: "a", seconds: -5, validated: true)) {
            try Self.read(#"{"a":\#(value)}"#) { try $0.durationSeconds(0) }
        }
    }

    @Test(
        "A body that is no JSON object is refused",
        arguments: [
            ("[]", JSONFault.notAnObject), ("1", .notAnObject), ("\"a\"", .notAnObject), ("{", .syntax(offset: 1)),
            ("{\"a\":1,}", .syntax(offset: 7)), ("{\"a\":}", .syntax(offset: 5)), ("x", .syntax(offset: 0)),
        ])
    func notJSON(_ body: String, _ fault: JSONFault) {
        #expect(throws: ParameterFault.json(fault)) { try Self.read(body) { _ in } }
    }

    @Test("CVE_2025_6203 deep nesting in a known, an unknown and a repeated member is refused")
    func deepNesting() {
        let deep = String(repeating: "[", count: 5000)
        for body in [#"{"a":\#(deep)"#, #"{"x":\#(deep)"#, #"{"a":1,"a":{"b":\#(deep)"#] {
            #expect(throws: ParameterFault.json(.tooDeep(limit: 20))) { try Self.read(body) { _ in } }
        }
    }

    @Test("Unknown names are told once, sorted, and those that the path has taken apart")
    func unknown() throws {
        let body = #"{"z":1,"a":2,"name":3,"c":[{"d":4}],"z":5,"\u0062c":6}"#
        let warnings = try Self.read(body) { $0.warnings(replaced: ["name", "path"]) }
        #expect(
            warnings == [
                "Endpoint ignored these unrecognized parameters: [bc c z]",
                "Endpoint replaced the value of these parameters with the values captured from the endpoint's "
                    + "path: [name]",
            ])
        #expect(try Self.read(#"{"a":1,"b":2}"#) { $0.warnings(replaced: ["name"]) }.isEmpty)
        let taken = try Self.read(#"{"name":1}"#) { $0.warnings(replaced: ["name"]) }
        #expect(taken.count == 1 && taken[0].hasSuffix("[name]"))
    }

    @Test("CVE_2025_59043 of a hundred thousand unknown names only a hundred are kept")
    func wideBodies() throws {
        let members = (0..<100_000).map { "\"m\($0)\":0" }.joined(separator: ",")
        #expect(try Self.read("{\(members)}") { $0.unknown.count } == 100)
        let repeated = [String](repeating: "\"x\":0", count: 100_000).joined(separator: ",")
        #expect(try Self.read("{\(repeated)}") { $0.unknown } == ["x"])
    }

    @Test("An index outside the table is absent")
    func outside() throws {
        try Self.read(#"{"a":1}"#) { parameters in
            for index in [-1, 3, 16, .max, .min] { #expect(!parameters[index].isPresent) }
        }
    }

    @Test("A streamed array is handed to its reader, any other value is kept")
    func streaming() throws {
        let body = #"{"items":[1,[2],3],"b":"after","items":[4],"a":0}"#
        try withView(body) { view in
            var counts: [Int] = []
            let request = EngineRequest(operation: .write, path: .empty, body: view, maxJSONDepth: 20)
            let parameters = try Parameters(request, Self.table, streamed: 2) { (scanner) throws(JSONFault) in
                try scanner.enter()
                var isFirst = true
                var count = 0
                while try scanner.nextElement(&isFirst) {
                    _ = try scanner.scanValue()
                    count += 1
                }
                counts.append(count)
            }
            #expect(counts == [3, 1])
            #expect(parameters.raw(parameters[2]).string == "[4]")
            #expect(try parameters.string(1) == "after")
        }
        try Self.read(#"{"items":{"x":1}}"#) { #expect($0[2].kind == .object) }
    }

    @Test("Changed bodies are read or refused, and never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        let body = Array(
            #"{"a":"text\n","b":[1,{"x":null}],"items":[{"a":1.5e3},true],"other":-0,"b":"\ud83d\ude00"}"#.utf8)
        var readable = 0
        for _ in 0..<3000 {
            memory.withView(random.mutated(body)) { view in
                let request = EngineRequest(operation: .write, path: .empty, body: view, maxJSONDepth: 20)
                guard let parameters = try? Parameters(request, Self.table) else { return }
                readable += 1
                for kind in Kind.allCases { try? Self.convert(parameters, kind) }
                _ = parameters.warnings(replaced: ["a"])
            }
        }
        #expect(readable > 0)
    }
}
