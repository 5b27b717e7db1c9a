/// One `seal` stanza.
package struct SealSettings: Sendable {
    /// The kinds of seal.
    package enum Kind: Sendable {
        /// Shares of a key, given by operators.
        case shamir
        /// The transit engine of another server.
        case transit(TransitSealSettings)
        /// A key that the configuration gives.
        case `static`(StaticSealSettings)
    }

    /// The kind.
    package var kind: Kind
    /// Whether it only opens what it sealed, while the root key migrates to the other seal.
    package var isDisabled: Bool

    /// The type as a stanza spells it.
    package var type: String {
        switch kind {
        case .shamir: "shamir"
        case .transit: "transit"
        case .static: "static"
        }
    }
}

/// `seal "transit"`.
package struct TransitSealSettings: Sendable {
    /// URL of the other server.
    package var address: String
    /// Token for it; nil when it has to come from elsewhere, as from an agent in front.
    package var token: SecretSetting?
    /// Name of the key there.
    package var keyName: String
    /// Path of the transit engine there, with a slash at the end.
    package var mountPath: String
    /// Whether the token is not renewed.
    package var disablesRenewal = false
    /// Namespace of the mount.
    package var namespace: String?
    /// File with the authorities for the other server's certificate.
    package var authoritiesFile: String?
    /// File with a certificate for the other server to see.
    package var clientCertificateFile: String?
    /// File with the key of that certificate.
    package var clientKeyFile: String?
    /// Name that the other server's certificate must bear.
    package var serverName: String?
    /// Whether the other server's certificate is not checked.
    package var skipsVerification = false
}

/// `seal "static"`.
package struct StaticSealSettings: Sendable {
    /// Name of the key in use.
    package var currentKeyID: String
    /// The key in use, 32 bytes.
    package var currentKey: SecretSetting
    /// Name of the key before it.
    package var previousKeyID: String?
    /// The key before it, 32 bytes.
    package var previousKey: SecretSetting?
}
