internal import Bytes
internal import EngineKit
internal import Vocabulary

/// What the stages around the engine can object to.
enum DispatchFault: Error, Equatable {
    /// The path is not one.
    case path(PathFault)
    /// No token, or not a good one.
    case permissionDenied
    /// The token is good, but no policy of it grants this.
    case ruleDenies
    /// Nothing is mounted there.
    case noMount(String)
    /// A verb that means nothing here.
    case unsupportedOperation
    /// PATCH with another media type than a merge patch.
    case mergePatchOnly
    /// `list` in the query is no boolean.
    case listFlag
    /// A write to a path that ends with a slash.
    case writeToFolder
    /// `X-Vault-Wrap-TTL` is no duration.
    case wrapTime
    /// The server is sealed; whether a token came along changes the sentence.
    case sealed(hasToken: Bool)
    /// A rate limit, or the limit on leases, is reached.
    case rateLimit(String, retryAfterSeconds: Int)
    case leaseLimit(String)
    /// No audit device has recorded the request.
    case unrecorded
    /// Tokens were not issued or looked up.
    case token(TokenFault)
    /// A secret was made, and taken back, because there is no lease for it.
    case lease(LeaseFault)
    /// The server lacks the part that the answer needs.
    case notOffered(StaticText)

    /// Texts that hold nothing of a request.
    enum StaticText: String {
        case wrapping = "response wrapping is not available"
        case leases = "leases are not available"
        case suspended = "an engine gave out a secret without being allowed to wait"
    }

    var faultClass: FaultClass {
        switch self {
        case .path(.elsewhere): .nothingThere
        case .permissionDenied, .ruleDenies: .permissionDenied
        case .noMount: .noRoute
        case .unsupportedOperation: .unsupportedOperation
        case .mergePatchOnly: .unsupportedMediaType
        case .listFlag: .malformedQuery
        case .path, .writeToFolder, .wrapTime: .invalidRequest
        case .sealed: .unavailable
        case .rateLimit, .leaseLimit: .tooManyRequests
        case .unrecorded, .notOffered: .internal
        case .token(let fault): fault.faultClass
        case .lease(.refused): .invalidRequest
        case .lease(.unavailable): .internal
        }
    }

    var wireText: String {
        switch self {
        case .path(.traversal): "path must not contain empty, '.' or '..' segments"
        case .path: "malformed path"
        case .permissionDenied: "permission denied"
        case .ruleDenies: "1 error occurred:\n\t* permission denied\n\n"
        case .noMount(let path): "no handler for route '\(path)'"
        case .unsupportedOperation: "unsupported operation"
        case .mergePatchOnly: "PATCH requires Content-Type: application/merge-patch+json"
        case .listFlag: "the query parameter 'list' must be a boolean"
        case .sealed(let hasToken): hasToken ? "error performing token check: Vault is sealed" : "Vault is sealed"
        case .writeToFolder: "cannot write to a path ending in '/'"
        case .wrapTime: "error parsing X-Vault-Wrap-TTL header: not a duration"
        case .rateLimit(let path, _): "request path \"\(path)\": rate limit quota exceeded"
        case .leaseLimit(let path): "request path \"\(path)\": lease count quota exceeded"
        case .unrecorded: "no audit device could record the request"
        case .token(let fault): fault.wireText
        case .lease(.refused(let text)): text
        case .lease(.unavailable): "the lease could not be stored"
        case .notOffered(let text): text.rawValue
        }
    }

    func reply(from mark: Int = 0, _ body: inout ByteWriter) -> WireReply {
        var reply = ErrorMapping.reply(faultClass, wireText, from: mark, &body)
        if case .rateLimit(_, let seconds) = self { reply.retryAfterSeconds = max(seconds, 1) }
        return reply
    }
}
