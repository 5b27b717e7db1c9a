package import Bytes
package import Vocabulary

/// What is known of a token without touching storage.
package enum TokenStanding: Sendable {
    /// It is good, and as often as its bearer likes.
    case known(Caller)
    /// There is no such token, or it is over, or it does not work from there.
    case unknown
    /// Only storage knows, or the use of it must be counted there: ask `use`.
    case needsStorage
}

/// A token whose use has been counted.
package struct TokenUse: Sendable {
    /// Who bears it.
    package var caller: Caller
    /// Whether this was its last use: it is ended by `spend` once the request is over.
    package var isLast: Bool

    /// A use.
    package init(caller: Caller, isLast: Bool = false) {
        self.caller = caller
        self.isLast = isLast
    }
}

/// Why a token was not issued or not looked up.
package struct TokenFault: WireFault, Equatable {
    /// Its class.
    package var faultClass: FaultClass
    /// The sentence for the client.
    package var wireText: String

    /// A fault.
    package init(_ faultClass: FaultClass, _ wireText: String) {
        self.faultClass = faultClass
        self.wireText = wireText
    }
}

/// Who stands behind tokens, as the stages of a request ask it. Implemented by the token store.
package protocol TokenAuthority: AnyObject, Sendable {
    /// Looks a token up from memory, without counting a use. **Cost** no storage, no suspension, no lock held long.
    func standing(of token: ByteView, from client: PeerAddress) -> TokenStanding
    /// Looks a token up and counts the use; nil when it is not good. The bytes are copied before it suspends.
    func use(_ token: [UInt8], from client: PeerAddress) async throws(TokenFault) -> TokenUse?
    /// Ends a token after its last use.
    func spend(_ use: TokenUse) async
    /// Makes the token of a login: entity, policies, times. `path` is the whole request path.
    func issue(_ login: Login, at mount: MountPoint, path: String, for client: ClientFacts) async throws(TokenFault)
        -> IssuedToken
}

/// What a caller may do. Implemented by the policy store, which keeps the answer in `Caller.rights`.
package protocol RightsGranting: AnyObject, Sendable {
    /// The compiled rules of the caller's policies, as they are now.
    func rules(of caller: Caller) -> any AccessRules
}

/// Root tokens may do everything, all others nothing: what holds as long as nobody keeps policies.
package final class RootRights: RightsGranting {
    /// The rule.
    package init() {}
    package func rules(of caller: Caller) -> any AccessRules { caller.isRoot ? RootRules.shared : NoRules.shared }
}
