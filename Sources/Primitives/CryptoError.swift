/// Why a cryptographic operation did not happen. Carries no data of the operation.
package enum CryptoError: Error, Equatable {
    /// The tag does not fit, or the sealed bytes are too few to hold one. There is no further detail on purpose.
    case authenticationFailed
    /// More bytes than the algorithm may take under one nonce, or more output than a derivation can give.
    case messageTooLong
    /// A key of a length that the algorithm does not have.
    case invalidKeyLength
    /// A nonce of a length that the algorithm does not have.
    case invalidNonceLength
    /// The operating system or the generator gave no random bytes.
    case randomUnavailable
    /// The library refused where no input can make it refuse: out of memory, or a build without the algorithm.
    case libraryFailure(operation: LibraryOperation)
}

/// The step at which a library failed; for logs.
package enum LibraryOperation: Sendable {
    /// Initialising the library.
    case start
    /// Looking up an algorithm.
    case fetch
    /// Making a context or handle.
    case makeContext
    /// Setting a key.
    case setKey
    /// Encrypting.
    case seal
    /// Decrypting, before the tag was compared.
    case open
    /// Hashing, for a digest or a code.
    case digest
    /// Deriving the key of one message.
    case deriveSubkey
}
