package import Bytes
package import EngineKit
package import Vocabulary

/// The verb on the request line.
package enum WireMethod: Sendable, Equatable {
    /// The verbs that mean something here; every other one is `other`.
    case get, head, post, put, delete, list, patch, other
}

/// A request off the wire: the few parts of its head that matter, and its body, all borrowed.
///
/// **Concurrency** `HTTPAPI` keeps the bytes alive until the answer is there.
package struct WireRequest: Sendable {
    /// The verb.
    package var method: WireMethod
    /// The target up to `?`, still percent-encoded.
    package var path: ByteView
    /// What follows the `?`; empty when there is none.
    package var query: ByteView = .empty
    /// The value of `X-Vault-Token`, else of `Authorization: Bearer`; empty when neither is there.
    package var token: ByteView = .empty
    /// The value of `X-Vault-Namespace`; empty when absent.
    package var namespace: ByteView = .empty
    /// The value of `X-Vault-Wrap-TTL`; empty when absent.
    package var wrapTime: ByteView = .empty
    /// The header lines, `name: value CRLF …`; what an audit device may record is looked up in them.
    package var headers: ByteView = .empty
    /// Whether the media type is `application/x-www-form-urlencoded`.
    package var isForm = false
    /// Whether the media type is `application/merge-patch+json`.
    package var isMergePatch = false
    /// The body, complete.
    package var body: ByteView = .empty
    /// Who sent it: the other end of the connection, or whom a trusted proxy named in `X-Forwarded-For`.
    package var remote = PeerAddress.unknown
    /// The connection that it came by.
    package var client = ClientFacts.none
    /// The deepest nesting of its body that the listener takes; nil for the server's.
    package var maxJSONDepth: Int?
    /// Whether `refuse` or `answer` has seen this request already: it is not counted against quotas again.
    package var isCounted = false

    /// A request without headers or body.
    package init(method: WireMethod, path: ByteView) {
        self.method = method
        self.path = path
    }
}

/// The head of an answer; its body is what was appended to the writer.
package struct WireReply: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// Media type of the body; nil sends no body, and a length of 0. A 204 has no body whatever this says.
    package var contentType: String?
    /// The audit entry that must be recorded before this leaves; 0 for none.
    package var ticket: UInt64 = 0
    /// **Units** seconds; sent as `Retry-After` when above 0.
    package var retryAfterSeconds = 0

    /// A body that is not in the writer but in a file.
    package var attachment: MappedFile?

    /// The media type of nearly all answers.
    package static let json = "application/json"

    /// Equal in everything, and with the same attachment.
    package static func == (left: WireReply, right: WireReply) -> Bool {
        left.status == right.status && left.contentType == right.contentType && left.ticket == right.ticket
            && left.retryAfterSeconds == right.retryAfterSeconds && left.attachment === right.attachment
    }

    /// A JSON reply.
    package init(status: Int, contentType: String? = WireReply.json) {
        self.status = status
        self.contentType = contentType
    }
}

/// Failures of the protocol itself, found before there is a request to route.
package enum ProtocolFault: Error, Equatable, Sendable {
    /// Not HTTP/1.1 as RFC 9112 has it; the text says what, without quoting input.
    case malformed(String)
    /// A header value holds control characters.
    case invalidHeaderValue
    /// More header lines than are looked at.
    case tooManyHeaderLines(limit: Int)
    /// The head is larger than `max_header_size`.
    case headerTooLarge(limit: Int)
    /// The body is larger than `max_request_size`.
    case bodyTooLarge(limit: Int)
    /// Something of HTTP that is not served.
    case unsupported(Feature)
    /// The client was too slow.
    case timedOut
    /// The answer was made, but no audit device has recorded it.
    case unrecorded

    /// What of HTTP is not served.
    package enum Feature: String, Sendable {
        case version = "HTTP version"
        case transferCoding = "transfer coding"
        case expectation

        /// The status that RFC 9110 and RFC 9112 §6.1 have for it.
        var status: Int {
            switch self {
            case .version: 505
            case .transferCoding: 501
            case .expectation: 417
            }
        }
    }
}

/// How an audit entry came out.
package enum TicketOutcome: Sendable, Equatable {
    /// The device is still at it.
    case pending
    /// The answer may leave.
    case recorded
    /// The answer must not leave; `ProtocolFault.unrecorded` goes out in its place.
    case failed
}

/// What `HTTPAPI` needs of the house behind it.
package protocol RequestAnswering: AnyObject, Sendable {
    /// Answers at once from memory, appending the body; nil when the request needs a task (then nothing was appended).
    func answer(_ request: WireRequest, into body: inout ByteWriter) -> WireReply?
    /// Answers with storage or the crypto pool at hand.
    func answerInTask(_ request: WireRequest, into body: inout ByteWriter) async -> WireReply
    /// Whether bodies of this request are refused unread (no such token): asked when the head is complete and the body
    /// is not, so that nobody without a token can make the server gather 32 MiB. The reply ends the connection.
    func refuse(_ head: WireRequest, into body: inout ByteWriter) -> WireReply?
    /// How the entry of a reply's ticket came out. **Cost** an atomic load or two.
    func outcome(of ticket: UInt64) -> TicketOutcome
    /// Has written what was recorded for the answers since the last call.
    func flushRecords()
    /// From now on `wake` is called, from any thread, each time that outcomes have become known.
    func onOutcomes(_ wake: @escaping @Sendable () -> Void)
    /// The API's form of a protocol failure.
    func reply(to fault: ProtocolFault, into body: inout ByteWriter) -> WireReply
}

extension RequestAnswering {
    /// Without audit, nothing is waited for.
    package func outcome(of ticket: UInt64) -> TicketOutcome { .recorded }
    /// Without audit, nothing was recorded.
    package func flushRecords() {}
    /// Without audit, there is nothing to wake for.
    package func onOutcomes(_ wake: @escaping @Sendable () -> Void) {}
}
