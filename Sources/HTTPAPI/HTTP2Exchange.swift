internal import Dispatching
internal import NIOCore
internal import NIOHTTP2

/// One request of HTTP/2 and its answer.
final class HTTP2Exchange {
    /// What it is at.
    enum Phase {
        /// The body is arriving.
        case body
        /// A task works on the request, and holds the workspace.
        case answering
        /// The answer is in the workspace, and waits until its audit entry is recorded.
        case holding
        /// The answer is written, or waits for the client to take it.
        case sending
        /// Nothing more to do.
        case ended
    }

    let id: HTTP2StreamID
    var phase = Phase.body
    var head = RequestHead()
    var work: Workspace?
    /// The answer that waits.
    var heldReply = WireReply(status: 0)
    /// Length of the body so far.
    var bodyCount = 0
    /// Length of the body as the head has it.
    var announced: Int?
    /// Whether the client has said all of its request.
    var hasInputEnded = false
    /// Bytes of the answer that were handed on.
    var sent = 0
    /// When the request began.
    let began: NIODeadline
    /// When progress was last seen.
    var since: NIODeadline
    /// How far it was at `since`.
    var progress = 0

    init(_ id: HTTP2StreamID, _ work: Workspace, now: NIODeadline) {
        (self.id, self.work, began, since) = (id, work, now, now)
    }
}
