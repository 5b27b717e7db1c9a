import Bytes
import Dispatching
import TestAids
import Testing
import Vocabulary

@Suite("Without a token")
struct PermissionTests {
    private static let denied = "{\"errors\":[\"permission denied\"]}\n"

    @Test(
        "Nothing is told about mounts, verbs or parameters without a good token",
        arguments: ["", "wrong", "roo", "root ", "roott", "ROOT", "root\u{0}"])
    func denial(_ token: String) async throws {
        let house = try await House()
        for (method, path, query) in [
            (.get, "/v1/echo/a", ""), (.get, "/v1/none/a", ""), (.get, "/v1/echo", ""), (.list, "/v1/echo/a", ""),
            (.post, "/v1/echo/a", ""), (.post, "/v1/echo/a/", ""), (.other, "/v1/echo/a", ""),
            (.patch, "/v1/echo/a", ""),
            (.head, "/v1/echo/a", ""), (.get, "/v1/echo/a", "list=what"), (.get, "/v1/sys/mounts", ""),
            (.get, "/v1/sys/none", ""),
            (.delete, "/v1/sys/health", ""), (.get, "/v1/echo/fault/internal", ""), (.patch, "/v1/none", ""),
        ] as [(WireMethod, String, String)] {
            let answer = await house.ask(method, path, query: query, token: token, body: "{")
            #expect(answer.reply.status == 403 && answer.text == Self.denied, "\(method) \(path) \(answer.text)")
        }
        #expect(house.engines.all.allSatisfy { $0.resolved == 0 })
    }

    @Test("CVE_2026_3605 a path with dot segments is refused before anything else, with and without a token")
    func traversalFirst() async throws {
        let house = try await House()
        for token in ["", "wrong", "root"] {
            for path in ["/v1/sys/../echo/a", "/v1/sys/health/..", "/v1/sys/%2e%2e/echo", "/v1/echo//a"] {
                let answer = await house.ask(.get, path, token: token)
                #expect(answer.reply.status == 400)
                #expect(answer.text == "{\"errors\":[\"path must not contain empty, '.' or '..' segments\"]}\n")
            }
            #expect(await house.ask(.get, "/v1/a%zz", token: token).text == "{\"errors\":[\"malformed path\"]}\n")
            let elsewhere = await house.ask(.get, "/ui/", token: token)
            #expect(elsewhere.reply.status == 404 && elsewhere.text == "{\"errors\":[]}\n")
        }
        #expect(house.engines.all.allSatisfy { $0.resolved == 0 })
    }

    @Test("What is open to all answers without a token")
    func open() async throws {
        let house = try await House()
        #expect(await house.ask(.get, "/v1/sys/health", token: "").reply.status == 200)
        #expect(await house.ask(.get, "/v1/sys/seal-status", token: "wrong").reply.status == 200)
        let mounts = await house.ask(.get, "/v1/sys/internal/ui/mounts", token: "")
        #expect(mounts.reply.status == 200 && mounts.text.contains(#""data":{"auth":{},"secret":{}}"#))
        #expect(await house.ask(.get, "/v1/sys/internal/ui/mounts").text.contains(#""echo/""#))
    }

    @Test("A good token learns that nothing is mounted there")
    func noRoute() async throws {
        let house = try await House()
        for (path, shown) in [
            ("/v1/none/a", "none/a"), ("/v1/ech/a", "ech/a"), ("/v1/echo", "echo"), ("/v1/a%3Cb", #"a\u003cb"#),
        ] {
            let answer = await house.ask(.get, path)
            #expect(answer.reply.status == 404)
            #expect(answer.text == "{\"errors\":[\"no handler for route '\(shown)'\"]}\n")
        }
    }

    @Test("CVE_2023_6337 a body is refused unread exactly when its request would be refused without it")
    func refusing() async throws {
        let house = try await House()
        let cases: [(WireMethod, String, String, Int?)] = [
            (.post, "/v1/echo/a", "root", nil), (.post, "/v1/echo/a", "", 403), (.post, "/v1/echo/a", "wrong", 403),
            (.post, "/v1/none/a", "", 403), (.post, "/v1/none/a", "root", 404), (.post, "/v1/echo/../a", "root", 400),
            (.post, "/v1/echo/a/", "root", 400), (.post, "/elsewhere", "root", 404),
            (.other, "/v1/echo/a", "root", 405),
            (.get, "/v1/sys/health", "", nil), (.post, "/v1/sys/health", "", 403),
            (.post, "/v1/sys/mounts/x", "root", nil),
        ]
        for (method, path, token, status) in cases {
            withView(path) { path in
                withView(token) { token in
                    var request = WireRequest(method: method, path: path)
                    request.token = token
                    var output = ByteWriter()
                    let reply = house.dispatcher.refuse(request, into: &output)
                    #expect(reply?.status == status, "\(method) \(path.string)")
                    #expect((output.count == 0) == (status == nil))
                }
            }
        }
        #expect(house.engines.all.allSatisfy { $0.resolved == 0 })
    }

    @Test(
        "Failures of HTTP itself have the API's form",
        arguments: [
            (.malformed("x"), 400, "malformed request: x"),
            (.tooManyHeaderLines(limit: 5), 431, "request head has more than 5 header lines"),
            (.headerTooLarge(limit: 7), 431, "request head is larger than 7 bytes (setting max_header_size)"),
            (.bodyTooLarge(limit: 9), 413, "request body is larger than 9 bytes (setting max_request_size)"),
            (.unsupported(.version), 505, "unsupported: HTTP version"),
            (.unsupported(.transferCoding), 501, "unsupported: transfer coding"),
            (.unsupported(.expectation), 417, "unsupported: expectation"),
            (.timedOut, 408, "the request did not arrive in time (settings http_read_timeout, max_request_duration)"),
        ] as [(ProtocolFault, Int, String)])
    func protocolFaults(_ fault: ProtocolFault, _ status: Int, _ text: String) async throws {
        let house = try await House()
        var output = ByteWriter()
        output.append("left over")
        let reply = house.dispatcher.reply(to: fault, into: &output)
        let written = output.view.string
        #expect(reply == WireReply(status: status) && written == "{\"errors\":[\"\(text)\"]}\n")
    }

    @Test("A broken header value is answered in plain text, as clients expect")
    func headerValue() async throws {
        var output = ByteWriter()
        let reply = try await House().dispatcher.reply(to: .invalidHeaderValue, into: &output)
        let written = output.view.string
        #expect(reply == WireReply(status: 400, contentType: "text/plain"))
        #expect(written == "400 Bad Request: invalid header value")
    }

    @Test("An empty root token lets nobody in")
    func emptyToken() {
        #expect(!RootToken("").knows(.empty))
        #expect(withView("t") { RootToken("t").knows($0) })
    }
}
