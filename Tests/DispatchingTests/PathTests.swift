import Bytes
import TestAids
import Testing

@testable import Dispatching

@Suite("Request paths")
struct PathTests {
    private static func decode(_ raw: String) throws(PathFault) -> String {
        try withView(raw) { (view) throws(PathFault) in
            var scratch = ByteWriter()
            return try RequestPath.decode(view, &scratch).string
        }
    }

    @Test(
        "A path below /v1/ is decoded once",
        arguments: [
            ("/v1/transit/keys/k", "transit/keys/k"), ("/v1/a", "a"), ("/v1/a/", "a/"), ("/v1/a%20b", "a b"),
            ("/v1/%61", "a"),
            ("/v1/a%252e", "a%2e"), ("/v1/a%2Fb", "a/b"), ("/v1/a+b", "a+b"), ("/v1/...", "..."),
            ("/v1/.a/b.", ".a/b."),
            ("/v1/a..b/..c", "a..b/..c"), ("/v1/%C3%A9", "é"),
        ])
    func good(_ raw: String, _ path: String) throws {
        #expect(try Self.decode(raw) == path)
    }

    @Test(
        "CVE_2026_3605 segments that are dots or empty are refused, however they are spelled",
        arguments: [
            "/v1/..", "/v1/.", "/v1/a/..", "/v1/a/../b", "/v1/../a", "/v1/a/./b", "/v1/a/.", "/v1//", "/v1//a",
            "/v1/a//b",
            "/v1/a//", "/v1/%2e%2e/a", "/v1/a/%2e%2e", "/v1/a/.%2e/b", "/v1/a/%2E/b", "/v1/a%2f..%2fb", "/v1/a/%2fb",
            "/v1/a%2f/b", "/v1/%2f", "/v1/a%2f%2fb", "/v1/a%2f%2e%2e", "/v1/a/../", "/v1/./",
        ])
    func traversal(_ raw: String) {
        #expect(throws: PathFault.traversal) { try Self.decode(raw) }
    }

    @Test(
        "Broken escapes and control characters are refused",
        arguments: [
            "/v1/%", "/v1/%4", "/v1/%zz", "/v1/a%0ab", "/v1/a%00", "/v1/%7f", "/v1/%1f", "/v1/a\u{1}b", "/v1/a%2",
        ])
    func malformed(_ raw: String) {
        #expect(throws: PathFault.malformed) { try Self.decode(raw) }
    }

    @Test(
        "What is not below /v1/ is elsewhere",
        arguments: ["", "/", "/v1", "/v1/", "/v2/a", "v1/a", "/V1/a", "/%761/a", "//v1/a"])
    func elsewhere(_ raw: String) {
        #expect(throws: PathFault.elsewhere) { try Self.decode(raw) }
    }

    @Test("No spelling of a path comes through with a dot segment in it", arguments: Seeds.all)
    func property(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [".", "..", "/", "a", "%2e", "%2E", "%2f", "%2F", "%25", "%", "//", "b", "%252e", "%00", "é"]
        var passed = 0
        for _ in 0..<5000 {
            let raw = "/v1/" + (0..<random.int(1...7)).map { _ in random.pick(pieces) }.joined()
            guard let path = try? Self.decode(raw) else { continue }
            passed += 1
            var segments = path.split(separator: "/", omittingEmptySubsequences: false)
            if segments.last == "" { segments.removeLast() }
            #expect(!segments.contains { $0.isEmpty || $0 == "." || $0 == ".." }, "\(raw)")
        }
        #expect(passed > 100)
    }
}
