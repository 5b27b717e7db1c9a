internal import Bytes
internal import Dispatching
internal import EngineKit
internal import Vocabulary

/// How the end of a request's body is found. **Source** RFC 9112 §6.
enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// `Content-Length` says it; a number past the largest integer is that integer.
    case length(Int)
    /// `Transfer-Encoding: chunked`.
    case chunked
}

/// A run of bytes inside a head, counted from the head's first byte.
struct HeadSpan: Equatable, Sendable {
    var offset = 0
    var count = 0
}

/// What a request's head says, as places in its bytes: it stays true when the bytes are copied elsewhere.
struct RequestHead: Equatable, Sendable {
    var method = WireMethod.other
    var path = HeadSpan()
    var query = HeadSpan()
    var token = HeadSpan()
    var namespace = HeadSpan()
    var wrapTime = HeadSpan()
    /// The header lines.
    var fields = HeadSpan()
    var isForm = false
    var isMergePatch = false
    var framing = BodyFraming.none
    /// Whether the connection may carry another request.
    var keepsAlive = true
    /// Whether the client speaks HTTP/1.0 and so must be told that the connection stays open.
    var isVersion10 = false
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
    /// Who sent it.
    var remote = PeerAddress.unknown
    /// The connection.
    var client = ClientFacts.none
    /// The deepest nesting of a body that the listener takes.
    var maxJSONDepth: Int?
    /// Whether the house has seen the request already.
    var isCounted = false
    /// Length of the head, with the empty line that ends it.
    var count = 0

    /// The request, with views into `bytes`, which begin with the head.
    func request(in bytes: ByteView, body: ByteView) -> WireRequest {
        var request = WireRequest(method: method, path: bytes.slice(path.offset, path.count))
        request.query = bytes.slice(query.offset, query.count)
        request.token = bytes.slice(token.offset, token.count)
        request.namespace = bytes.slice(namespace.offset, namespace.count)
        request.wrapTime = bytes.slice(wrapTime.offset, wrapTime.count)
        request.headers = bytes.slice(fields.offset, fields.count)
        request.client = client
        request.maxJSONDepth = maxJSONDepth
        request.isCounted = isCounted
        request.isForm = isForm
        request.isMergePatch = isMergePatch
        request.body = body
        request.remote = remote
        return request
    }
}
