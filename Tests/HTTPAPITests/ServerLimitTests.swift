import Dispatching
import Glibc
import HTTPAPI
import Synchronization
import Testing
import Vocabulary

func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

@Suite(.timeLimit(.minutes(2))) struct ServerLimitTests {
    @Test func aBodyThatIsTooLargeIsRefusedUnread() async throws {
        try await withServer { port in
            for head in [
                "Content-Length: 33554433", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
            ] {
                let client = try RawClient(port: port)
                try client.send("POST /sum HTTP/1.1\r\nHost: h\r\n\(head)\r\n\r\n")
                if head.hasPrefix("Transfer") { try client.send("2000001\r\n") }
                let answer = try client.answer()
                #expect(answer.status == 413 && answer.has("Connection: close"))
            }
        }
    }

    @Test func aClientThatSendsAllOfItSeesThe413() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: 34603008\r\n\r\n")
            let piece = [UInt8](repeating: 65, count: 1 << 20)
            for _ in 0..<33 { try client.send(piece) }
            #expect(try client.answer().status == 413)
        }
    }

    @Test func refusedBodiesAreNotGathered() async throws {
        let answering = EchoAnswering()
        try await withServer(answering) { port in
            for head in [
                "Content-Length: 1000000", "Transfer-Encoding: chunked", "Content-Length: 5\r\nExpect: 100-continue",
            ] {
                let client = try RawClient(port: port)
                try client.send("POST /refused HTTP/1.1\r\nHost: h\r\n\(head)\r\n\r\n")
                let answer = try client.answer()
                #expect(answer.status == 403 && answer.text == "no" && answer.has("Connection: close"))
                client.shutdownWriting()
                #expect(try client.isClosed())
            }
        }
        #expect(answering.answers.load(ordering: .relaxed) == 0)
        #expect(answering.refusalsAsked.load(ordering: .relaxed) == 3)
    }

    @Test func continueIsSaidBeforeTheBody() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            let interim = try client.answer()
            #expect(interim.status == 100 && interim.head == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("abc")
            #expect(try client.answer().text == "post|/a|||||abc")
            try client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
            #expect(try client.answer().text == "post|/a|||||abc")
            try client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: miracles\r\n\r\n")
            #expect(try client.answer().status == 501)
        }
    }

    @Test func faultsAreAnsweredAndEndTheConnection() async throws {
        try await withServer { port in
            for (text, status) in [
                ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\r\nX-Vault-Token: \u{1b}\r\n\r\n", 400),
                ("GET / HTTP/3.0\r\n\r\n", 501), (String(repeating: "a", count: 70_000), 431),
                ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz", 400),
            ] {
                let client = try RawClient(port: port)
                try client.send(
                    "GET /first HTTP/1.1\r\nHost: h\r\n\r\n" + text + "GET /never HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.answer().text == "get|/first|||||")
                let answer = try client.answer()
                #expect(answer.status == status && answer.has("Connection: close"))
                client.shutdownWriting()
                #expect(try client.rest() == "")
            }
        }
    }

    @Test func slowClientsAreCutOff() async throws {
        let configuration = testConfiguration {
            $0.limits.headTimeoutSeconds = 1
            $0.limits.readTimeoutSeconds = 1
        }
        try await withServer(EchoAnswering(), configuration) { port in
            let silent = try RawClient(port: port)
            let loris = try RawClient(port: port)
            let stuck = try RawClient(port: port)
            let idle = try RawClient(port: port)
            try idle.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try idle.answer()
            try stuck.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc")
            try loris.send("GET / HTTP/1.1\r\n")
            for _ in 0..<16 {
                pause(milliseconds: 100)
                // The server may be gone at the end of this.
                try? loris.send("X: y\r\n")
                try? stuck.send("abc")
            }
            #expect(try loris.answer().status == 408)
            #expect(try stuck.answer().status == 408)
            #expect(try silent.rest() == "")
            try idle.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try idle.answer().text == "get|/b|||||")
        }
    }

    @Test func aSlowBodyThatMovesIsNotCutOff() async throws {
        try await withServer(EchoAnswering(), testConfiguration { $0.limits.readTimeoutSeconds = 1 }) { port in
            let client = try RawClient(port: port)
            try client.send("POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n")
            for _ in 0..<25 {
                pause(milliseconds: 100)
                try client.send([UInt8](repeating: 66, count: 2000))
            }
            #expect(try client.answer().status == 200)
        }
    }

    @Test func aBodyThatMovesForEverIsCutOffInTheEnd() async throws {
        try await withServer(EchoAnswering(), testConfiguration { $0.limits.maxRequestSeconds = 1 }) { port in
            for framing in ["Content-Length: 500000", "Transfer-Encoding: chunked"] {
                let client = try RawClient(port: port)
                try client.send("POST /sum HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n")
                for _ in 0..<16 {
                    pause(milliseconds: 100)
                    // 0x7d0 is 2000. The server may be gone at the end of this.
                    if framing.hasPrefix("T") { try? client.send("7d0\r\n") }
                    try? client.send([UInt8](repeating: 66, count: 2000))
                    if framing.hasPrefix("T") { try? client.send("\r\n") }
                }
                #expect(try client.answer().status == 408)
            }
        }
    }

    @Test func aListenerMayHaveLimitsOfItsOwn() async throws {
        var limits = RequestLimits()
        limits.maxRequestBytes = 10
        var second = ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        second.limits = limits
        let server = HTTPServer(
            configuration: testConfiguration { [second] in $0.listeners.append(second) }, answering: EchoAnswering())
        try await server.start()
        let ports = server.localAddresses.compactMap { if case .tcp(_, let port) = $0 { port } else { nil } }
        let statuses = try await onThread {
            try ports.map { port in
                let client = try RawClient(port: port)
                try client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890")
                return try client.answer().status
            }
        }
        await server.shutdown(gracePeriod: .zero)
        #expect(statuses == [200, 413])
    }

    @Test func idleConnectionsAreClosedInTime() async throws {
        try await withServer(EchoAnswering(), testConfiguration { $0.limits.idleTimeoutSeconds = 1 }) { port in
            let client = try RawClient(port: port, timeoutSeconds: 30)
            try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try client.answer()
            #expect(try client.isClosed())
        }
    }

    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        let server = HTTPServer(
            configuration: testConfiguration { $0.limits.writeTimeoutSeconds = 4 }, answering: EchoAnswering())
        try await server.start()
        guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        let client = try await onThread {
            let client = try RawClient(port: port)
            try client.send("GET /large?16000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            pause(milliseconds: 500)
            return Held(client)
        }
        #expect(server.connectionCount == 1)
        for _ in 0..<200 where server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(server.connectionCount == 0)
        withExtendedLifetime(client) {}
        await server.shutdown(gracePeriod: .seconds(1))
    }

    @Test func aSlowReaderGetsItAll() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            var text = ""
            for _ in 0..<20 { text += "GET /large?1000000 HTTP/1.1\r\nHost: h\r\n\r\n" }
            for _ in 0..<200 { text += "GET /large?100000 HTTP/1.1\r\nHost: h\r\n\r\n" }
            try client.send(text)
            pause(milliseconds: 300)
            for _ in 0..<20 { #expect(try client.answer().body.count == 1_000_000) }
            for _ in 0..<200 { #expect(try client.answer().body.count == 100_000) }
        }
    }

    @Test func tooManyConnectionsAreTurnedAway() async throws {
        try await withServer(EchoAnswering(), testConfiguration { $0.maxConnections = 3 }) { port in
            let served = try (0..<3).map { _ in try RawClient(port: port) }
            for client in served {
                try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.answer().status == 200)
            }
            #expect(try RawClient(port: port).isClosed())
            try served[0].send("GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            _ = try served[0].answer()
            #expect(try served[0].isClosed())
            pause(milliseconds: 100)
            let next = try RawClient(port: port)
            try next.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try next.answer().text == "get|/c|||||")
        }
    }

    @Test func mutatedRequestsLeaveTheServerServing() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await withServer(EchoAnswering(), testConfiguration { $0.limits.maxRequestBytes = 4096 }) { port in
            var random = SeededRandom(seed: seed)
            let valid = [
                "POST /v1/a?q HTTP/1.1\r\nHost: h\r\nX-Vault-Token: t\r\nContent-Length: 6\r\n\r\nabcdef",
                "PUT /task HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ]
            for round in 0..<2000 {
                var bytes = Array(valid[round % 2].utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) { random.mutate(&bytes) }
                let client = try RawClient(port: port)
                try client.send(bytes)
                client.shutdownWriting()
                let answers = try client.rest()
                #expect(answers.isEmpty || answers.hasPrefix("HTTP/1.1 "), "seed \(seed)")
            }
            let client = try RawClient(port: port)
            try client.send("GET /alive HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().text == "get|/alive|||||")
        }
    }
}

/// Keeps a client open across threads; nobody uses it meanwhile.
private final class Held: @unchecked Sendable {
    let client: RawClient
    init(_ client: RawClient) { self.client = client }
}
