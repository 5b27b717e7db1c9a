import Bytes
import Dispatching
import Testing

@testable import HTTPAPI

/// The parts of a request, copied while its bytes are there.
private struct Parts {
    let path: String
    let query: String
    let token: String
    let namespace: String
    let isForm: Bool
    let isMergePatch: Bool
}

/// Parses a text at once; nil when the head is not complete.
private func parse(_ text: String, limit: Int = 65536) throws -> (RequestHead, Parts)? {
    var parser = RequestHeadParser(limit: limit)
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBytes { raw in
        let view = ByteView(raw)
        guard let head = try parser.parse(view) else { return nil }
        let request = head.request(in: view, body: .empty)
        let parts = Parts(
            path: request.path.string, query: request.query.string, token: request.token.string,
            namespace: request.namespace.string, isForm: request.isForm, isMergePatch: request.isMergePatch)
        return (head, parts)
    }
}

private func fault(_ text: String, limit: Int = 65536) -> ProtocolFault? {
    do {
        let result = try parse(text, limit: limit)
        Issue.record("accepted: \(text.debugDescription) as \(String(describing: result?.0))")
        return nil
    } catch { return error as? ProtocolFault }
}

@Suite struct RequestHeadParserTests {
    @Test(arguments: [
        ("GET", WireMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("LIST", .list),
        ("PATCH", .patch), ("OPTIONS", .other), ("get", .other), ("TRACE", .other), ("PURGE-ALL", .other),
    ])
    func verbsAreRecognised(name: String, method: WireMethod) throws {
        let (head, request) = try #require(try parse("\(name) /v1/a HTTP/1.1\r\nHost: h\r\n\r\n"))
        #expect(head.method == method)
        #expect(request.path == "/v1/a")
        #expect(head.keepsAlive && !head.isVersion10 && head.framing == .none)
    }

    @Test(arguments: [
        ("/v1/a?list=true&x=1", "/v1/a", "list=true&x=1"), ("/", "/", ""), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"),
        ("/v1/%2f//..", "/v1/%2f//..", ""), ("/v1/schlüssel", "/v1/schlüssel", ""),
        ("http://h:1/v1/a?q", "/v1/a", "q"), ("HTTPS://h/v1", "/v1", ""), ("http://h", "/", ""),
        ("http://h?q=1", "/", "q=1"),
    ])
    func targetsAreSplit(target: String, path: String, query: String) throws {
        let (_, request) = try #require(try parse("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"))
        #expect(request.path == path)
        #expect(request.query == query)
    }

    @Test func headersThatMeanSomethingAreFound() throws {
        let (head, request) = try #require(
            try parse(
                "POST /p HTTP/1.1\r\nhOST:h\r\nX-VAULT-token: \t tok en\t \r\nx-vault-namespace: n/\r\nAccept: */*\r\n"
                    + "Authorization: Bearer other\r\ncontent-LENGTH: 12\r\nExpect: 100-Continue\r\n"
                    + "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8\r\nX-Empty:\r\n\r\nBODY"))
        #expect(request.token == "tok en")
        #expect(request.namespace == "n/")
        #expect(request.isForm && !request.isMergePatch)
        #expect(head.framing == .length(12))
        #expect(head.expectsContinue)
    }

    @Test(arguments: [
        ("Authorization: Bearer abc", "abc"), ("authorization: bEARER   abc", "abc"), ("Authorization: Basic abc", ""),
        ("Authorization: Bearer", ""), ("X-Vault-Token:\r\nAuthorization: Bearer abc", "abc"),
        ("Authorization: Bearer abc\r\nX-Vault-Token: t", "t"),
    ])
    func bearerTokensServeWhereThereIsNoOther(header: String, token: String) throws {
        let (_, request) = try #require(try parse("GET / HTTP/1.1\r\nHost: h\r\n\(header)\r\n\r\n"))
        #expect(request.token == token)
    }

    @Test(arguments: [
        ("HTTP/1.1\r\nHost: h", true), ("HTTP/1.1\r\nHost: h\r\nConnection: close", false),
        ("HTTP/1.1\r\nHost: h\r\nConnection: foo, CLOSE", false), ("HTTP/1.0", false),
        ("HTTP/1.0\r\nConnection: Keep-Alive", true), ("HTTP/1.0\r\nConnection: keep-alive, close", false),
        ("HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close", false),
        ("HTTP/1.1\r\nHost: h\r\nConnection: closed", true),
    ])
    func connectionOptions(rest: String, keepsAlive: Bool) throws {
        let (head, _) = try #require(try parse("GET / \(rest)\r\n\r\n"))
        #expect(head.keepsAlive == keepsAlive)
    }

