internal import Bytes
internal import Dispatching
internal import Glibc

/// What an answer tells about the connection.
enum ConnectionNote {
    /// Nothing: HTTP/1.1 stays open by default.
    case none
    /// It stays open, told to a client of HTTP/1.0.
    case keepAlive
    /// It is closed after this answer.
    case close
}

/// Writes answers. **Layout** status line, `Content-Type`, `Cache-Control`, `Content-Length`, `Date`, `Connection`,
/// body.
enum ResponseEncoder {
    /// The interim answer to `Expect: 100-continue`.
    static let continueAnswer: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    // No status line and set of fixed headers is longer; the media type comes on top.
    private static let roomForHead = 256

    /// Whether the status allows a body and a length at all. **Source** RFC 9110 §6.4.1.
    static func allowsBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    /// Bytes of memory that `encode` may need.
    static func room(for reply: WireReply, body: ByteView, dateLine: ByteView) -> Int {
        roomForHead + (reply.contentType?.utf8.count ?? 0) + dateLine.count + body.count
    }

    /// Writes the head and, if `sendsBody`, the body to `memory`, which has the `room` that it needs; returns the
    /// length.
    /// `dateLine` is the complete header line with its end.
    static func encode(
        _ reply: WireReply, body: ByteView, sendsBody: Bool, note: ConnectionNote, dateLine: ByteView,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let start = memory.baseAddress else { return 0 }
        var cursor = Cursor(at: start)
        let status = 100...999 ~= reply.status ? reply.status : 500
        cursor.append(status: status)
        let mayHaveBody = allowsBody(status)
        var length = 0
        if var media = reply.contentType {
            // The field's servers send the media type with a 204 too, and clients look at it.
            if mayHaveBody { length = body.count }
            cursor.append("Content-Type: ")
            media.withUTF8 { cursor.append(UnsafeRawBufferPointer($0)) }
            cursor.append("\r\n")
        }
        cursor.append("Cache-Control: no-store\r\n")
        if reply.retryAfterSeconds > 0 {
            cursor.append("Retry-After: ")
            cursor.append(decimal: reply.retryAfterSeconds)
            cursor.append("\r\n")
        }
        if mayHaveBody {
            cursor.append("Content-Length: ")
            cursor.append(decimal: length)
            cursor.append("\r\n")
        }
        cursor.append(dateLine.buffer)
        switch note {
        case .none: cursor.append("\r\n")
        case .keepAlive: cursor.append("Connection: keep-alive\r\n\r\n")
        case .close: cursor.append("Connection: close\r\n\r\n")
        }
        if sendsBody, length > 0 { cursor.append(body.buffer) }
        return cursor.count
    }

    fileprivate static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 202: "HTTP/1.1 202 Accepted\r\n"
        case 204: "HTTP/1.1 204 No Content\r\n"
        case 301: "HTTP/1.1 301 Moved Permanently\r\n"
        case 307: "HTTP/1.1 307 Temporary Redirect\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 412: "HTTP/1.1 412 Precondition Failed\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case 417: "HTTP/1.1 417 Expectation Failed\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case 500: "HTTP/1.1 500 Internal Server Error\r\n"
        case 501: "HTTP/1.1 501 Not Implemented\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
        default: ""
        }
    }
}

/// A place in memory that is known to be large enough.
private struct Cursor {
    private let start: UnsafeMutableRawPointer
    private(set) var count = 0

    init(at start: UnsafeMutableRawPointer) { self.start = start }

    mutating func append(_ text: StaticString) {
        memcpy(start + count, text.utf8Start, text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        memcpy(start + count, base, bytes.count)
        count += bytes.count
    }

    mutating func append(status: Int) {
        let line = ResponseEncoder.statusLine(status)
        guard line.utf8CodeUnitCount == 0 else { return append(line) }
        append("HTTP/1.1 ")
        append(decimal: status)
        append(" \r\n")
    }

    mutating func append(decimal value: Int) {
        var rest = value.magnitude
        var digits = 1
        while rest > 9 { (rest, digits) = (rest / 10, digits + 1) }
        rest = value.magnitude
        for index in stride(from: digits - 1, through: 0, by: -1) {
            start.storeBytes(
                of: 0x30 + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: count + index, as: UInt8.self)
            rest /= 10
        }
        count += digits
    }
}
