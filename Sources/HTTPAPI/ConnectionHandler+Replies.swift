internal import Bytes
internal import Dispatching
internal import NIOCore

extension ConnectionHandler {
    /// Answers above this size are not gathered with others but written in pieces, as the client takes them.
    private static let pieceBytes = 256 * 1024

    private func note(for head: RequestHead) -> ConnectionNote {
        if !head.keepsAlive || loop.isStopping { return .close }
        return head.isVersion10 ? .keepAlive : .none
    }

    /// Answers `head` with what is in the loop's writer.
    func respondFromLoopWriter(_ reply: WireReply, to head: RequestHead) {
        guard loop.writer.view.count <= Self.pieceBytes else {
            let work = loop.workspaces.take()
            swap(&work.writer, &loop.writer)
            self.head = head
            return respond(reply, from: work)
        }
        let note = note(for: head)
        encodeLoopWriter(reply, sendsBody: head.method != .head, note: note)
        if note == .close { beginClosing(lingering: false) } else { enter(.idle) }
    }

    /// Answers `self.head` with what is in the workspace, which is given back.
    func respond(_ reply: WireReply, from work: Workspace) {
        var reply = reply
        if reply.ticket > 0 {
            switch loop.answering.outcome(of: reply.ticket) {
            case .pending: return hold(reply, in: work)
            case .failed:
                work.attachment = nil
                reply = loop.unrecorded(into: &work.writer)
            case .recorded: break
            }
        }
        let body = work.answer
        let sendsBody = head.method != .head
        let isLarge = sendsBody && body.count > Self.pieceBytes && reply.contentType != nil
        encode(reply, body: body, sendsBody: sendsBody && !isLarge, note: note(for: head))
        guard isLarge else { return finishReply(work) }
        // The request's bytes are not needed any more; for the largest ones the memory matters.
        work.block.clear(keeping: WorkspacePool.roomKept)
        self.work = work
        sent = 0
        enter(.sending)
        flushOutbound()
        pump()
    }

    private func finishReply(_ work: Workspace) {
        let closes = note(for: head) == .close
        loop.workspaces.give(back: work)
        if closes { beginClosing(lingering: false) } else { enter(.idle) }
    }

    /// Writes pieces of a large answer until the client falls behind or all is written.
    func pump() {
        // A write can report writability while it runs, which would come back here.
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while phase == .sending, !isBlocked, let context, let work {
            let piece = work.answer.slice(sent, Self.pieceBytes)
            guard !piece.isEmpty else {
                self.work = nil
                isPumping = false
                finishReply(work)
                return advance()
            }
            // Fresh memory of this size would be page faults.
            var buffer = loop.takeOutbound()
            buffer.writeBytes(piece.buffer)
            sent += piece.count
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            loop.recycle(outbound: consume buffer)
        }
    }

    /// Adds the loop writer's answer to what goes out next, and empties that writer.
    func encodeLoopWriter(_ reply: WireReply, sendsBody: Bool, note: ConnectionNote) {
        let start = outbound?.writerIndex ?? 0
        encode(reply, body: loop.writer.view, sendsBody: sendsBody, note: note)
        if reply.ticket > 0 {
            held.append(
                HeldReply(
                    ticket: reply.ticket, start: start, end: outbound?.writerIndex ?? start, sendsBody: sendsBody,
                    note: note))
        }
        loop.clearWriter()
    }

    /// Adds an answer to what goes out next.
    func encode(_ reply: WireReply, body: ByteView, sendsBody: Bool, note: ConnectionNote) {
        var output = takeOutbound()
        loop.withDateLine { dateLine in
            let room = ResponseEncoder.room(for: reply, body: sendsBody ? body : .empty, dateLine: dateLine)
            _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
                ResponseEncoder.encode(
                    reply, body: body, sendsBody: sendsBody, note: note, dateLine: dateLine, into: memory)
            }
        }
        outbound = output
    }

    /// Adds fixed text to what goes out next.
    func append(_ text: StaticString) {
        var output = takeOutbound()
        output.writeStaticString(text)
        outbound = output
    }

    private func takeOutbound() -> ByteBuffer {
        guard let output = outbound else { return loop.takeOutbound() }
        outbound = nil
        return output
    }

    /// Hands all gathered answers to the channel, and the end of the connection after the last one.
    func flushOutbound() {
        guard let context, phase != .closed, held.isEmpty || letHeldGo() else { return }
        if phase == .closing, !isClosingScheduled {
            isClosingScheduled = true
            let last = outbound ?? context.channel.allocator.buffer(capacity: 0)
            outbound = nil
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenComplete { _ in self.finishClosing() }
            context.writeAndFlush(wrapOutboundOut(last), promise: promise)
        } else if let buffer = outbound {
            outbound = nil
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            loop.recycle(outbound: consume buffer)
        }
    }

    /// From here on nothing is read; what is gathered goes out, then the connection ends.
    func beginClosing(lingering: Bool) {
        lingers = lingering
        if let work { loop.workspaces.give(back: work) }
        (work, backlog) = (nil, nil)
        enter(.closing)
    }

    private func finishClosing() {
        guard phase == .closing, let context else { return }
        isOutputDone = true
        since = loop.now
        if lingers, !hasInputEnded {
            context.close(mode: .output, promise: nil)
        } else {
            context.close(promise: nil)
        }
    }
}
