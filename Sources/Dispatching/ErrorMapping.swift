internal import Bytes
internal import Vocabulary

/// The one place where a class of fault becomes a status and a body. **Source** transit wire facts §1.2.
enum ErrorMapping {
    /// Replaces what was written after `mark` by the error's body.
    static func reply(
        _ faultClass: FaultClass, _ text: String, from mark: Int = 0, _ body: inout ByteWriter
    ) -> WireReply {
        body.truncate(to: mark)
        body.append("{\"errors\":[")
        if faultClass != .nothingThere && faultClass != .malformedQuery {
            body.append(jsonString: isWrapped(faultClass) ? "1 error occurred:\n\t* \(text)\n\n" : text)
        }
        body.append("]}\n")
        return WireReply(status: status(faultClass))
    }

    /// The status of a class.
    static func status(_ faultClass: FaultClass) -> Int {
        switch faultClass {
        case .invalidRequest, .malformedQuery: 400
        case .permissionDenied: 403
        case .nothingThere, .noRoute, .unsupportedPath: 404
        case .unsupportedOperation: 405
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .tooManyRequests: 429
        case .internal: 500
        case .unavailable: 503
        }
    }

    private static func isWrapped(_ faultClass: FaultClass) -> Bool {
        switch faultClass {
        case .unsupportedPath, .unsupportedOperation, .internal: true
        case .invalidRequest, .malformedQuery, .permissionDenied, .nothingThere, .noRoute, .tooLarge,
            .unsupportedMediaType, .tooManyRequests, .unavailable:
            false
        }
    }

    /// The body of a failure of HTTP itself.
    static func reply(_ fault: ProtocolFault, _ body: inout ByteWriter) -> WireReply {
        body.truncate(to: 0)
        if fault == .invalidHeaderValue {
            // Compatibility: the one answer that is no JSON; clients compare it, system wire facts §1.5.
            body.append("400 Bad Request: invalid header value")
            return WireReply(status: 400, contentType: "text/plain")
        }
        let (status, text): (Int, String) =
            switch fault {
            case .malformed(let what): (400, "malformed request: \(what)")
            case .invalidHeaderValue: (400, "invalid header value")
            case .tooManyHeaderLines(let limit): (431, "request head has more than \(limit) header lines")
            case .headerTooLarge(let limit):
                (431, "request head is larger than \(limit) bytes (setting max_header_size)")
            case .bodyTooLarge(let limit):
                (413, "request body is larger than \(limit) bytes (setting max_request_size)")
            case .unsupported(let what): (what.status, "unsupported: \(what.rawValue)")
            case .unrecorded: (500, DispatchFault.unrecorded.wireText)
            case .timedOut:
                (408, "the request did not arrive in time (settings http_read_timeout, max_request_duration)")
            }
        JSON.object(["errors": .array([.string(text)])]).write(into: &body)
        body.append("\n")
        return WireReply(status: status)
    }
}
