import Bytes
import TestAids
import Testing

@Suite("Forms and percent escapes")
struct FormTests {
    private static func json(_ form: String, leavingOut excluded: Set<String> = []) -> String {
        withView(form) { view in
            let writer = FormBody.json(from: view, leavingOut: excluded)
            return writer.view.string
        }
    }

    @Test(
        "A form becomes one object of strings",
        arguments: [
            ("", "{}"), ("a=1", #"{"a":"1"}"#), ("a=1&b=2", #"{"a":"1","b":"2"}"#), ("b=2&a=1", #"{"b":"2","a":"1"}"#),
            ("plaintext=aGVsbG8=", #"{"plaintext":"aGVsbG8="}"#), ("a=x%3Dy%26z", #"{"a":"x=y\u0026z"}"#),
            ("a", #"{"a":""}"#),
            ("a=", #"{"a":""}"#), ("=v", #"{"":"v"}"#), ("&&a=1&&", #"{"a":"1"}"#), ("a=1+2%2B3", #"{"a":"1 2+3"}"#),
            ("a=1&a=2&b=0&a=3", #"{"a":"1,2,3","b":"0"}"#), ("a=%zz&b=1", #"{"b":"1"}"#), ("a%2=1&b=1", #"{"b":"1"}"#),
            ("a=%C3%A9", #"{"a":"é"}"#), ("a=%FF", "{\"a\":\"\u{fffd}\"}"), ("a=\"&b=\\", #"{"a":"\"","b":"\\"}"#),
            ("a=%00", #"{"a":"\u0000"}"#),
        ])
    func forms(_ form: String, _ expected: String) {
        #expect(Self.json(form) == expected)
    }

    @Test("A key can be left out, all its values with it")
    func leavingOut() {
        #expect(Self.json("list=true&a=1&list=false&list", leavingOut: ["list"]) == #"{"a":"1"}"#)
        #expect(Self.json("list=true", leavingOut: ["list"]) == "{}")
        #expect(Self.json("lists=1", leavingOut: ["list"]) == #"{"lists":"1"}"#)
    }

    @Test("Any bytes at all become acceptable JSON", arguments: Seeds.all)
    func noise(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab=&%+0fFé\"\\<".utf8) + [0xFF, 0x00, 0x0A]
        for _ in 0..<1000 {
            let form = (0..<random.int(0...60)).map { _ in random.pick(alphabet) }
            let writer = withView(form) { FormBody.json(from: $0) }
            let value = try scan(writer.view)
            #expect(value.kind == .object)
        }
    }

    @Test(
        "Percent escapes are decoded, and broken ones refused",
        arguments: [
            ("", ""), ("abc", "abc"), ("%41%5a%5A", "AZZ"), ("%25", "%"), ("a+b", "a+b"), ("%", nil), ("%4", nil),
            ("%4g", nil),
            ("%g4", nil), ("%%41", nil), ("a%", nil), ("%2541", "%41"),
        ] as [(String, String?)])
    func percent(_ text: String, _ expected: String?) {
        #expect(PercentEncoding.decode(text.utf8, plusIsSpace: false) == expected.map { Array($0.utf8) })
    }

    @Test("A plus is a space only where that is asked for")
    func plus() {
        #expect(PercentEncoding.decode("a+b%2B".utf8, plusIsSpace: true) == Array("a b+".utf8))
        #expect(PercentEncoding.decode("a+b%2B".utf8, plusIsSpace: false) == Array("a+b+".utf8))
    }

    @Test("CVE_2025_59043 one key repeated through a whole body costs time in proportion, not to its square")
    func repeatedKeys() {
        func fastest(_ parts: Int) -> Duration {
            let form = Array(String(repeating: "a&", count: parts).utf8)
            return (0..<3).map { _ in
                ContinuousClock().measure { withView(form) { _ = FormBody.json(from: $0).count } }
            }.min() ?? .zero
        }
        let (short, long) = (fastest(30_000), fastest(240_000))
        // Eight times the parts: 8 for linear work, 64 for quadratic.
        #expect(long < short * 16, "\(short) for 30,000 parts, \(long) for 240,000")
    }
}
