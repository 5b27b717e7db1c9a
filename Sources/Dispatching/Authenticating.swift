package import Bytes

/// Who is asking.
package struct Principal: Sendable {
    /// May do everything.
    package let isRoot: Bool

    /// A principal.
    package init(isRoot: Bool) { self.isRoot = isRoot }
}

/// Tells who stands behind a token.
package protocol Authenticating: Sendable {
    /// The principal, or nil for a token that is unknown or over. **Cost** no storage, no parsing.
    func principal(of token: ByteView) -> Principal?
}

/// Knows one token: the root token of dev mode.
package final class RootToken: Authenticating {
    private let token: SecretBytes

    /// Accepts exactly `token`.
    package init(_ token: String) {
        var text = ByteWriter()
        text.append(text: token)
        self.token = SecretBytes(copying: text.view)
    }

    package func principal(of token: ByteView) -> Principal? {
        let isEqual = self.token.exposing { ConstantTime.equal($0, token) }
        return isEqual && !token.isEmpty ? Principal(isRoot: true) : nil
    }
}
