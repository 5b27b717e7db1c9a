import Bytes
import Dispatching
import Storage
import Testing
import Vocabulary

@Suite("The way of a request")
struct RequestTests {
    @Test("An enveloped answer has its members in the wire's order, to the byte")
    func envelope() async throws {
        let house = try await House()
        let rest = #","wrap_info":null,"warnings":null,"auth":null,"mount_type":"echo"}"#
        let start = #"{"request_id":"0","lease_id":"","renewable":false,"lease_duration":0,"data":"#
        let echoed = #"{"body":"","depth":300,"fans_out":false,"operation":"read","path":"some/path"}"#
        let answer = await house.ask(.get, "/v1/echo/some/path")
        #expect(answer.stable == start + echoed + rest + "\n")
        #expect(answer.reply == WireReply(status: 200))
        #expect(await house.ask(.get, "/v1/echo/null").stable == start + "null" + rest + "\n")
        let warned = #","wrap_info":null,"warnings":["one","\u003ctwo\u003e"],"auth":null,"mount_type":"echo"}"#
        #expect(await house.ask(.get, "/v1/echo/warned").stable == start + "null" + warned + "\n")
        let batch = await house.ask(.get, "/v1/echo/batch")
        #expect(batch.reply.status == 400)
        #expect(batch.stable == start + #"{"batch_results":[]}"# + rest)
        let mirrored = rest.dropLast() + #","x":1,"y":{}}"#
        #expect(await house.ask(.get, "/v1/echo/mirrored").stable == start + #"{"x":1,"y":{}}"# + mirrored + "\n")
        #expect(await house.ask(.get, "/v1/echo/mirrored-empty").stable == start + "{}" + rest + "\n")
    }

    @Test("A bare answer has no envelope, and nothing to say is a 204 without a body")
    func otherForms() async throws {
        let house = try await House()
        #expect(await house.ask(.get, "/v1/echo/bare").text == "{\"x\":1}\n")
        let nothing = await house.ask(.get, "/v1/echo/nothing")
        #expect(nothing.text.isEmpty && nothing.reply.status == 204)
    }

    @Test("Every request has an id of its own, a random UUID")
    func requestIDs() async throws {
        let house = try await House()
        var ids: Set<String> = []
        for _ in 0..<100 { ids.insert(await house.ask(.get, "/v1/echo/null").members["request_id"] as? String ?? "") }
        #expect(ids.count == 100)
    }

    @Test("A command that needs storage is answered in a task, once, with nothing left of the attempt")
    func storing() async throws {
        let house = try await House()
        let answer = await house.ask(.post, "/v1/echo/storing", body: "{}")
        #expect(answer.reply.status == 200 && answer.echoed("path") == "storing")
        #expect(answer.text.contains(#""fans_out":true"#) && !answer.text.contains("taken back"))
        #expect(try await house.storage.list(under: "mount/", after: nil, limit: 10).count == 1)
    }

    @Test(
        "Each class of fault has its status and its form, to the byte",
        arguments: [
            ("invalidRequest", 400, false), ("permissionDenied", 403, false), ("noRoute", 404, false),
            ("unsupportedPath", 404, true),
            ("unsupportedOperation", 405, true), ("tooLarge", 413, false), ("unsupportedMediaType", 415, false),
            ("internal", 500, true), ("unavailable", 503, false),
        ])
    func faults(_ name: String, _ status: Int, _ isWrapped: Bool) async throws {
        let house = try await House()
        let plain = #"it \u003cfailed\u003e \"here\""#
        let text = isWrapped ? #"1 error occurred:\n\t* "# + plain + #"\n\n"# : plain
        for inTask in [false, true] {
            let answer = await house.ask(.get, "/v1/echo/fault/\(name)", inTask: inTask)
            #expect(answer.text == #"{"errors":[""# + text + "\"]}\n")
            #expect(answer.reply == WireReply(status: status))
        }
    }

    @Test(
        "Where nothing is there, or a query is unreadable, there is no sentence",
        arguments: [("nothingThere", 404), ("malformedQuery", 400)])
    func silentFaults(_ name: String, _ status: Int) async throws {
        let answer = try await House().ask(.get, "/v1/echo/fault/\(name)")
        #expect(answer.text == "{\"errors\":[]}\n" && answer.reply.status == status)
    }

