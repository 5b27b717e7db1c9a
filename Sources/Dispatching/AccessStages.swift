package import Bytes
package import EngineKit
package import Vocabulary

/// What the stages of a request ask: tokens, rights, quotas, leases, wrapping, audit. What is nil is not there, and its
/// stage is passed.
package struct AccessStages: Sendable {
    /// Who stands behind a token.
    package var tokens: any TokenAuthority
    /// What they may do.
    package var rights: any RightsGranting
    /// Rate limits.
    package var quotas: (any RequestQuotas)?
    /// Keeps what is given out.
    package var leases: (any LeaseRegistering)?
    /// Keeps answers for one reader.
    package var wrapping: (any ResponseWrapping)?
    /// Records requests and answers.
    package var audit: (any AuditTrail)?

    /// Stages with tokens and rights alone.
    package init(tokens: any TokenAuthority, rights: any RightsGranting = RootRights()) {
        self.tokens = tokens
        self.rights = rights
    }
}

/// Knows one token: the root token of dev mode.
package final class RootToken: TokenAuthority {
    private let token: SecretBytes

    /// Accepts exactly `token`.
    package init(_ token: String) {
        var text = ByteWriter()
        text.append(text: token)
        self.token = SecretBytes(copying: text.view)
    }

    package func standing(of token: ByteView, from client: PeerAddress) -> TokenStanding {
        let isEqual = self.token.exposing { ConstantTime.equal($0, token) }
        return isEqual && !token.isEmpty ? .known(.root) : .unknown
    }

    package func use(_ token: [UInt8], from client: PeerAddress) async throws(TokenFault) -> TokenUse? { nil }
    package func spend(_ use: TokenUse) async {}
    package func issue(
        _ login: Login, at mount: MountPoint, path: String, for client: ClientFacts
    ) async throws(TokenFault) -> IssuedToken {
        throw TokenFault(.unavailable, "this server keeps no tokens")
    }
}
