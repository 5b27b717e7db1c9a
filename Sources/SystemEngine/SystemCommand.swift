package import EngineKit
package import Vocabulary

extension SystemPaths {
    /// A resolved request.
    package enum Command: Sendable {
        /// Mounts.
        case mounts(MountCommand)
        /// How the server is.
        case health(HealthCodes)
        case leader
        case stepDown
        /// What changes the seal, and what it tells.
        case seal(SealCommand)
        case rekey(ShareKind, RekeyCommand)
        case rootGeneration(RootGenerationCommand)
        case terms(TermCommand)
        /// What the composition root tells.
        case report(ReportCommand)
    }

    /// Statuses that `sys/health` is asked to answer with.
    package struct HealthCodes: Sendable, Equatable {
        /// While it serves.
        package var active = 200
        /// While it is sealed.
        package var sealed = 503
        /// Before the initialisation.
        package var uninitialized = 501
    }

    /// On `sys/init`, `seal-status`, `unseal` and `seal`.
    package enum SealCommand: Sendable {
        case initializationStatus
        case initialize(InitializationWish)
        case status
        case unseal(SealSecret, migrate: Bool)
        case resetUnseal
        case seal
    }

    /// On `sys/rekey/*` and `sys/rekey-recovery-key/*`.
    package enum RekeyCommand: Sendable {
        case status
        case start(RekeyWish)
        case cancel
        case update(SealSecret, nonce: String)
        case verificationStatus
        case restartVerification
        case verify(SealSecret, nonce: String)
        case backup
        case deleteBackup
    }

    /// On `sys/generate-root/*`; `isKnown` says whether the caller has a token.
    package enum RootGenerationCommand: Sendable {
        case status(isKnown: Bool)
        case start(otp: SealSecret?)
        case update(SealSecret, nonce: String, isKnown: Bool)
        case cancel(nonce: String?, isKnown: Bool)
    }

    /// On `sys/key-status` and `sys/rotate*`.
    package enum TermCommand: Sendable {
        case status
        case rotate
        case configuration
        case configure(RotationChange)
    }

    /// What of the rotation's configuration is to change.
    package struct RotationChange: Sendable, Equatable {
        /// Messages per term; nil stays.
        package var maxOperations: Int?
        /// **Units** seconds; nil stays.
        package var intervalSeconds: Int?
        /// Whether terms end by these rules; nil stays.
        package var isEnabled: Bool?
    }

    /// What is counted.
    package enum Counter: Sendable {
        case tokens, entities, requests, activity, settings
    }

    /// Reports about the server.
    package enum ReportCommand: Sendable {
        case host, configuration, versions, requests
        case count(Counter)
    }

    /// The right that the command needs.
    package func capability(for command: Command) -> Capability {
        switch command {
        case .health, .leader: .read
        case .mounts(.enable), .mounts(.tune), .mounts(.move): .update
        case .mounts(.disable): .delete
        case .mounts: .read
        case .stepDown, .seal(.seal), .terms(.rotate): .sudo
        case .seal(.initializationStatus), .seal(.status), .rekey(_, .status), .rekey(_, .verificationStatus),
            .rekey(_, .backup), .rootGeneration(.status), .terms(.status), .terms(.configuration), .report(.host),
            .report(.configuration), .report(.requests), .report(.count):
            .read
        case .report(.versions): .list
        case .rekey(_, .cancel), .rekey(_, .restartVerification), .rekey(_, .deleteBackup), .rootGeneration(.cancel):
            .delete
        case .seal, .rekey, .rootGeneration, .terms(.configure): .update
        }
    }
}
