/// What `sys/seal-status` and `sys/unseal` tell.
package struct SealReport: Sendable, Equatable {
    /// The seal's wire name.
    package var type: String
    /// Whether there is a database.
    package var isInitialized: Bool
    /// Whether its keys are not in memory.
    package var isSealed: Bool
    /// Shares that suffice, of the unseal shares or with an automatic seal of the recovery shares; 0 before there are
    /// any.
    package var threshold: Int
    /// All shares.
    package var shares: Int
    /// Shares given in this round.
    package var progress: Int
    /// Names the round of shares; empty when there is none.
    package var nonce: String
    /// Whether unsealing moves the database to another seal.
    package var isMigrating: Bool
    /// Whether the shares are recovery shares.
    package var isRecoverySeal: Bool
    /// Why it is sealed although nobody asked for it; nil when there is nothing to say.
    package var reason: String?

    /// A report with the given values.
    package init(
        type: String, isInitialized: Bool, isSealed: Bool, threshold: Int = 0, shares: Int = 0, progress: Int = 0,
        nonce: String = "", isMigrating: Bool = false, isRecoverySeal: Bool = false
    ) {
        self.type = type
        self.isInitialized = isInitialized
        self.isSealed = isSealed
        self.threshold = threshold
        self.shares = shares
        self.progress = progress
        self.nonce = nonce
        self.isMigrating = isMigrating
        self.isRecoverySeal = isRecoverySeal
    }
}

/// What `sys/init` asks for.
package struct InitializationWish: Sendable, Equatable {
    /// Unseal shares; an automatic seal takes no notice.
    package var shares: Int
    /// How many of them suffice.
    package var threshold: Int
    /// Recovery shares, for an automatic seal; 0 for none.
    package var recoveryShares: Int
    /// How many of them suffice.
    package var recoveryThreshold: Int

    /// A wish.
    package init(shares: Int, threshold: Int, recoveryShares: Int = 0, recoveryThreshold: Int = 0) {
        self.shares = shares
        self.threshold = threshold
        self.recoveryShares = recoveryShares
        self.recoveryThreshold = recoveryThreshold
    }
}

/// What `sys/init` tells.
package struct InitializationReport: Sendable {
    /// The token that may do everything.
    package var rootToken: SealSecret
    /// The unseal shares; none with an automatic seal.
    package var shares: [SealSecret]
    /// The recovery shares, with an automatic seal.
    package var recoveryShares: [SealSecret]

    /// A report with the given values.
    package init(rootToken: SealSecret, shares: [SealSecret], recoveryShares: [SealSecret]) {
        self.rootToken = rootToken
        self.shares = shares
        self.recoveryShares = recoveryShares
    }
}

/// Which shares a rekey replaces.
package enum ShareKind: Sendable, CaseIterable {
    /// The unseal shares, and the root key with them; with an automatic seal the root key alone.
    case barrier
    /// The recovery shares of an automatic seal.
    case recovery
}

/// What a rekey is to make.
package struct RekeyWish: Sendable, Equatable {
    /// The new shares.
    package var shares: Int
    /// How many of them suffice.
    package var threshold: Int
    /// Whether the new shares have to be shown to be in good hands before they take effect.
    package var requiresVerification: Bool

    /// A wish.
    package init(shares: Int, threshold: Int, requiresVerification: Bool = false) {
        self.shares = shares
        self.threshold = threshold
        self.requiresVerification = requiresVerification
    }
}

/// What `sys/rekey/init` tells.
package struct RekeyReport: Sendable, Equatable {
    /// Names the operation; empty when there is none.
    package var nonce: String
    /// Whether one is under way.
    package var isStarted: Bool
    /// How many of the new shares suffice; 0 when none is under way.
    package var threshold: Int
    /// All new shares.
    package var shares: Int
    /// Old shares given.
    package var progress: Int
    /// Old shares needed.
    package var required: Int
    /// Whether the new shares take effect only after a verification.
    package var requiresVerification: Bool
    /// Names the verification under way; empty when there is none.
    package var verificationNonce: String

    /// A report with the given values.
    package init(
        nonce: String = "", isStarted: Bool = false, threshold: Int = 0, shares: Int = 0, progress: Int = 0,
        required: Int, requiresVerification: Bool = false, verificationNonce: String = ""
    ) {
        self.nonce = nonce
        self.isStarted = isStarted
        self.threshold = threshold
        self.shares = shares
        self.progress = progress
        self.required = required
        self.requiresVerification = requiresVerification
        self.verificationNonce = verificationNonce
    }
}

/// What `sys/rekey/update` tells.
package enum RekeyStep: Sendable {
    /// More shares are needed.
    case progress(RekeyReport)
    /// The new shares; with a verification nonce they take effect only after the verification.
    case complete(nonce: String, shares: [SealSecret], verificationNonce: String?)
}

/// What `sys/rekey/verify` tells.
package struct VerificationReport: Sendable, Equatable {
    /// Names the verification.
    package var nonce: String
    /// How many of the new shares suffice.
    package var threshold: Int
    /// All new shares.
    package var shares: Int
    /// New shares given.
    package var progress: Int
    /// Whether the new shares have taken effect.
    package var isComplete: Bool

    /// A report with the given values.
    package init(nonce: String, threshold: Int, shares: Int, progress: Int, isComplete: Bool = false) {
        self.nonce = nonce
        self.threshold = threshold
        self.shares = shares
        self.progress = progress
        self.isComplete = isComplete
    }
}

/// What `sys/generate-root/*` tells.
package struct RootGenerationReport: Sendable {
    /// Names the attempt; empty when there is none.
    package var nonce: String
    /// Whether one is under way, or was until this answer.
    package var isStarted: Bool
    /// Shares given.
    package var progress: Int
    /// Shares needed.
    package var required: Int
    /// Length of pads and tokens in bytes.
    package var otpLength: Int
    /// The token over the pad, in base64 without padding, once the attempt is complete.
    package var encodedToken: SealSecret?
    /// The pad, only in the answer to a start that left its choice to the server.
    package var otp: SealSecret?

    /// A report with the given values.
    package init(
        nonce: String = "", isStarted: Bool = false, progress: Int = 0, required: Int, otpLength: Int,
        encodedToken: SealSecret? = nil, otp: SealSecret? = nil
    ) {
        self.nonce = nonce
        self.isStarted = isStarted
        self.progress = progress
        self.required = required
        self.otpLength = otpLength
        self.encodedToken = encodedToken
        self.otp = otp
    }
}

/// What `sys/key-status` tells.
package struct KeyTermReport: Sendable, Equatable {
    /// The latest term's number.
    package var term: Int
    /// **Units** Unix seconds.
    package var installedUnixSeconds: Int
    /// Messages sealed under it, about.
    package var encryptions: Int

    /// A report with the given values.
    package init(term: Int, installedUnixSeconds: Int, encryptions: Int) {
        self.term = term
        self.installedUnixSeconds = installedUnixSeconds
        self.encryptions = encryptions
    }
}

/// What `sys/rotate/config` shows and sets: when a new term begins by itself.
package struct RotationConfiguration: Sendable, Equatable {
    /// Whether it does at all by these rules.
    package var isEnabled: Bool
    /// Messages after which a term ends.
    package var maxOperations: Int
    /// **Units** seconds after which a term ends; 0 for never.
    package var intervalSeconds: Int

    /// A configuration with the given values.
    package init(isEnabled: Bool, maxOperations: Int, intervalSeconds: Int) {
        self.isEnabled = isEnabled
        self.maxOperations = maxOperations
        self.intervalSeconds = intervalSeconds
    }
}
