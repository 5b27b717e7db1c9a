internal import Bytes

/// What is wrong with a request's path.
enum PathFault: Error, Equatable {
    /// Not below `/v1/`.
    case elsewhere
    /// A broken percent escape, or bytes that no path has.
    case malformed
    /// `.`, `..`, or an empty segment, plain or escaped (CVE-2026-3605).
    case traversal
}

/// The path below `/v1/`, decoded and checked: what is routed is what was authorised.
enum RequestPath {
    /// The decoded path; when it had escapes it is written into `scratch`, and lent from there.
    static func decode(_ raw: ByteView, _ scratch: inout ByteWriter) throws(PathFault) -> ByteView {
        guard raw.hasPrefix("/v1/"), raw.count > 4 else { throw .elsewhere }
        var path = raw.dropFirst(4)
        if path.firstIndex(of: UInt8(ascii: "%")) != nil {
            guard let decoded = PercentEncoding.decode(path.array, plusIsSpace: false) else { throw .malformed }
            decoded.withUnsafeBytes { scratch.append(ByteView($0)) }
            path = scratch.view
        }
        try check(path)
        return path
    }

    private static func check(_ path: ByteView) throws(PathFault) {
        var segment = 0
        for index in 0...path.count {
            let byte = path[index]
            guard index == path.count || byte == UInt8(ascii: "/") else {
                if byte < 0x20 || byte == 0x7F { throw .malformed }
                continue
            }
            let length = index - segment
            let isDots =
                path[segment] == UInt8(ascii: ".")
                && (length == 1 || length == 2 && path[segment + 1] == UInt8(ascii: "."))
            // Only the last segment may be empty: a trailing slash, which LIST knows.
            if isDots || length == 0 && index < path.count { throw .traversal }
            segment = index + 1
        }
    }
}
