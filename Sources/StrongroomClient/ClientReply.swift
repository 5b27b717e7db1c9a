/// What the server answered.
package struct ClientReply: Sendable {
    /// The status.
    package let status: Int
    /// The body as it came.
    package let bytes: [UInt8]
    /// The body as JSON; nil when it is empty or none.
    package let document: JSONNode?

    /// An answer of that status and body.
    package init(status: Int, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
        document = bytes.isEmpty ? nil : try? JSONNode(parsing: bytes)
    }

    /// Whether it is a success.
    package var isGood: Bool { (200..<300).contains(status) }
    /// The `data` of the envelope; nil when it is absent or null.
    package var data: JSONNode? { document?["data"].flatMap { $0.isNull ? nil : $0 } }
    /// The `auth` of the envelope.
    package var auth: JSONNode? { document?["auth"].flatMap { $0.isNull ? nil : $0 } }
    /// The `wrap_info` of the envelope.
    package var wrapInfo: JSONNode? { document?["wrap_info"].flatMap { $0.isNull ? nil : $0 } }
    /// The warnings of the envelope.
    package var warnings: [String] { document?["warnings"]?.texts ?? [] }
    /// The sentences of a refusal.
    package var errors: [String] { document?["errors"]?.texts ?? [] }
    /// The keys of a list.
    package var keys: [String]? { data?["keys"]?.texts }
}
