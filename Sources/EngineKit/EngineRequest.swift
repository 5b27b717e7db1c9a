package import Bytes
package import Vocabulary

/// A request as an engine sees it: the mount's part of the path, already decoded, and the parameters, not yet parsed.
///
/// **Concurrency** all views are borrowed from the request and valid until the engine has answered.
package struct EngineRequest: Sendable {
    /// What is asked.
    package var operation: Operation
    /// The path below the mount, without a leading slash.
    package var path: ByteView
    /// The body; for operations without one, the query as a JSON object. Empty when there are no parameters.
    package var body: ByteView
    /// Deepest nesting that the body may have.
    package var maxJSONDepth: Int
    /// Who asks; nil only on paths that are open to all, when no valid token came along.
    package var caller: Caller?
    /// The token as it came, for the paths that speak of "this token"; empty when there is none.
    package var token: ByteView = .empty
    /// Where the engine is mounted.
    package var mount: MountPoint = .none
    /// The connection that the request came by.
    package var client: ClientFacts = .none
    /// Seconds that the answer is to be wrapped for; 0 when it is not.
    package var wrapSeconds = 0
    /// Whether a valid token came along.
    package var isAuthenticated: Bool { caller != nil }
    /// True when the caller runs in a task and heavy work may be spread over the crypto pool.
    package var mayFanOut: Bool

    /// A request.
    package init(operation: Operation, path: ByteView, body: ByteView, maxJSONDepth: Int, mayFanOut: Bool = false) {
        self.operation = operation
        self.path = path
        self.body = body
        self.maxJSONDepth = maxJSONDepth
        self.mayFanOut = mayFanOut
    }
}

/// What an engine says besides the `data` it has written.
package struct EngineReply: Sendable {
    /// Status to answer with; 204 means that nothing was written and nothing is to be sent.
    package var status: Int
    /// Sentences for the envelope's `warnings`.
    package var warnings: [String]
    /// How the data goes out.
    package var form: Form
    /// What is given out beside the data: a lease, a login, a token.
    package var grant: Grant?
    /// Seconds for the envelope's `lease_duration` where there is no lease: how long a reader may keep the data.
    package var keepSeconds = 0
    /// Media type of a bare body.
    package var contentType = "application/json"
    /// A bare body that is not in the writer but in a file.
    package var attachment: MappedFile?

    /// The shapes of a reply's body.
    package enum Form: Sendable, Equatable {
        /// Inside the envelope's `data`.
        case enveloped
        /// The same, and its members once more at the top level: what old clients read from some `sys/` paths.
        case mirrored
        /// As it is, without an envelope.
        case bare
    }

    /// A reply; 200 with the data written.
    package init(status: Int = 200, warnings: [String] = [], form: Form = .enveloped) {
        self.status = status
        self.warnings = warnings
        self.form = form
    }

    /// Nothing to return.
    package static let noContent = EngineReply(status: 204)
}

/// How a synchronous attempt ended.
package enum Handling: Sendable {
    /// The data is written.
    case done(EngineReply)
    /// Nothing is written: the command needs storage, or is too heavy for an event loop. Run `performStoring` in a
    /// task.
    case needsStorage
}
