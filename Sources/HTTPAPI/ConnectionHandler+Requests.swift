internal import Bytes
internal import Dispatching
internal import NIOCore
internal import Vocabulary

extension ConnectionHandler {
    private var limits: RequestLimits { listener.limits }

    /// Bodies up to this size are gathered without asking `refuse` first: the request itself is soon there, and its
    /// answer need not end the connection. Clients often send the head and a short body apart.
    private static let unaskedBodyBytes = 16 * 1024

    /// Takes a request at the start of `bytes`; returns how many bytes it used, 0 when its head is not complete.
    func takeRequest(_ bytes: ByteView) -> Int {
        var head: RequestHead
        do throws(ProtocolFault) {
            guard let complete = try parser.parse(bytes) else {
                if phase != .head { enter(.head) }
                return 0
            }
            head = complete
            head.remote = peer
            if let rules = listener.forwardedFor {
                head.remote = try rules.remote(peer: peer, fields: bytes.slice(0, head.count))
            }
            head.client = facts(for: head.remote)
            head.maxJSONDepth = listener.limits.maxJSONDepth
        } catch {
            return fail(error, bytes)
        }
        parser = RequestHeadParser(limit: limits.maxHeaderBytes)
        var bodyCount = 0
        switch head.framing {
        case .none: break
        case .length(let length):
            guard length <= limits.maxRequestBytes else {
                return fail(.bodyTooLarge(limit: limits.maxRequestBytes), bytes)
            }
            guard length <= bytes.count - head.count else { return beginBody(head, bytes) }
            bodyCount = length
        case .chunked: return beginBody(head, bytes)
        }
        let used = head.count + bodyCount
        let request = head.request(in: bytes, body: bytes.slice(head.count, bodyCount))
        if bodyCount < limits.poolThresholdBytes, let reply = loop.answering.answer(request, into: &loop.writer) {
            respondFromLoopWriter(reply, to: head)
        } else {
            let work = loop.workspaces.take()
            work.block.append(bytes.slice(0, used), expecting: used)
            // Above the threshold nobody was asked yet.
            head.isCounted = head.isCounted || bodyCount < limits.poolThresholdBytes
            self.head = head
            startTask(work)
        }
        return used
    }

    /// Asks whether the body is wanted, and makes ready to gather it.
    private func beginBody(_ arrived: RequestHead, _ bytes: ByteView) -> Int {
        var head = arrived
        var isShort = false
        if case .length(let length) = head.framing { isShort = length <= Self.unaskedBodyBytes }
        if !isShort || head.expectsContinue {
            let request = head.request(in: bytes, body: .empty)
            if let reply = loop.answering.refuse(request, into: &loop.writer) {
                encodeLoopWriter(reply, sendsBody: head.method != .head, note: .close)
                beginClosing(lingering: true)
                return bytes.count
            }
            head.isCounted = true
        }
        if head.expectsContinue, bytes.count == head.count { append(ResponseEncoder.continueAnswer) }
        self.head = head
        if head.framing == .chunked { decoder = ChunkedDecoder(limit: limits.maxRequestBytes) }
        let work = loop.workspaces.take()
        work.block.append(bytes.slice(0, head.count), expecting: head.count)
        self.work = work
        enter(.body)
        return head.count
    }

    /// Takes a part of the body; returns how many bytes it used.
    func takeBody(_ bytes: ByteView) -> Int {
        guard let work else { return bytes.count }
        switch head.framing {
        case .none:
            finishBody(work)
            return 0
        case .length(let length):
            let expected = head.count + length
            let piece = bytes.slice(0, expected - work.block.count)
            work.block.append(piece, expecting: expected)
            if work.block.count >= expected { finishBody(work) }
            return piece.count
        case .chunked:
            let most = head.count + limits.maxRequestBytes
            do throws(ProtocolFault) {
                let used = try decoder.decode(bytes) { work.block.append($0, expecting: most) }
                if decoder.isComplete { finishBody(work) }
                return used
            } catch {
                return fail(error, bytes)
            }
        }
    }

    private func finishBody(_ work: Workspace) {
        self.work = nil
        let isSmall = work.block.count - head.count < limits.poolThresholdBytes
        if isSmall, let reply = loop.answering.answer(work.request(head), into: &work.writer) {
            respond(reply, from: work)
        } else {
            head.isCounted = head.isCounted || isSmall
            startTask(work)
        }
    }

    private func startTask(_ work: Workspace) {
        enter(.answering)
        let (head, answering, eventLoop) = (head, loop.answering, loop.eventLoop)
        Task {
            let reply = await work.answer(head, by: answering)
            eventLoop.execute { self.finishTask(work, reply) }
        }
    }

    private func finishTask(_ work: Workspace, _ reply: WireReply) {
        guard phase == .answering else { return loop.workspaces.give(back: work) }
        respond(reply, from: work)
        // An answer that waits for its record goes on by itself.
        if phase != .holding { advance() }
    }

    /// Answers a fault of the protocol, after which nothing that follows can be understood; returns all of `bytes`.
    private func fail(_ fault: ProtocolFault, _ bytes: ByteView) -> Int {
        fail(fault)
        return bytes.count
    }

    /// Answers a fault of the protocol as the connection's last words.
    func fail(_ fault: ProtocolFault) {
        let reply = loop.answering.reply(to: fault, into: &loop.writer)
        encodeLoopWriter(reply, sendsBody: true, note: .close)
        beginClosing(lingering: true)
    }

    /// Changes the phase and starts its clock.
    func enter(_ next: Phase) {
        if next == .head || next == .body, phase != .head { began = loop.now }
        phase = next
        since = loop.now
        progress = work?.block.count ?? 0
    }
}
