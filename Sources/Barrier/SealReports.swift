package import Primitives

/// What `sys/seal-status` and `sys/unseal` tell.
package struct SealStatus: Sendable, Equatable {
    /// The seal's wire name.
    package var type: String
    /// Whether there is a database.
    package var isInitialized: Bool
    /// Whether its keys are not in memory.
    package var isSealed: Bool
    /// Of the unseal shares, or with an automatic seal of the recovery shares; 0 of 0 before the initialisation.
    package var count: ShareCount
    /// Shares given in this round.
    package var progress: Int
    /// Names the round of shares; empty when there is none.
    package var nonce: String
    /// Whether the configured seal is not the database's, so that unsealing moves it.
    package var isMigrating: Bool
    /// Whether the shares are recovery shares.
    package var isRecoverySeal: Bool
}

/// What `sys/init` asks for.
package struct InitializationRequest: Sendable, Equatable {
    /// Unseal shares; an automatic seal has none, and takes no notice.
    package var count: ShareCount
    /// Recovery shares, for an automatic seal; 0 for none.
    package var recovery: ShareCount

    /// A request.
    package init(count: ShareCount, recovery: ShareCount = ShareCount(shares: 0, threshold: 0)) {
        self.count = count
        self.recovery = recovery
    }
}

/// What `sys/init` tells.
package struct InitializationResult: Sendable {
    /// What `populate` gave.
    package let rootToken: String
    /// The unseal shares; none with an automatic seal.
    package let shares: [KeyShare]
    /// The recovery shares, with an automatic seal.
    package let recoveryShares: [KeyShare]
}

/// What `sys/generate-root/*` tells.
package struct RootGenerationStatus: Sendable, Equatable {
    /// Names the operation; empty when there is none.
    package var nonce: String
    /// Whether one is under way, or was until this answer.
    package var isStarted: Bool
    /// Shares given.
    package var progress: Int
    /// Shares needed.
    package var required: Int
    /// Whether the token was made.
    package var isComplete = false
    /// The token over the pad, once complete.
    package var encodedToken = ""
    /// The pad, only in the answer to a start that left its choice to the server.
    package var otp = ""
    /// Length of pads and tokens in bytes.
    package var otpLength: Int
}

/// What `sys/rekey/init` and its like tell.
package struct RekeyStatus: Sendable, Equatable {
    /// Names the operation; empty when there is none.
    package var nonce: String
    /// Whether one is under way.
    package var isStarted: Bool
    /// The new shares; 0 of 0 when none is under way.
    package var count: ShareCount
    /// Old shares given.
    package var progress: Int
    /// Old shares needed.
    package var required: Int
    /// As requested.
    package var backup: Bool
    /// As requested.
    package var requiresVerification: Bool
    /// Names the verification under way; empty when there is none.
    package var verificationNonce: String
}

/// What `sys/rekey/update` tells.
package enum RekeyAnswer: Sendable {
    /// More shares are needed.
    case progress(RekeyStatus)
    /// The new shares; with a verification nonce they take effect only after the verification.
    case complete(nonce: String, shares: [KeyShare], backup: Bool, verificationNonce: String?)
}

/// What `sys/rekey/verify` tells.
package struct VerificationStatus: Sendable, Equatable {
    /// Names the verification.
    package var nonce: String
    /// The new shares.
    package var count: ShareCount
    /// New shares given.
    package var progress: Int
    /// Whether the new shares have taken effect.
    package var isComplete = false
}
