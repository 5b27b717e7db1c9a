import Dispatching
import Glibc
import HTTPAPI
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct ServerTests {
    @Test func requestsAreAnsweredAndTheConnectionKept() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            for round in 0..<3 {
                try client.send(
                    "POST /v1/a?q=\(round) HTTP/1.1\r\nHost: h\r\nX-Vault-Token: t\r\nContent-Length: 4\r\n\r\nbody")
                let answer = try client.answer()
                #expect(answer.status == 200)
                #expect(answer.text == "post|/v1/a|q=\(round)|t|||body")
                #expect(answer.has("Content-Type: application/json"))
                #expect(answer.has("Cache-Control: no-store"))
                #expect(answer.head.contains("\r\nDate: "))
                #expect(!answer.head.contains("Connection:"))
            }
            try client.send("LIST /v1/keys HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().text == "list|/v1/keys|||||")
        }
    }

    @Test func answersDoNotWaitForMoreThanOneSlowOne() async throws {
        let answering = EchoAnswering()
        try await withServer(answering) { port in
            let clients = try (0..<21).map { _ in try RawClient(port: port) }
            // All of them are known to the loop, and what they send while it is busy comes in with one turn.
            for client in clients {
                try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try client.answer()
            }
            try clients[20].send("GET /busy/est HTTP/1.1\r\nHost: h\r\n\r\n")
            usleep(50_000)
            for client in clients[..<20] { try client.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n") }
            _ = try clients[0].answer()
            #expect(answering.answers.load(ordering: .relaxed) < 42, "the first answer waited for the last")
            for client in clients[1..<21] { _ = try client.answer() }
        }
    }

    @Test func answersWithoutBodyAndToHead() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n")
            let empty = try client.answer()
            #expect(empty.status == 204 && !empty.head.contains("Content-"))
            #expect(empty.has("Cache-Control: no-store"))
            try client.send("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().has("Content-Length: 0"))
            for path in ["/v1/a", "/task/a"] {
                try client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.answer(toHEAD: true).has("Content-Length: \("head|\(path)|||||".count)"))
            }
            try client.send("HEAD /task/large?1000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer(toHEAD: true).has("Content-Length: 1000000"))
            try client.send("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let last = try client.answer()
            #expect(last.text == "get|/last|||||" && last.has("Connection: close"))
            #expect(try client.isClosed())
        }
    }

    @Test func version10ClosesUnlessAsked() async throws {
        try await withServer { port in
            let kept = try RawClient(port: port)
            for _ in 0..<2 {
                try kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try kept.answer().has("Connection: keep-alive"))
            }
            let closed = try RawClient(port: port)
            try closed.send("GET /a HTTP/1.0\r\n\r\n")
            #expect(try closed.answer().has("Connection: close"))
            #expect(try closed.isClosed())
        }
    }

    @Test func aRequestMayBeSplitAnywhere() async throws {
        try await withServer { port in
            for request in [
                "POST /v1/a?q HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef",
                "POST /task?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                    + "chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
            ] {
                let bytes = Array(request.utf8)
                let client = try RawClient(port: port)
                for cut in 1..<bytes.count {
                    try client.send(Array(bytes[..<cut]))
                    if cut % 4 == 0 { pause(milliseconds: 1) }
                    try client.send(Array(bytes[cut...]))
                    #expect(try client.answer().text.hasSuffix("|q||||abcdef"))
                }
            }
        }
    }

    @Test func everyByteByItself() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            for byte
                in "GET /one HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxyGET /two HTTP/1.1\r\nHost: h\r\n\r\n"
                .utf8
            {
                try client.send([byte])
                pause(milliseconds: 1)
            }
            #expect(try client.answer().text == "get|/one|||||xy")
            #expect(try client.answer().text == "get|/two|||||")
        }
    }

    @Test func pipelinedAnswersKeepTheirOrder() async throws {
        let answering = EchoAnswering()
        try await withServer(answering) { port in
            let client = try RawClient(port: port)
            let paths = ["/slow/1", "/fast/2", "/task/3", "/fast/4", "/task/large", "/fast/5"]
            var text = ""
            for path in paths { text += "POST \(path)?300001 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" }
            try client.send(text)
            for path in paths {
                let answer = try client.answer()
                if path == "/task/large" {
                    #expect(answer.body.count == 300_001)
                } else {
                    #expect(answer.text == "post|\(path)|300001||||abc")
                }
            }
        }
        #expect(answering.tasks.load(ordering: .relaxed) == 3)
    }

    @Test func aThousandPipelinedRequestsBehindASlowOne() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
            let padding = String(repeating: "p", count: 400)
            // More than the backlog takes: the socket must be left unread, and read again later.
            for number in 0..<1000 {
                try client.send("GET /n/\(number) HTTP/1.1\r\nHost: h\r\nX-Pad: \(padding)\r\n\r\n")
            }
            #expect(try client.answer().text == "get|/slow|||||")
            for number in 0..<1000 { #expect(try client.answer().text == "get|/n/\(number)|||||") }
        }
    }

    @Test func largeBodiesBothWays() async throws {
        let answering = EchoAnswering()
        try await withServer(answering) { port in
            let client = try RawClient(port: port)
            for (size, path) in [
                (100_000, "/sum"), (131_072, "/sum"), (1_500_000, "/sum"), (40_000, "/task"), (900_000, "/sum"),
            ] {
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
                let target = path == "/task" ? "/task/large?2000000" : path
                try client.send("POST \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                try client.send(body)
                let answer = try client.answer()
                if path == "/sum" {
                    #expect(answer.text == "\(size) \(EchoAnswering.sum(body))")
                } else {
                    #expect(answer.body == (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
                }
            }
            // The same in chunks, and an answer out of the event loop that is written in pieces.
            var chunked = Array("POST /sum HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            var body: [UInt8] = []
            for size in [1, 100_000, 7, 300_000] {
                let chunk = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 3) }
                chunked += Array("\(String(size, radix: 16));e\r\n".utf8) + chunk + [13, 10]
                body += chunk
            }
            try client.send(chunked + Array("0\r\nT: r\r\n\r\nGET /large?1500000 HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(try client.answer().text == "\(body.count) \(EchoAnswering.sum(body))")
            #expect(try client.answer().body.count == 1_500_000)
        }
        #expect(answering.tasks.load(ordering: .relaxed) == 5)
    }

    @Test func aClientThatIsDoneSendingIsStillAnswered() async throws {
        try await withServer { port in
            for path in ["/a", "/slow", "/task/large"] {
                let client = try RawClient(port: port)
                try client.send("GET \(path)?1000000 HTTP/1.1\r\nHost: h\r\n\r\n")
                client.shutdownWriting()
                #expect(try client.answer().status == 200)
                #expect(try client.isClosed())
            }
        }
    }

    @Test func stoppingLetsRequestsInFlightFinish() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.listeners = [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0))]
        configuration.threads = 2
        let answering = EchoAnswering()
        let server = HTTPServer(configuration: configuration, answering: answering)
        try await server.start()
        guard case .tcp(let host, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        #expect(host == "127.0.0.1")
        let busy = Task {
            try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET /slow/est HTTP/1.1\r\nHost: h\r\n\r\n")
                let answer = try client.answer()
                return try answer.has("Connection: close") && client.isClosed()
            }
        }
        let idle = Task {
            try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try client.answer()
                return try client.isClosed()
            }
        }
        for _ in 0..<500 where answering.starts.load(ordering: .relaxed) < 2 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let start = ContinuousClock.now
        await server.shutdown(gracePeriod: .seconds(30))
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try await busy.value)
        #expect(try await idle.value)
        #expect(server.localAddresses.isEmpty)
        await #expect(throws: HTTPServerError.alreadyStarted) { try await server.start() }
    }
}
