package import Storage

/// The operations that shares authorise, for the texts that name them.
package enum ShareOperation: Sendable, Equatable {
    /// A new root token.
    case rootGeneration
    /// New unseal shares.
    case barrierRekey
    /// New recovery shares.
    case recoveryRekey
}

/// What can go wrong with initialising, unsealing and what shares authorise.
package enum SealFault: Error, Equatable, Sendable {
    /// The server is sealed.
    case sealed
    /// Nothing was initialised.
    case notInitialized
    /// It was initialised before.
    case alreadyInitialized
    /// Numbers of shares at the initialisation.
    case invalidShares(ShareCountFault)
    /// Numbers of recovery shares at the initialisation.
    case invalidRecoveryShares(ShareCountFault)
    /// Numbers of shares for a rekey.
    case invalidRekeyShares(ShareCountFault)
    /// Neither a key nor a reset was asked for.
    case keyMissing
    /// A key that is neither hex nor base64.
    case keyNotText
    /// A key of too few bytes.
    case keyTooShort
    /// A key of too many bytes.
    case keyTooLong
    /// The shares together do not open the seal. Which of them is wrong is not known, and not told.
    case invalidKey
    /// Keys were given, but the seal is automatic and no migration under way.
    case automaticSeal
    /// A migration is under way, and the request does not say that it is meant.
    case migrationNeeded
    /// The request says that a migration is meant, but none is under way.
    case noMigration
    /// An automatic seal that nobody has recovery shares for.
    case noRecoveryKeys
    /// There are no recovery shares with this seal.
    case recoveryUnsupported
    /// An operation that is under way already.
    case alreadyRunning(ShareOperation)
    /// None is under way.
    case notRunning(ShareOperation)
    /// A rekey that has no verification under way.
    case noVerification
    /// The shares were accepted; what is wanted now is the verification of the new ones.
    case verificationUnderWay(nonce: String)
    /// Another nonce than the operation's.
    case wrongNonce(ShareOperation, nonce: String)
    /// A share that was given before.
    case repeatedKey(ShareOperation)
    /// Shares that do not authorise; the operation stays, without progress.
    case notAuthorized(ShareOperation)
    /// New shares that are not those to be verified.
    case verificationFailed
    /// A one-time pad that is not as long as the token.
    case wrongOTPLength
    /// The token that was made does not have the length of the one-time pad.
    case wrongTokenLength
    /// The seal failed.
    case seal(SealError)
    /// The database failed.
    case database(BarrierError)
    /// What keeps the first values failed.
    case storage(StorageError)
    /// The seal's record is not one: altered, or of a later version.
    case badSealRecord
    /// No random bytes.
    case randomUnavailable
}