    @Test("A fault in the middle of an answer leaves nothing of what was written")
    func lateFault() async throws {
        let answer = try await House().ask(.get, "/v1/echo/late")
        #expect(answer.reply.status == 500)
        #expect(answer.text.hasPrefix(#"{"errors":["#) && !answer.text.contains("half an answer"))
    }

    @Test("The verb says the operation, POST and PUT the same")
    func verbs() async throws {
        let house = try await House()
        for (method, operation) in [
            (WireMethod.get, "read"), (.post, "write"), (.put, "write"), (.delete, "delete"), (.list, "list"),
        ] {
            #expect(await house.ask(method, "/v1/echo/a").echoed("operation") == operation)
        }
        let refused = "{\"errors\":[\"1 error occurred:\\n\\t* unsupported operation\\n\\n\"]}\n"
        for method in [WireMethod.other, .head] {
            let answer = await house.ask(method, "/v1/echo/a")
            #expect(answer.reply.status == 405 && answer.text == refused)
        }
        #expect(await house.ask(.patch, "/v1/echo/a").reply.status == 415)
        #expect(await house.ask(.patch, "/v1/echo/a", isMergePatch: true).echoed("operation") == "patch")
        #expect(await house.ask(.head, "/v1/sys/health").reply.status == 200)
    }

    @Test(
        "GET with a true list flag is LIST, a false one is GET, anything else is told without a sentence",
        arguments: [
            ("list=true", "list"), ("list=1", "list"), ("list=T", "list"), ("a=b&list=TRUE", "list"),
            ("list=t&list=false", "list"),
            ("list=false", "read"), ("list=0", "read"), ("list=", "read"), ("list", "read"), ("", "read"),
            ("lists=true", "read"),
            ("list=yes", "400"), ("list=2", "400"), ("list=true ", "400"),
        ])
    func listFlag(_ query: String, _ expected: String) async throws {
        let answer = try await House().ask(.get, "/v1/echo/a", query: query)
        if expected == "400" {
            #expect(answer.reply.status == 400 && answer.text == "{\"errors\":[]}\n")
        } else {
            #expect(answer.echoed("operation") == expected)
        }
    }

    @Test("LIST takes its path with and without the slash, a write to a folder is a mistake")
    func folders() async throws {
        let house = try await House()
        for path in ["/v1/echo/keys", "/v1/echo/keys/"] {
            #expect(await house.ask(.list, path).echoed("path") == "keys")
        }
        #expect(await house.ask(.get, "/v1/echo/keys/").echoed("path") == "keys/")
        let answer = await house.ask(.post, "/v1/echo/keys/")
        #expect(
            answer.reply.status == 400 && answer.text == "{\"errors\":[\"cannot write to a path ending in '/'\"]}\n")
        #expect(await house.ask(.post, "/v1/sys/mounts/new/", body: #"{"type":"echo"}"#).reply.status == 204)
    }

    @Test("A form becomes JSON unless it is JSON already, and queries become parameters of what has no body")
    func parameters() async throws {
        let house = try await House()
        func body(_ method: WireMethod, query: String = "", _ body: String, isForm: Bool) async -> String {
            await house.ask(method, "/v1/echo/a", query: query, body: body, isForm: isForm).echoed("body")
        }
        #expect(await body(.post, "plaintext=aGVsbG8=", isForm: true) == #"{"plaintext":"aGVsbG8="}"#)
        #expect(await body(.post, #" {"a":1}"#, isForm: true) == #" {"a":1}"#)
        #expect(await body(.post, "[1]", isForm: true) == "[1]")
        #expect(await body(.post, "", isForm: true) == "")
        #expect(await body(.post, " \n", isForm: true) == " \n")
        #expect(await body(.post, "a=b", isForm: false) == "a=b")
        #expect(await body(.post, query: "q=1", #"{"a":1}"#, isForm: false) == #"{"a":1}"#)
        #expect(
            await body(.get, query: "after=a%20b&limit=5", "ignored", isForm: true) == #"{"after":"a b","limit":"5"}"#)
        #expect(await body(.list, query: "list=true&after=x", "", isForm: false) == #"{"after":"x"}"#)
        #expect(await body(.delete, query: "x", "", isForm: false) == #"{"x":""}"#)
        #expect(await body(.get, "a body on GET", isForm: false) == "")
    }

    @Test("The nesting limit of the settings reaches the engine")
    func depthLimit() async throws {
        var limits = RequestLimits()
        limits.maxJSONDepth = 7
        #expect(try await House(limits: limits).ask(.get, "/v1/echo/a").text.contains(#""depth":7"#))
    }
}
