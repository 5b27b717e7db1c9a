internal import Bytes
internal import EngineKit
internal import Vocabulary

/// The record of a request: its first line before anything is stored, its second before the reply leaves.
extension Dispatcher {
    /// Records the request and waits until a device has it; false when none has. True at once without audit.
    func announce(_ passage: inout Passage) async -> Bool {
        guard passage.isRecorded, let audit = stages.audit, let waiters else { return true }
        let ticket = audit.record(entry(&passage, .request))
        audit.flush()
        guard await waiters.isRecorded(ticket) else { return false }
        passage.isAnnounced = true
        return true
    }

    /// Records an answer whose data, or whole body, lies at `range`.
    func record(
        answer range: Range<Int>, isJSON: Bool = true, _ finished: Finished, _ told: Told, _ reply: inout WireReply,
        _ passage: inout Passage, _ body: inout ByteWriter
    ) {
        guard passage.isRecorded, let audit = stages.audit else { return }
        // An answer from memory has made its id itself.
        if passage.requestID.count == 0, finished.reply.form != .bare, reply.status != 204 {
            passage.requestID.append(body.view.slice(finished.mark + Envelope.idOffset, Envelope.idLength))
        }
        var entry = entry(&passage, passage.isAnnounced ? .response : .both)
        entry.status = reply.status
        entry.answer = body.view.slice(range.lowerBound, range.count)
        entry.isAnswerJSON = isJSON && finished.reply.contentType == WireReply.json
        entry.leaseID = told.lease?.leaseID ?? ""
        entry.issued = told.issued
        entry.wrapInfo = told.wrapInfo
        entry.warnings = finished.reply.warnings
        reply.ticket = audit.record(entry)
        if reply.ticket == 0 { reply = DispatchFault.unrecorded.reply(from: finished.mark, &body) }
    }

    /// Records an error.
    func record(
        error: String, from mark: Int, _ reply: inout WireReply, _ passage: inout Passage, _ body: inout ByteWriter
    ) {
        guard passage.isRecorded, let audit = stages.audit else { return }
        var entry = entry(&passage, passage.isAnnounced ? .response : .both)
        entry.status = reply.status
        entry.error = error
        reply.ticket = audit.record(entry)
        if reply.ticket == 0 { reply = DispatchFault.unrecorded.reply(from: mark, &body) }
    }

    private func entry(_ passage: inout Passage, _ lines: AuditEntry.Lines) -> AuditEntry {
        var entry = AuditEntry(
            requestID: passage.id(), operation: passage.capability, path: passage.path, remote: passage.wire.remote)
        entry.lines = lines
        entry.caller = passage.caller
        entry.token = passage.wire.token
        entry.data = passage.request.body
        if let mount = passage.mount { entry.mount = mount.point }
        entry.client = passage.wire.client
        entry.headers = passage.wire.headers
        entry.wrapSeconds = passage.wrapSeconds
        entry.rule = passage.rule
        return entry
    }
}
