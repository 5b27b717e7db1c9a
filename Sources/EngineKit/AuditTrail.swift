package import Bytes
package import Vocabulary

/// What an audit device records of a request, and, if there is one already, of its answer. The devices write two lines:
/// `request` and `response`.
///
/// **Concurrency** all views are borrowed for the call that they are given to.
package struct AuditEntry: Sendable {
    /// Which lines are to be written.
    package enum Lines: Sendable {
        /// The request alone: before a command that stores something.
        case request
        /// The answer alone: after such a command.
        case response
        /// Both at once, for commands that are answered from memory.
        case both
    }

    /// Which lines are to be written.
    package var lines: Lines
    /// The request's id, in 36 characters; the same in both lines and in the answer.
    package var requestID: ByteView
    /// The right that was needed, which is the operation: `create`, `read`, `update`, `delete`, `list`, `patch`.
    package var operation: Capability
    /// The whole path, decoded, without the leading slash.
    package var path: ByteView
    /// Who asked; nil on paths that are open to all and for bad tokens.
    package var caller: Caller?
    /// The token as it came; empty when there was none.
    package var token: ByteView
    /// The parameters: a JSON object or nothing. What is not JSON is recorded as a whole, hashed.
    package var data: ByteView
    /// Where the engine is mounted; `.none` when nothing is.
    package var mount: MountPoint
    /// The connection.
    package var client: ClientFacts
    /// The other end of the request, behind trusted proxies.
    package var remote: PeerAddress
    /// Header lines of the request, `name: value CRLF …`, for those that are configured to be recorded.
    package var headers: ByteView
    /// Seconds that the answer was asked to be wrapped for; 0 for none.
    package var wrapSeconds: Int
    /// The rule that decided, as policy and path; nil when none did.
    package var rule: (any AccessRule)?
    /// What the client was told went wrong; nil when nothing did.
    package var error: String?
    /// The status of the answer.
    package var status = 0
    /// The value of the answer's `data`: JSON, or for bare answers the whole body; empty when there is none.
    package var answer: ByteView
    /// Whether the answer is JSON. Other bodies are recorded as a whole, hashed.
    package var isAnswerJSON = true
    /// The lease of the answer; empty for none.
    package var leaseID = ""
    /// The token that the answer tells; nil for none.
    package var issued: IssuedToken?
    /// The wrapping of the answer; nil for none. `answer` and `issued` then are not part of the answer.
    package var wrapInfo: WrapInfo?
    /// The answer's warnings.
    package var warnings: [String] = []

    /// The entry of a request that was not answered yet.
    package init(requestID: ByteView, operation: Capability, path: ByteView, remote: PeerAddress) {
        lines = .request
        self.requestID = requestID
        self.operation = operation
        self.path = path
        self.remote = remote
        (token, data, headers, answer) = (.empty, .empty, .empty, .empty)
        (mount, client, wrapSeconds) = (.none, .none, 0)
    }
}

/// Records entries in order. Implemented by the audit writer.
///
/// A ticket is the number of an entry, counted up from 1 without gaps. Entries are settled in the order of their
/// tickets: recorded by at least one device, or failed.
/// **Concurrency** callable from event loops; nothing blocks, nothing is awaited.
package protocol AuditTrail: AnyObject, Sendable {
    /// Whether there is any device. **Cost** one atomic load.
    var isEnabled: Bool { get }
    /// Formats and hashes the entry on the caller's thread and puts it in the queue; returns its ticket. 0 means that
    /// it was refused at once: the queue is full, or it cannot be formatted. The request then fails.
    func record(_ entry: AuditEntry) -> UInt64
    /// Has the devices write what was recorded since the last call: once for as many entries as there are, for to wake
    /// a device's thread costs more than to format an entry. Without it they come by by themselves, but late.
    func flush()
    /// Every ticket up to this one is settled. **Cost** one atomic load.
    var settledTicket: UInt64 { get }
    /// Whether at least one device has it; asked of settled tickets only, soon after they are. **Cost** one atomic load
    /// as long as nothing ever failed.
    func wasRecorded(_ ticket: UInt64) -> Bool
    /// From now on `wake` is called, from any thread, each time that tickets were settled. It returns at once.
    func onSettled(_ wake: @escaping @Sendable () -> Void)
}
