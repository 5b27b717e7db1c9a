import Bytes
import Dispatching
import HTTPAPI
import Synchronization
import Testing
import Vocabulary

/// Answers with its path, under a ticket that the test settles.
private final class HoldingAnswering: RequestAnswering {
    struct State {
        var issued: UInt64 = 0
        var settled: UInt64 = 0
        var failed: Set<UInt64> = []
        var wakes: [@Sendable () -> Void] = []
        var counted = 0
    }
    let state = Mutex(State())

    var issued: UInt64 { state.withLock { $0.issued } }

    func settle(upTo ticket: UInt64, failing: Set<UInt64> = []) {
        let wakes = state.withLock { state in
            state.settled = ticket
            state.failed.formUnion(failing)
            return state.wakes
        }
        for wake in wakes { wake() }
    }

    /// Waits until that many tickets were given out.
    func waitForIssued(_ count: UInt64) async throws {
        for _ in 0..<500 where issued < count { try await Task.sleep(for: .milliseconds(10)) }
        #expect(issued == count)
    }

    func answer(_ request: WireRequest, into body: inout ByteWriter) -> WireReply? {
        request.path.hasPrefix("/task") ? nil : reply(request, &body)
    }

    func answerInTask(_ request: WireRequest, into body: inout ByteWriter) async -> WireReply {
        if request.isCounted { state.withLock { $0.counted += 1 } }
        return reply(request, &body)
    }

    private func reply(_ request: WireRequest, _ body: inout ByteWriter) -> WireReply {
        body.append(request.path)
        if request.query.equals("large") { for _ in 0..<100_000 { body.append("0123456789") } }
        var reply = WireReply(status: 200)
        if !request.query.equals("free") {
            reply.ticket = state.withLock { state in
                state.issued += 1
                return state.issued
            }
        }
        return reply
    }

    func refuse(_ head: WireRequest, into body: inout ByteWriter) -> WireReply? { nil }
    func reply(to fault: ProtocolFault, into body: inout ByteWriter) -> WireReply {
        body.append(text: "\(fault)")
        return WireReply(status: fault == .unrecorded ? 500 : 400)
    }
    func outcome(of ticket: UInt64) -> TicketOutcome {
        state.withLock { state in
            if ticket > state.settled { return .pending }
            return state.failed.contains(ticket) ? .failed : .recorded
        }
    }
    func onOutcomes(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wakes.append(wake) } }
}

@Suite("Answers that wait for their audit entries", .timeLimit(.minutes(2)))
struct HoldingTests {
    private static func serving(
        _ body: (HoldingAnswering, Int) async throws -> Void
    ) async throws {
        let answering = HoldingAnswering()
        let server = HTTPServer(configuration: testConfiguration(), answering: answering)
        try await server.start()
        guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
        do { try await body(answering, port) } catch {
            await server.shutdown(gracePeriod: .zero)
            throw error
        }
        await server.shutdown(gracePeriod: .seconds(1))
    }

    private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n" }

    @Test("Nothing leaves before its entry is recorded, and answers keep their order")
    func order() async throws {
        try await Self.serving { answering, port in
            let client = try RawClient(port: port)
            try client.send(Self.get("/a") + Self.get("/b?free") + Self.get("/c"))
            try await answering.waitForIssued(2)
            #expect(client.isSilent(milliseconds: 200))
            answering.settle(upTo: 1)
            answering.settle(upTo: 2)
            for path in ["/a", "/b", "/c"] {
                let answer = try client.answer()
                #expect(answer.status == 200 && answer.text == path)
            }
            try client.send(Self.get("/d?free"))
            #expect(try client.answer().text == "/d")
        }
    }

    @Test("What no device has recorded is replaced by an error, and its neighbours are not", arguments: [1, 2, 3])
    func failing(_ failed: UInt64) async throws {
        try await Self.serving { answering, port in
            let client = try RawClient(port: port)
            try client.send(Self.get("/a") + Self.get("/b") + Self.get("/c") + Self.get("/d?free"))
            try await answering.waitForIssued(3)
            #expect(client.isSilent(milliseconds: 50))
            answering.settle(upTo: 3, failing: [failed])
            for (index, path) in ["/a", "/b", "/c", "/d"].enumerated() {
                let answer = try client.answer()
                let isFailed = UInt64(index + 1) == failed
                #expect(answer.status == (isFailed ? 500 : 200))
                #expect(answer.text == (isFailed ? "unrecorded" : path))
            }
        }
    }

    @Test("Large answers, and those of tasks, wait too", arguments: ["/a?large", "/task", "/task/b?large"])
    func workspaces(_ target: String) async throws {
        try await Self.serving { answering, port in
            let client = try RawClient(port: port)
            try client.send(Self.get(target) + Self.get("/next?free"))
            try await answering.waitForIssued(1)
            #expect(client.isSilent(milliseconds: 100))
            answering.settle(upTo: 1)
            let answer = try client.answer()
            let length = (target.hasSuffix("large") ? 1_000_000 : 0) + target.prefix { $0 != "?" }.count
            #expect(answer.status == 200 && answer.body.count == length)
            #expect(try client.answer().text == "/next")
            try client.send(Self.get(target) + Self.get("/next?free"))
            try await answering.waitForIssued(2)
            answering.settle(upTo: 2, failing: [2])
            #expect(try client.answer().text == "unrecorded")
            #expect(try client.answer().text == "/next")
            #expect(answering.state.withLock { $0.counted } == (target.hasPrefix("/task") ? 2 : 0))
        }
    }

    @Test("The last answer of a connection waits before the end does")
    func closing() async throws {
        try await Self.serving { answering, port in
            let client = try RawClient(port: port)
            try client.send("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            try await answering.waitForIssued(1)
            #expect(client.isSilent(milliseconds: 100))
            answering.settle(upTo: 1)
            let answer = try client.answer()
            #expect(answer.text == "/last" && answer.has("Connection: close"))
            #expect(try client.isClosed())
        }
    }

    @Test("A client that goes while its answer waits harms nobody")
    func leaving() async throws {
        try await Self.serving { answering, port in
            for target in ["/a", "/task", "/a?large"] {
                let client = try RawClient(port: port)
                try client.send(Self.get(target))
            }
            try await answering.waitForIssued(3)
            answering.settle(upTo: 3, failing: [2])
            let client = try RawClient(port: port)
            try client.send(Self.get("/b?free"))
            #expect(try client.answer().text == "/b")
        }
    }

    @Test("Many requests of one connection wait without being read on for ever")
    func bounds() async throws {
        try await Self.serving { answering, port in
            let client = try RawClient(port: port)
            let count = 4000
            try client.send((0..<count).map { Self.get("/\($0)") }.joined())
            for _ in 0..<50 {
                try await Task.sleep(for: .milliseconds(10))
                answering.settle(upTo: answering.issued)
            }
            // As they come, so that the writer of this test is not the one that is waited for.
            for index in 0..<count {
                answering.settle(upTo: answering.issued)
                #expect(try client.answer().text == "/\(index)")
            }
        }
    }
}
