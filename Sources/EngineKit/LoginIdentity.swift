/// Who stands behind logins and tokens. Implemented by the identity store.
package protocol LoginIdentity: Sendable {
    /// Changes with every entity and group; what was derived from an older one is derived anew. **Cost** one load.
    var generation: UInt64 { get }
    /// The policies of an entity and of its groups, sorted; nil for an entity that is gone or disabled: its tokens then
    /// do not work. **Cost** memory only.
    func policies(ofEntity id: String) -> [String]?
    /// The entity of a login, made at the first one, with its groups brought up to date; its id, empty for logins
    /// without an alias.
    func entity(of login: Login, at mount: MountPoint) async throws(TokenFault) -> String
}

/// Nobody stands behind tokens: what holds as long as nobody keeps identities.
package struct NoIdentity: LoginIdentity {
    /// The rule.
    package init() {}
    package let generation: UInt64 = 0
    package func policies(ofEntity id: String) -> [String]? { [] }
    package func entity(of login: Login, at mount: MountPoint) async throws(TokenFault) -> String { "" }
}
