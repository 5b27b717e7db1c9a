package import Primitives

/// Why a signing request was not made, or a certificate chain not taken. Carries nothing of the texts.
package enum CertificateError: Error, Equatable {
    /// The template is longer than `SigningRequest.templateLimit`.
    case requestTooLarge
    /// The template has no PEM block with a signing request's label.
    case requestNotPEM
    /// The template's block is not a PKCS #10 request.
    case requestMalformed(MalformedPart)
    /// The chain's text is longer than `CertificateChain.textLimit`.
    case chainTooLarge
    /// The chain has more certificates than `CertificateChain.lengthLimit`.
    case chainTooLong
    /// Where a PEM block was expected there is other text, or a block with broken base64.
    case chainNoPEMBlock
    /// The text holds no certificate: it is empty, or all its blocks are of other kinds.
    case chainNoCertificate
    /// A block of the chain is not an X.509 certificate.
    case chainMalformed(MalformedPart)
    /// The first certificate is that of an authority.
    case firstIsNotLeaf
    /// The last of several certificates is not that of an authority.
    case lastIsNotCA
    /// More certificates than the first are not those of an authority.
    case severalLeaves
    /// The leaf's key is of another kind than the key; `leaf` is `RSA`, `ECDSA`, `Ed25519`, `DSA`, or `0` for others.
    case leafAlgorithmMismatch(leaf: String)
    /// The leaf's key is of the same kind as the key, but another one.
    case leafKeyMismatch
    /// A certificate for development has no host to be for, or one that cannot be a name.
    case noHosts
    /// The key would not sign.
    case signing(AsymmetricError)
}

/// The part of a certificate or a signing request that is out of form.
package enum MalformedPart: Error, Equatable, Sendable, CaseIterable {
    /// Not one DER value: cut short, overlong, too deep, or with bytes behind it.
    case encoding
    /// The three elements around it all: what is signed, algorithm, signature.
    case frame
    /// A version that does not exist, or one that has no such members.
    case version
    case serialNumber
    case algorithm
    case issuer
    case validity
    case subject
    case publicKey
    case extensions
    /// A subject alternative name of a form that does not exist.
    case alternativeNames
    case basicConstraints
    case attributes
    case signature
}
