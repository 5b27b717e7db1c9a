internal import Bytes
internal import EngineKit
internal import Vocabulary

extension Dispatcher {
    /// Frames what an engine has written together with what is told beside it, and records the answer.
    func close(
        _ finished: Finished, _ told: Told, _ passage: inout Passage, _ body: inout ByteWriter
    ) -> WireReply {
        let reply = finished.reply
        var wire = WireReply(status: reply.status)
        var data = finished.dataStart..<body.count
        if reply.status == 204 {
            body.truncate(to: finished.mark)
            data = finished.mark..<finished.mark
        } else if reply.form == .bare {
            // Without its envelope; what moves has no secrets beside it.
            let bare = body.view.dropFirst(finished.dataStart).array
            body.truncate(to: finished.mark)
            bare.withUnsafeBytes { body.append(ByteView($0)) }
            data = finished.mark..<body.count
            if reply.contentType == WireReply.json { body.append("\n") }
            wire.contentType = reply.contentType
            wire.attachment = reply.attachment
        } else {
            let start = Envelope.close(
                reply, told, mountType: finished.type, mark: finished.mark, dataStart: finished.dataStart, &body)
            data = start..<start + data.count
        }
        record(answer: data, finished, told, &wire, &passage, &body)
        return wire
    }
}
