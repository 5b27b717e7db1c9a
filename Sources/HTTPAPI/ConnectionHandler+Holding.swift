internal import Bytes
internal import Dispatching
internal import NIOCore

/// An answer in the outbound buffer that waits for its audit entry.
struct HeldReply {
    let ticket: UInt64
    /// Where it lies in the buffer.
    let start: Int
    let end: Int
    let sendsBody: Bool
    let note: ConnectionNote
}

/// No answer leaves before a device has recorded it. Answers of one connection stay in their order: what was gathered
/// leaves together, when the last of it may.
extension ConnectionHandler {
    /// Whether no more requests are taken apart before some answers may leave.
    var isHeldUp: Bool { !held.isEmpty && (outbound?.readableBytes ?? 0) >= Self.outboundLimit }

    /// Whether everything that is gathered may leave; if not, it is waited for. What was not recorded is replaced.
    func letHeldGo() -> Bool {
        guard let last = held.last else { return true }
        let outcome = loop.answering.outcome(of: last.ticket)
        if outcome == .pending {
            loop.awaitOutcome(of: last.ticket, for: self)
            return false
        }
        let others = held.dropLast()
        if outcome == .failed || others.contains(where: { loop.answering.outcome(of: $0.ticket) == .failed }) {
            replaceFailed()
        }
        held.removeAll(keepingCapacity: true)
        return true
    }

    /// Rare: lays the gathered answers out anew, with an error in the place of each that was not recorded.
    private func replaceFailed() {
        guard let gathered = outbound else { return }
        outbound = nil
        var at = gathered.readerIndex
        for reply in held where loop.answering.outcome(of: reply.ticket) == .failed {
            appendOutbound(gathered.getSlice(at: at, length: reply.start - at))
            var body = ByteWriter(capacity: 256)
            let error = loop.answering.reply(to: .unrecorded, into: &body)
            encode(error, body: body.view, sendsBody: reply.sendsBody, note: reply.note)
            at = reply.end
        }
        appendOutbound(gathered.getSlice(at: at, length: gathered.writerIndex - at))
    }

    private func appendOutbound(_ bytes: ByteBuffer?) {
        guard let bytes, bytes.readableBytes > 0 else { return }
        if outbound == nil { outbound = loop.takeOutbound() }
        outbound?.writeImmutableBuffer(bytes)
    }

    /// Keeps an answer in its workspace until its entry is settled.
    func hold(_ reply: WireReply, in work: Workspace) {
        self.work = work
        heldReply = reply
        enter(.holding)
        loop.awaitOutcome(of: reply.ticket, for: self)
    }

    /// Entries were settled: goes on where something waited for that.
    func outcomesKnown() {
        if phase == .holding, let work {
            guard loop.answering.outcome(of: heldReply.ticket) != .pending else {
                return loop.awaitOutcome(of: heldReply.ticket, for: self)
            }
            self.work = nil
            respond(heldReply, from: work)
            advance()
        } else if !held.isEmpty {
            flushOutbound()
            if held.isEmpty { advance() }
        }
    }
}
