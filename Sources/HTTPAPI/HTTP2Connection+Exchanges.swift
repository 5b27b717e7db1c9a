internal import Bytes
internal import Dispatching
internal import EngineKit
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import Vocabulary

extension HTTP2Connection {
    /// As for HTTP/1.1: bodies up to this size are gathered without asking `refuse` first.
    private static let unaskedBodyBytes = 16 * 1024
    /// What of an answer is handed on at once; the next piece follows when the client has taken it.
    private static let pieceBytes = 64 * 1024
    private static let leastProgressBytes = 1024

    private var limits: RequestLimits { listener.limits }

    // MARK: Requests

    /// Reads the head, and answers it or makes ready for the body.
    func begin(_ exchange: HTTP2Exchange, _ list: HPACKHeaders) {
        guard let work = exchange.work else { return }
        do throws(ProtocolFault) {
            exchange.head = try RequestHeadParser.parse(list, into: work.block)
            exchange.head.remote = peer
            exchange.head.client = facts
            exchange.head.maxJSONDepth = limits.maxJSONDepth
            if let rules = listener.forwardedFor {
                exchange.head.remote = try rules.remote(peer: peer, fields: work.block.view)
                if exchange.head.remote != peer {
                    exchange.head.client = ClientFacts(
                        address: exchange.head.remote, certificates: facts.certificates, rules: facts.rules)
                }
            }
        } catch {
            return fail(error, exchange)
        }
        guard !exchange.hasInputEnded else { return finishBody(exchange) }
        if case .length(let length) = exchange.head.framing {
            guard length <= limits.maxRequestBytes else {
                return fail(.bodyTooLarge(limit: limits.maxRequestBytes), exchange)
            }
            exchange.announced = length
        }
        let isShort = exchange.announced.map { $0 <= Self.unaskedBodyBytes } ?? false
        guard !isShort || exchange.head.expectsContinue else { return }
        if let reply = loop.answering.refuse(work.request(exchange.head), into: &work.writer) {
            return respond(reply, to: exchange)
        }
        exchange.head.isCounted = true
        if exchange.head.expectsContinue {
            write(.headers(.init(headers: HPACKHeaders([(":status", "100")]))), on: exchange.id)
        }
    }

    /// The request is complete: has it answered.
    func finishBody(_ exchange: HTTP2Exchange) {
        guard let work = exchange.work else { return }
        gathered -= exchange.bodyCount
        exchange.phase = .answering
        let answering = loop.answering
        if exchange.bodyCount < limits.poolThresholdBytes {
            if let reply = answering.answer(work.request(exchange.head), into: &work.writer) {
                return respond(reply, to: exchange)
            }
            exchange.head.isCounted = true
        }
        let head = exchange.head
        exchange.work = nil
        running += 1
        let (eventLoop, id) = (loop.eventLoop, exchange.id)
        Task {
            let reply = await work.answer(head, by: answering)
            eventLoop.execute { self.finishTask(id, work, reply) }
        }
    }

    private func finishTask(_ id: HTTP2StreamID, _ work: Workspace, _ reply: WireReply) {
        running -= 1
        guard let exchange = exchanges[id], exchange.phase == .answering else {
            return loop.workspaces.give(back: work)
        }
        exchange.work = work
        respond(reply, to: exchange)
        flush()
    }

    // MARK: Answers

    /// Answers a fault of the protocol; the other streams live on.
    func fail(_ fault: ProtocolFault, _ exchange: HTTP2Exchange) {
        guard let work = exchange.work else { return reset(exchange, .internalError) }
        work.writer.reset(keeping: WorkspacePool.roomKept)
        respond(loop.answering.reply(to: fault, into: &work.writer), to: exchange)
    }

