package import Bytes

extension HCLDocument {
    /// Reads a text, native or JSON; `file` is the name that errors give.
    ///
    /// Total: every text is either a document or an error. **Cost** one pass, linear.
    package static func parse(
        _ text: ByteView, file: String, limits: HCLLimits = HCLLimits()
    ) throws(HCLError) -> HCLDocument {
        var cursor = HCLCursor(text, file: file, limits: limits)
        guard text.count <= limits.maxBytes else { throw cursor.error(.tooLarge(limit: limits.maxBytes)) }
        try cursor.checkEncoding()
        cursor.skipByteOrderMark()
        var ahead = cursor
        ahead.skipSpace()
        if ahead.byte == UInt8(ascii: "{") {
            var parser = HCLJSONParser(ahead)
            return HCLDocument(file: file, form: .json, body: try parser.document())
        }
        var parser = HCLNativeParser(cursor)
        return HCLDocument(file: file, form: .native, body: try parser.document())
    }
}
