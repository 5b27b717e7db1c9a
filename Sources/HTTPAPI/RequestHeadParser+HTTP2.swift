internal import Bytes
internal import Dispatching
internal import NIOHPACK

extension RequestHeadParser {
    /// Reads the header list of a request of HTTP/2, and lays its bytes into `block`, which the head's places refer to.
    ///
    /// **Layout** `{ name ":" value CRLF }`, so that what reads header lines can read these.
    /// **Source** RFC 9113 §8.2 and §8.3; the HTTP/2 library has checked names, pseudo-headers and their order.
    static func parse(_ list: HPACKHeaders, into block: RequestBlock) throws(ProtocolFault) -> RequestHead {
        var parser = RequestHeadParser(limit: .max)
        var fields = 0
        for (name, value, _) in list {
            fields += 1
            guard fields <= maxFields else { throw .tooManyHeaderLines(limit: maxFields) }
            let start = block.append(text: name)
            _ = block.append(text: ":")
            let at = block.append(text: value)
            _ = block.append(text: "\r\n")
            let line = block.view
            let bytes = line.slice(at, line.count - 2 - at)
            guard CharacterClass.isFieldValue(bytes) else { throw .invalidHeaderValue }
            try parser.note(http2: line.slice(start, at - 1 - start), bytes, at: at)
        }
        guard parser.head.path.count > 0 else { throw .malformed("invalid request target") }
        if parser.head.token.count == 0 { parser.head.token = parser.bearer }
        parser.head.count = block.count
        parser.head.fields = HeadSpan(offset: 0, count: block.count)
        return parser.head
    }

    private mutating func note(http2 name: ByteView, _ value: ByteView, at offset: Int) throws(ProtocolFault) {
        guard name[0] == UInt8(ascii: ":") else { return try note(name, value, at: offset) }
        if name.equals(":method") {
            head.method = Self.method(value)
        } else if name.equals(":path") {
            guard CharacterClass.isTarget(value), value[0] == UInt8(ascii: "/") else {
                throw .malformed("invalid request target")
            }
            try parse(target: value, at: offset, isOptions: false)
        } else if name.equals(":authority") {
            guard CharacterClass.isHost(value) else { throw .malformed("invalid Host header") }
        }
    }
}

extension RequestBlock {
    /// Appends text; returns where it begins.
    fileprivate func append(text: String) -> Int {
        let offset = count
        var text = text
        text.withUTF8 { append(ByteView(UnsafeRawBufferPointer($0)), expecting: .max) }
        return offset
    }
}
