internal import Bytes
internal import Dispatching

/// Reads the head of a request, line by line as the lines arrive.
///
/// It is fed the same growing run of bytes again and again and never looks at a byte twice, so a head that trickles in
/// costs no more than one that comes at once. Anything that two readers could understand differently is refused.
/// **Cost** one pass, no allocation. **Source** RFC 9112 §2 to §6.
struct RequestHeadParser {
    private enum Stage { case requestLine, fields }

    /// Most header lines that a head may have.
    static let maxFields = 128
    private static let maxLeadingBlankLines = 2

    var head = RequestHead()
    var seen = HeaderSet()
    /// The token of `Authorization: Bearer`, used when there is no `X-Vault-Token`.
    var bearer = HeadSpan()
    private var stage = Stage.requestLine
    private var searched = 0
    private var lineStart = 0
    private var blankLines = 0
    private var fields = 0
    private let limit: Int

    /// A parser for one head of at most `limit` bytes.
    init(limit: Int) { self.limit = limit }

    /// The head at the start of `bytes`, or nil while its end is not there. `bytes` holds what earlier calls were
    /// given.
    mutating func parse(_ bytes: ByteView) throws(ProtocolFault) -> RequestHead? {
        let window = bytes.slice(0, limit)
        while let feed = window.firstIndex(of: UInt8(ascii: "\n"), from: searched) {
            guard window[feed - 1] == UInt8(ascii: "\r") else { throw .malformed("line feed without carriage return") }
            let line = window.slice(lineStart, feed - 1 - lineStart)
            let isLast = try parse(line: line, at: lineStart)
            searched = feed + 1
            lineStart = searched
            if stage == .fields, head.fields.offset == 0 { head.fields.offset = searched }
            if isLast {
                head.count = searched
                head.fields.count = max(searched - 2 - head.fields.offset, 0)
                try finish()
                return head
            }
        }
        searched = window.count
        guard bytes.count < limit else { throw .headerTooLarge(limit: limit) }
        // What cannot become a request line (a TLS handshake, say) is refused without waiting for its end.
        if stage == .requestLine, lineStart < window.count {
            let first = window[lineStart]
            guard CharacterClass.isToken(first) || first == UInt8(ascii: "\r") else {
                throw .malformed("invalid request line")
            }
        }
        return nil
    }

    /// True when the line is the empty one that ends the head.
    private mutating func parse(line: ByteView, at offset: Int) throws(ProtocolFault) -> Bool {
        switch stage {
        case .requestLine:
            guard line.isEmpty else {
                try parse(requestLine: line, at: offset)
                stage = .fields
                return false
            }
            blankLines += 1
            guard blankLines <= Self.maxLeadingBlankLines else { throw .malformed("invalid request line") }
            return false
        case .fields:
            guard !line.isEmpty else { return true }
            fields += 1
            guard fields <= Self.maxFields else { throw .tooManyHeaderLines(limit: Self.maxFields) }
            try parse(field: line, at: offset)
            return false
        }
    }

    /// **Layout** `method SP target SP HTTP/1.1`.
    private mutating func parse(requestLine line: ByteView, at offset: Int) throws(ProtocolFault) {
        var methodEnd = 0
        while CharacterClass.isToken(line[methodEnd]) { methodEnd += 1 }
        let targetStart = methodEnd + 1
        let targetCount = line.count - targetStart - 9
        guard methodEnd > 0, line[methodEnd] == UInt8(ascii: " "), targetCount > 0,
            line[targetStart + targetCount] == UInt8(ascii: " ")
        else { throw .malformed("invalid request line") }
        try parse(version: line.slice(targetStart + targetCount + 1, 8))
        head.method = Self.method(line.slice(0, methodEnd))
        let target = line.slice(targetStart, targetCount)
        guard CharacterClass.isTarget(target) else { throw .malformed("invalid request target") }
        try parse(target: target, at: offset + targetStart, isOptions: line.slice(0, methodEnd).equals("OPTIONS"))
    }

    private mutating func parse(version: ByteView) throws(ProtocolFault) {
        if version.equals("HTTP/1.1") { return }
        guard !version.equals("HTTP/1.0") else {
            head.isVersion10 = true
            head.keepsAlive = false
            return
        }
        let isVersion =
            version.hasPrefix("HTTP/") && Self.isDigit(version[5]) && version[6] == UInt8(ascii: ".")
            && Self.isDigit(version[7])
        throw isVersion ? .unsupported(.version) : .malformed("invalid request line")
    }

    mutating func parse(target: ByteView, at offset: Int, isOptions: Bool) throws(ProtocolFault) {
        var start = 0
        if target[0] != UInt8(ascii: "/"), !(isOptions && target.equals("*")) {
            start = try Self.pathStart(ofAbsolute: target)
        }
        let mark = target.firstIndex(of: UInt8(ascii: "?"), from: start)
        if let mark { head.query = HeadSpan(offset: offset + mark + 1, count: target.count - mark - 1) }
        let end = mark ?? target.count
        if end > start {
            head.path = HeadSpan(offset: offset + start, count: end - start)
        } else {
            // An absolute target without a path means `/`: the one before its authority serves.
            head.path = HeadSpan(offset: offset + (target.firstIndex(of: UInt8(ascii: "/")) ?? 0), count: 1)
        }
    }

    /// Where the path begins in `http://authority/path`. **Source** RFC 9112 §3.2.2.
    private static func pathStart(ofAbsolute target: ByteView) throws(ProtocolFault) -> Int {
        let scheme =
            target.slice(0, 7).equalsIgnoringCase("http://")
            ? 7
            : target.slice(0, 8).equalsIgnoringCase("https://") ? 8 : 0
        var end = scheme
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
        guard scheme > 0, end > scheme else { throw .malformed("invalid request target") }
        return end
    }

    /// What only the whole head can tell.
    private mutating func finish() throws(ProtocolFault) {
        guard head.isVersion10 || seen.contains(.host) else { throw .malformed("missing Host header") }
        if seen.contains(.transferEncoding) {
            guard !seen.contains(.contentLength) else {
                throw .malformed("both Content-Length and Transfer-Encoding")
            }
            guard !head.isVersion10 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
        }
        if head.token.count == 0 { head.token = bearer }
        if seen.contains(.close) {
            head.keepsAlive = false
        } else if seen.contains(.keepAlive) {
            head.keepsAlive = true
        }
        // HTTP/1.0 knows no interim answers; without a body there is nothing to wait for.
        if head.isVersion10 || head.framing == .none || head.framing == .length(0) { head.expectsContinue = false }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func method(_ name: ByteView) -> WireMethod {
        switch name.count {
        case 3: name.equals("GET") ? .get : name.equals("PUT") ? .put : .other
        case 4: name.equals("POST") ? .post : name.equals("LIST") ? .list : name.equals("HEAD") ? .head : .other
        case 5: name.equals("PATCH") ? .patch : .other
        case 6: name.equals("DELETE") ? .delete : .other
        default: .other
        }
    }
}
