internal import Bytes
internal import EngineKit
internal import Vocabulary

/// What a request has become on its way, filled in stage by stage; nothing is looked up twice.
///
/// **Concurrency** used by one task or event loop. Views point into the request and into the scratch writers here.
struct Passage: ~Copyable {
    let wire: WireRequest
    /// The whole path, decoded, without its leading slash.
    var path = ByteView.empty
    var mount: Mount?
    /// The path below the mount.
    var tail = ByteView.empty
    var engine: (any SecretsEngine)?
    var shape: RequestShape?
    /// What was wrong with verb, media type or query, told only to callers with a token.
    var shapeFault: DispatchFault?
    /// Whether the path is only to be explained.
    var asksForHelp: Bool { shape?.asksForHelp ?? false }
    /// Whether the engine asks for no token here.
    var isOpen = false
    /// Whether it tells those with a token more all the same.
    var tellsCallersMore = false
    /// Whether it is answered while the server is sealed; looked up only then.
    var isOpenWhileSealed = false
    var caller: Caller?
    /// A use that was counted: the token may end with this request.
    var use: TokenUse?
    var rule: (any AccessRule)?
    var wrapSeconds = 0
    /// The right that is needed, as far as known.
    var capability = Capability.read
    /// Whether devices are to record it.
    var isRecorded = false
    /// Whether they have its first line already.
    var isAnnounced = false
    /// The same, for the engine.
    var request = EngineRequest(operation: .read, path: .empty, body: .empty, maxJSONDepth: 1)

    // Texts that had to be rewritten, kept for as long as the request lives.
    var pathText = ByteWriter()
    var parameterText = ByteWriter()
    var listPath = ByteWriter()
    var requestID = ByteWriter()

    init(_ wire: WireRequest) { self.wire = wire }

    /// A list asks for the folder, however its path is spelled: routed, judged and recorded with a slash at its end.
    mutating func settlePath() {
        guard shape?.operation == .list, path[path.count - 1] != UInt8(ascii: "/") else { return }
        listPath.append(path)
        listPath.append(UInt8(ascii: "/"))
        path = listPath.view
    }

    /// The request's id in 36 characters, made when it is first asked for.
    mutating func id() -> ByteView {
        if requestID.count == 0 { requestID.appendRequestID() }
        return requestID.view
    }

    /// Does nothing, but only at its end: the scratch writers live until then.
    @inline(never)
    borrowing func hold() {}
}