    @Test func mediaTypesAndEmptyLines() throws {
        let (head, _) = try #require(
            try parse("\r\n\r\nPATCH / HTTP/1.1\r\nHost:\r\nContent-Type: application/merge-patch+json\r\n\r\n"))
        #expect(head.isMergePatch && !head.isForm)
    }

    @Test func aLengthPastAllIntegersIsTheLargest() throws {
        let (head, _) = try #require(
            try parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n"))
        #expect(head.framing == .length(.max))
        let (zero, _) = try #require(try parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 000\r\n\r\n"))
        #expect(zero.framing == .length(0))
    }

    @Test(arguments: [
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\r\nHost: h\r\n\r\n", "GET\r\n\r\n", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / http/1.1\r\nHost: h\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "GET v1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\n",
        "GET / HTTP/1.1\rX\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\tfolded: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA\u{0}: v\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX-Vault-Token: a\r\nX-Vault-Token: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX-Vault-Namespace: a\r\nX-Vault-Namespace: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer a\r\n\r\n",
        "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "\u{16}\u{3}\u{1}",
    ])
    func malformedHeadsAreRefused(text: String) {
        guard case .malformed = fault(text) else {
            Issue.record("not malformed: \(text.debugDescription)")
            return
        }
    }

    @Test(arguments: [0...8, 10...31, 127...127])
    func controlCharactersInAValueHaveTheirOwnSentence(codes: ClosedRange<UInt8>) throws {
        for code in codes where code != 10 {
            for padding in ["", "12345678", "1234567812345"] {
                var bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nX-Vault-Token: \(padding)".utf8) + [code]
                bytes += Array("x\r\n\r\n".utf8)
                let refused = fault(String(decoding: bytes, as: UTF8.self))
                #expect(refused == .invalidHeaderValue, "\(code)")
            }
        }
        let (_, request) = try #require(try parse("GET / HTTP/1.1\r\nHost: h\r\nX-Vault-Token: ä\tb~\r\n\r\n"))
        #expect(request.token == "ä\tb~")
    }

    @Test(arguments: [
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
    ])
    func whatIsNotServedIsSaid(text: String) {
        guard case .unsupported = fault(text) else {
            Issue.record("not unsupported: \(text.debugDescription)")
            return
        }
    }

    @Test func headsAreBounded() throws {
        let line = "X-A: 1\r\n"
        let many = String(repeating: line, count: RequestHeadParser.maxFields)
        #expect(
            fault("GET / HTTP/1.1\r\nHost: h\r\n\(many)\r\n") == .tooManyHeaderLines(limit: RequestHeadParser.maxFields)
        )
        let most = String(repeating: line, count: RequestHeadParser.maxFields - 1)
        #expect(try parse("GET / HTTP/1.1\r\nHost: h\r\n\(most)\r\n") != nil)
        let long = "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 1000))\r\n\r\n"
        #expect(fault(long, limit: 1000) == .headerTooLarge(limit: 1000))
        #expect(fault(String(repeating: "a", count: 1000), limit: 1000) == .headerTooLarge(limit: 1000))
        #expect(try parse(long, limit: long.utf8.count) != nil)
    }

    @Test func aHeadThatTricklesInIsTheSameHead() throws {
        let text = "POST /v1/x?y HTTP/1.1\r\nHost: h\r\nX-Vault-Token: abc\r\nContent-Length: 3\r\n\r\n"
        let (whole, _) = try #require(try parse(text))
        let bytes = Array(text.utf8)
        var parser = RequestHeadParser(limit: 65536)
        var found: RequestHead?
        for end in 1...bytes.count {
            found = try bytes[..<end].withUnsafeBytes { try parser.parse(ByteView($0)) }
            if end < bytes.count { #expect(found == nil) }
        }
        #expect(found == whole)
        #expect(whole.count == bytes.count)
    }

    @Test func aLongHeadByteByByteIsNotQuadratic() throws {
        let text = "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "a", count: 60_000)
        let bytes = Array(text.utf8)
        var parser = RequestHeadParser(limit: 65536)
        let start = ContinuousClock.now
        try bytes.withUnsafeBytes { raw in
            for end in 1...bytes.count { _ = try parser.parse(ByteView(UnsafeRawBufferPointer(rebasing: raw[..<end]))) }
        }
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func mutatedHeadsNeverTrap() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        let text = "POST /v1/x?y HTTP/1.1\r\nHost: h\r\nX-Vault-Token: abc\r\nTransfer-Encoding: chunked\r\n\r\n"
        for _ in 0..<20_000 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) { random.mutate(&bytes) }
            var parser = RequestHeadParser(limit: 512)
            bytes.withUnsafeBytes { raw in
                let view = ByteView(raw)
                guard let head = try? parser.parse(view) else { return }
                let request = head.request(in: view, body: .empty)
                #expect(head.count <= view.count && !request.path.isEmpty, "seed \(seed)")
            }
        }
    }
}

/// A repeatable source of randomness. **Source** SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Changes, removes, doubles or inserts a byte.
    mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &self)
        let telling: [UInt8] = [0, 9, 10, 13, 32, 35, 44, 48, 58, 59, 63, 127, 255, 45, 102]
        switch Int.random(in: 0..<5, using: &self) {
        case 0: bytes[at] = UInt8.random(in: 0 ... .max, using: &self)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(bytes[at], at: at)
        case 3: bytes[at] = telling.randomElement(using: &self) ?? 0
        default: bytes.insert(telling.randomElement(using: &self) ?? 0, at: at)
        }
    }
}
