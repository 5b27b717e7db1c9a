import Dispatching
import Foundation
import HTTPAPI
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct DrainTests {
    @Test func requestsInFlightAreAnsweredOverTLS() async throws {
        let folder = try CertificateFolder()
        let answering = EchoAnswering()
        let configuration = testConfiguration {
            $0.threads = 2
            $0.listeners[0].tls = folder.settings
        }
        let server = HTTPServer(configuration: configuration, answering: answering)
        try await server.start()
        guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        let idle = Task {
            try await onThread {
                let tool = try RunningTool(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-quiet", "-ign_eof"])
                tool.send(Array("GET /a HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
                return tool.wait(for: 50) && tool.ends()
            }
        }
        let busy = ["--http1.1", "--http2", "--http1.1", "--http2"].map { flag in
            Task { try await onThread { try curl(port, folder, [flag, "-i", "URL/slow/est"]) } }
        }
        let frames = Task {
            try await onThread {
                let client = try FrameClient(port)
                client.send(FrameClient.frame(1, 5, 1, FrameClient.request("/slow/est")))
                var types: [UInt8] = []
                while let frame = client.next() { types.append(frame.type) }
                return (types, client.goodbye().hasEnded)
            }
        }
        for _ in 0..<500 where answering.starts.load(ordering: .relaxed) < 6 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let start = ContinuousClock.now
        await server.shutdown(gracePeriod: .seconds(8))
        #expect(ContinuousClock.now - start < .seconds(6))
        for task in busy {
            let result = try await task.value
            #expect(result.output.hasSuffix(" 200"), "\(result)")
            if result.output.hasSuffix("1.1 200") { #expect(result.output.contains("Connection: close\r\n")) }
        }
        #expect(try await idle.value)
        // GOAWAY at once, then the answer's head and body, then the last word.
        let (types, hasEnded) = try await frames.value
        #expect(types == [7, 1, 0, 7] && hasEnded, "\(types)")
        #expect(server.connectionCount == 0)
    }

    @Test func underLoadNoRequestIsLost() async throws {
        let answering = EchoAnswering()
        let server = HTTPServer(configuration: testConfiguration { $0.threads = 2 }, answering: answering)
        try await server.start()
        guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        let clients = (0..<8).map { number in
            Task {
                try await onThread {
                    let client = try RawClient(port: port)
                    var answers = 0
                    while true {
                        let path = number % 2 == 0 ? "/fast" : "/task"
                        // Whoever was told that it is over stops; anything else that fails is a lost request, or one
                        // that crossed the end of a connection at rest, which brings no byte.
                        do {
                            try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                            let answer = try client.answer()
                            answers += 1
                            if answer.has("Connection: close") { return answers }
                        } catch let error as ClientError {
                            #expect(error.what.hasPrefix("closed before an answer; 0 ") || error.what.hasPrefix("send"))
                            return answers
                        }
                    }
                }
            }
        }
        for _ in 0..<1000 where answering.starts.load(ordering: .relaxed) < 2000 {
            try await Task.sleep(for: .milliseconds(10))
        }
        await server.shutdown(gracePeriod: .seconds(5))
        var answers = 0
        for client in clients { answers += try await client.value }
        // Every request that was begun has its answer, but for those that the last bytes of a connection crossed.
        #expect(answers >= 2000 && answering.starts.load(ordering: .relaxed) == answers)
    }

    @Test func whatLastsLongerThanTheGracePeriodIsCut() async throws {
        let answering = EchoAnswering()
        let server = HTTPServer(configuration: testConfiguration(), answering: answering)
        try await server.start()
        guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        let client = Task {
            try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET /slow/endless HTTP/1.1\r\nHost: h\r\n\r\n")
                return try client.rest()
            }
        }
        for _ in 0..<500 where answering.starts.load(ordering: .relaxed) < 1 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(answering.starts.load(ordering: .relaxed) == 1)
        await server.shutdown(gracePeriod: .milliseconds(100))
        let rest = try await client.value
        #expect(rest == "")
    }
}
