internal import Foundation

/// One request to a server.
package struct ClientRequest: Sendable {
    /// What is asked of the path.
    package enum Verb: String, Sendable {
        /// The verbs of the interface; LIST is its own.
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
        case list = "LIST"
        case patch = "PATCH"

        /// Whether asking twice is as good as asking once.
        var isHarmless: Bool { self == .get || self == .list }
    }

    /// The verb.
    package var verb: Verb
    /// The path below `/v1/`, not encoded.
    package var path: String
    /// The query, in order.
    package var query: [(name: String, value: String)] = []
    /// The body as JSON.
    package var body: JSONNode?
    /// A body that is not JSON.
    package var bytes: [UInt8]?
    /// The token to send instead of that of the settings; empty for none.
    package var token: String?
    /// The wrapping time to ask for instead of that of the settings; empty for none.
    package var wrapTTL: String?

    /// A request without a body unless one is given.
    package init(_ verb: Verb, _ path: String, _ body: JSONNode? = nil) {
        self.verb = verb
        self.path = Self.cleaned(path)
        self.body = body
    }

    /// The path without slashes at its ends and without a `v1/` in front.
    package static func cleaned(_ path: String) -> String {
        var path = Substring(path.trimmingCharacters(in: .whitespacesAndNewlines))
        while path.hasPrefix("/") { path = path.dropFirst() }
        if path.hasPrefix("v1/") { path = path.dropFirst(3) }
        return String(path)
    }

    private static let pathBytes = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/".utf8)
    private static let queryBytes = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:".utf8)

    private static func encoded(_ text: String, keeping: Set<UInt8>) -> String {
        var result = ""
        for byte in text.utf8 {
            if keeping.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    /// Path and query as they stand in a request line.
    package var target: String {
        let path = "/v1/" + Self.encoded(path, keeping: Self.pathBytes)
        guard !query.isEmpty else { return path }
        let pairs = query.map {
            Self.encoded($0.name, keeping: Self.queryBytes) + "=" + Self.encoded($0.value, keeping: Self.queryBytes)
        }
        return path + "?" + pairs.joined(separator: "&")
    }

    /// The type of the body; a patch is a merge patch. **Source** RFC 7396.
    var contentType: String {
        if bytes != nil { return "application/octet-stream" }
        return verb == .patch ? "application/merge-patch+json" : "application/json"
    }
}
