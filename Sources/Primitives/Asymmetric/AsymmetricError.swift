/// Why an operation with a key pair did not happen. Carries no key bytes and no data of the operation.
package enum AsymmetricError: Error, Equatable {
    /// Keys of this algorithm do not do that: sign under another algorithm's scheme, encrypt, agree on a secret.
    case unsupportedOperation
    /// Not the DER that was asked for, or a member of it out of form.
    case malformedKey
    /// No PEM block with decodable base64.
    case notPEM
    /// Well-formed, but for an algorithm that is not on offer.
    case unknownAlgorithm
    /// An elliptic curve that is not on offer, or one that is spelled out instead of named.
    case unsupportedCurve
    /// The public point is not on its curve, or is infinity.
    case invalidPoint
    /// The private scalar is zero or not below the order of the curve.
    case invalidScalar
    /// An RSA modulus of a length that is not on offer.
    case unsupportedModulus(bits: Int)
    /// An RSA modulus over `PublicKey.modulusLimit` bits.
    case modulusTooLarge(bits: Int)
    /// RSA numbers that cannot belong to a key: even, out of range, or not fitting each other.
    case invalidNumbers
    /// The private and the public half do not belong together.
    case pairMismatch
    /// The two keys are of different algorithms or curves.
    case algorithmMismatch(own: AsymmetricAlgorithm, other: AsymmetricAlgorithm)
    /// A digest whose length is not that of the hash function named.
    case wrongDigestLength(expected: Int, actual: Int)
    /// A context for Ed25519 over 255 bytes, or none where there must be one.
    case invalidContextLength(Int)
    /// A PSS salt that is negative or longer than modulus and digest leave room for.
    case invalidSaltLength(Int)
    /// More bytes than the RSA modulus can take with its padding.
    case messageTooLong
    /// A context string over `MLDSAParameterSet.contextLimit` bytes.
    case contextTooLong
    /// An ECDSA signature that is not the DER of two integers.
    case malformedSignature
    /// Bytes behind the DER of an ECDSA signature.
    case signatureTrailingData
    /// The ciphertext was not made for this key and padding. There is no further detail on purpose.
    case decryptionFailed
    /// The library or the generator refused where no input can make it refuse.
    case library(CryptoError)
}
