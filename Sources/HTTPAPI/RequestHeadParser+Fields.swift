internal import Bytes
internal import Dispatching

/// The headers that were met, each of which may occur once only, and what `Connection` said.
struct HeaderSet: OptionSet {
    let rawValue: UInt16

    static let host = HeaderSet(rawValue: 1)
    static let contentLength = HeaderSet(rawValue: 2)
    static let transferEncoding = HeaderSet(rawValue: 4)
    static let contentType = HeaderSet(rawValue: 8)
    static let token = HeaderSet(rawValue: 16)
    static let authorization = HeaderSet(rawValue: 32)
    static let namespace = HeaderSet(rawValue: 64)
    static let expect = HeaderSet(rawValue: 128)
    static let close = HeaderSet(rawValue: 256)
    static let keepAlive = HeaderSet(rawValue: 512)
    static let wrapTime = HeaderSet(rawValue: 1024)
}

extension RequestHeadParser {
    /// **Layout** `name ":" OWS value OWS`; no blank before the colon, no continuation lines. **Source** RFC 9112 §5.
    mutating func parse(field line: ByteView, at offset: Int) throws(ProtocolFault) {
        var nameEnd = 0
        while CharacterClass.isToken(line[nameEnd]) { nameEnd += 1 }
        guard nameEnd > 0, line[nameEnd] == UInt8(ascii: ":") else { throw .malformed("invalid header name") }
        var start = nameEnd + 1
        var end = line.count
        while start < end, Self.isBlank(line[start]) { start += 1 }
        while end > start, Self.isBlank(line[end - 1]) { end -= 1 }
        let value = line.slice(start, end - start)
        guard CharacterClass.isFieldValue(value) else { throw .invalidHeaderValue }
        try note(line.slice(0, nameEnd), value, at: offset + start)
    }

    /// Keeps the headers that mean something here; length and first letter tell most names apart from the others.
    mutating func note(_ name: ByteView, _ value: ByteView, at offset: Int) throws(ProtocolFault) {
        switch (name.count, name[0] | 0x20) {
        case (4, UInt8(ascii: "h")):
            if name.equalsIgnoringCase("host") { try noteHost(value) }
        case (6, UInt8(ascii: "e")):
            if name.equalsIgnoringCase("expect") { try noteExpect(value) }
        case (10, UInt8(ascii: "c")):
            if name.equalsIgnoringCase("connection") { noteConnection(value) }
        case (12, UInt8(ascii: "c")):
            if name.equalsIgnoringCase("content-type") { try noteContentType(value) }
        case (13, UInt8(ascii: "x")):
            if name.equalsIgnoringCase("x-vault-token") {
                try once(.token, "duplicate X-Vault-Token header")
                head.token = HeadSpan(offset: offset, count: value.count)
            }
        case (13, UInt8(ascii: "a")):
            if name.equalsIgnoringCase("authorization") { try noteAuthorization(value, at: offset) }
        case (14, UInt8(ascii: "c")):
            if name.equalsIgnoringCase("content-length") { try noteContentLength(value) }
        case (16, UInt8(ascii: "x")):
            if name.equalsIgnoringCase("x-vault-wrap-ttl") {
                try once(.wrapTime, "duplicate X-Vault-Wrap-TTL header")
                head.wrapTime = HeadSpan(offset: offset, count: value.count)
            }
        case (17, UInt8(ascii: "t")):
            if name.equalsIgnoringCase("transfer-encoding") { try noteTransferEncoding(value) }
        case (17, UInt8(ascii: "x")):
            if name.equalsIgnoringCase("x-vault-namespace") {
                try once(.namespace, "duplicate X-Vault-Namespace header")
                head.namespace = HeadSpan(offset: offset, count: value.count)
            }
        default: break
        }
    }

    private mutating func once(_ header: HeaderSet, _ sentence: String) throws(ProtocolFault) {
        guard seen.insert(header).inserted else { throw .malformed(sentence) }
    }

    mutating func noteHost(_ value: ByteView) throws(ProtocolFault) {
        try once(.host, "duplicate Host header")
        guard CharacterClass.isHost(value) else { throw .malformed("invalid Host header") }
    }

    private mutating func noteExpect(_ value: ByteView) throws(ProtocolFault) {
        try once(.expect, "duplicate Expect header")
        guard value.equalsIgnoringCase("100-continue") else { throw .unsupported(.expectation) }
        head.expectsContinue = true
    }

    /// A list of options; the header may be repeated.
    private mutating func noteConnection(_ value: ByteView) {
        var at = 0
        while at < value.count {
            let comma = value.firstIndex(of: UInt8(ascii: ","), from: at) ?? value.count
            let option = Self.trimmed(value.slice(at, comma - at))
            if option.equalsIgnoringCase("close") { seen.insert(.close) }
            if option.equalsIgnoringCase("keep-alive") { seen.insert(.keepAlive) }
            at = comma + 1
        }
    }

    private mutating func noteContentType(_ value: ByteView) throws(ProtocolFault) {
        try once(.contentType, "duplicate Content-Type header")
        let media = Self.trimmed(value.slice(0, value.firstIndex(of: UInt8(ascii: ";")) ?? value.count))
        head.isForm = media.equalsIgnoringCase("application/x-www-form-urlencoded")
        head.isMergePatch = media.equalsIgnoringCase("application/merge-patch+json")
    }

    private mutating func noteAuthorization(_ value: ByteView, at offset: Int) throws(ProtocolFault) {
        try once(.authorization, "duplicate Authorization header")
        guard value.slice(0, 7).equalsIgnoringCase("bearer ") else { return }
        var start = 7
        while Self.isBlank(value[start]) { start += 1 }
        bearer = HeadSpan(offset: offset + start, count: value.count - start)
    }

    /// Digits and nothing else: signs, lists and blanks are how two readers come to disagree on a length.
    private mutating func noteContentLength(_ value: ByteView) throws(ProtocolFault) {
        try once(.contentLength, "duplicate Content-Length header")
        guard !value.isEmpty else { throw .malformed("invalid Content-Length header") }
        var length = 0
        var overflows = false
        for index in 0..<value.count {
            guard Self.isDigit(value[index]) else { throw .malformed("invalid Content-Length header") }
            let (tenfold, tooLong) = length.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = tenfold.addingReportingOverflow(Int(value[index] &- 0x30))
            overflows = overflows || tooLong || tooLarge
            length = sum
        }
        if !seen.contains(.transferEncoding) { head.framing = .length(overflows ? .max : length) }
    }

    private mutating func noteTransferEncoding(_ value: ByteView) throws(ProtocolFault) {
        try once(.transferEncoding, "duplicate Transfer-Encoding header")
        guard value.equalsIgnoringCase("chunked") else { throw .unsupported(.transferCoding) }
        head.framing = .chunked
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ bytes: ByteView) -> ByteView {
        var (start, end) = (0, bytes.count)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return bytes.slice(start, end - start)
    }
}
