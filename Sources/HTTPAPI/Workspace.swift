internal import Bytes
internal import Dispatching

/// What one request needs that is not answered out of the read buffer: its bytes, and room for the answer.
///
/// **Concurrency** handed from the event loop to a task and back; only its holder touches it.
// Unchecked: that handover, by `Task` and `EventLoop.execute`, is the guard.
final class Workspace: @unchecked Sendable {
    let block = RequestBlock()
    var writer = ByteWriter()
    /// The answer's body, when it is a file.
    var attachment: MappedFile?

    /// The answer's body.
    var answer: ByteView { attachment?.view ?? writer.view }
    /// The most memory it held since it was made, as far as known.
    private(set) var footprint = 0

    /// The request at the start of the block.
    func request(_ head: RequestHead) -> WireRequest {
        head.request(in: block.view, body: block.view.dropFirst(head.count))
    }

    /// Has the request answered with storage and the crypto pool at hand.
    func answer(_ head: RequestHead, by answering: any RequestAnswering) async -> WireReply {
        let reply = await answering.answerInTask(request(head), into: &writer)
        attachment = reply.attachment
        return reply
    }

    /// Zeroes what it held and keeps up to `limit` bytes of room for each of both.
    func clear(keeping limit: Int) {
        attachment = nil
        let answer = min(writer.view.count * 2, limit)
        block.clear(keeping: limit)
        writer.reset(keeping: limit)
        footprint = max(footprint, block.capacity + answer)
    }
}

/// The workspaces of one event loop that wait for their next request.
///
/// Fresh memory costs a page fault for every 4 KiB, which for bodies of megabytes is more than their encryption: so
/// memory is kept while requests follow each other, and given back when they do not.
struct WorkspacePool {
    /// Room for a body, and for an answer, that a workspace may keep between requests.
    static let roomKept = 16 * 1024 * 1024
    private static let footprintKept = 64 * 1024 * 1024
    private static let countKept = 16

    private var spare: [Workspace] = []
    private var footprint = 0
    private var wasUsed = false

    /// An empty workspace.
    mutating func take() -> Workspace {
        wasUsed = true
        guard let workspace = spare.popLast() else { return Workspace() }
        footprint -= workspace.footprint
        return workspace
    }

    /// Zeroes a workspace and keeps it, if there is still room.
    mutating func give(back workspace: Workspace) {
        workspace.clear(keeping: Self.roomKept)
        guard spare.count < Self.countKept, footprint + workspace.footprint <= Self.footprintKept else { return }
        footprint += workspace.footprint
        spare.append(workspace)
    }

    /// Gives the memory back if no request took a workspace since the last call.
    mutating func trim() {
        if !wasUsed, !spare.isEmpty { (spare, footprint) = ([], 0) }
        wasUsed = false
    }
}