    /// Answers with what is in the workspace's writer.
    private func respond(_ reply: WireReply, to exchange: HTTP2Exchange) {
        guard let work = exchange.work else { return }
        var reply = reply
        if exchange.phase == .body { gathered -= exchange.bodyCount }
        if reply.ticket > 0 {
            switch loop.answering.outcome(of: reply.ticket) {
            case .pending:
                exchange.phase = .holding
                exchange.heldReply = reply
                return loop.awaitOutcome(of: reply.ticket, for: self)
            case .failed:
                work.attachment = nil
                reply = loop.unrecorded(into: &work.writer)
            case .recorded: break
            }
        }
        exchange.phase = .sending
        exchange.since = loop.now
        let count = work.answer.count
        let status = 100...999 ~= reply.status ? reply.status : 500
        let mayHaveBody = ResponseEncoder.allowsBody(status)
        let length = mayHaveBody && reply.contentType != nil ? count : 0
        var list = HPACKHeaders()
        list.reserveCapacity(5)
        list.add(name: ":status", value: String(status))
        if let media = reply.contentType { list.add(name: "content-type", value: media) }
        list.add(name: "cache-control", value: "no-store")
        if reply.retryAfterSeconds > 0 { list.add(name: "retry-after", value: String(reply.retryAfterSeconds)) }
        if mayHaveBody { list.add(name: "content-length", value: String(length)) }
        list.add(name: "date", value: loop.date)
        let isLast = length == 0 || exchange.head.method == .head
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: list, endStream: isLast))
        guard !isLast else { return finishAnswer(exchange, payload) }
        write(payload, on: exchange.id)
        pump(exchange)
    }

    /// Entries were settled: answers those that waited for that.
    func outcomesKnown() {
        for exchange in Array(exchanges.values) where exchange.phase == .holding {
            respond(exchange.heldReply, to: exchange)
        }
        flush()
    }

    /// Writes the next piece of an answer; its arrival with the client brings the one after it.
    private func pump(_ exchange: HTTP2Exchange) {
        guard exchange.phase == .sending, let work = exchange.work, let context else { return }
        let body = work.answer
        let piece = body.slice(exchange.sent, Self.pieceBytes)
        exchange.sent += piece.count
        exchange.since = loop.now
        let isLast = exchange.sent >= body.count
        var buffer = context.channel.allocator.buffer(capacity: piece.count)
        buffer.writeBytes(piece.buffer)
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(buffer), endStream: isLast))
        guard !isLast else { return finishAnswer(exchange, payload) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let id = exchange.id
        promise.futureResult.whenSuccess { [weak self] in
            guard let self, let exchange = self.exchanges[id] else { return }
            self.pump(exchange)
            self.flush()
        }
        write(payload, on: id, promise: promise)
    }

    /// Hands on the last of the answer; the entry stays until the client has it.
    private func finishAnswer(_ exchange: HTTP2Exchange, _ payload: HTTP2Frame.FramePayload) {
        if let work = exchange.work { loop.workspaces.give(back: work) }
        exchange.work = nil
        guard !exchange.hasInputEnded, let context else { return write(payload, on: exchange.id) }
        // A client that still sends need not: it has its answer. Only then, for a reset overtakes what waits for the
        // client's window. **Source** RFC 9113 §8.1.
        let promise = context.eventLoop.makePromise(of: Void.self)
        let id = exchange.id
        promise.futureResult.whenSuccess { [weak self] in
            guard let self, let exchange = self.exchanges[id], !exchange.hasInputEnded else { return }
            self.reset(exchange, .noError)
        }
        write(payload, on: id, promise: promise)
    }

    // MARK: Timeouts

    func checkTimeouts(_ exchange: HTTP2Exchange) {
        switch exchange.phase {
        case .body:
            if hasPassed(limits.maxRequestSeconds, since: exchange.began) { return timeOut(exchange) }
            guard hasPassed(limits.readTimeoutSeconds, since: exchange.since) else { return }
            if exchange.bodyCount - exchange.progress < Self.leastProgressBytes { return timeOut(exchange) }
            (exchange.progress, exchange.since) = (exchange.bodyCount, loop.now)
        case .sending:
            if hasPassed(limits.writeTimeoutSeconds, since: exchange.since) { reset(exchange, .cancel) }
        case .answering, .holding, .ended: break
        }
    }

    private func timeOut(_ exchange: HTTP2Exchange) {
        fail(.timedOut, exchange)
        flush()
    }

    private func hasPassed(_ seconds: Int, since start: NIODeadline) -> Bool {
        loop.now - start >= .seconds(Int64(seconds)) + loop.sweepInterval
    }
}
