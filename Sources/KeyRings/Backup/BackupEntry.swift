package import Bytes

/// One version of a backed-up ring. All numbers are big-endian, without zeros in front, and empty for 0.
///
/// **Source** wire facts §6.
package final class BackupEntry: Sendable {
    /// What Go writes for a time that never was.
    package static let noTime = (seconds: TimestampText.zeroSeconds, nanoseconds: 0)

    /// The symmetric key, the Ed25519 seed and public key, or the seed of a post-quantum key.
    package let key: SecretBytes?
    /// The key of its HMACs.
    package let hmacKey: SecretBytes?
    /// When it was made: seconds since 1970, and nanoseconds on top.
    package let time: (seconds: Int, nanoseconds: Int)
    /// The same in whole seconds, as a member of its own.
    package let creationUnixSeconds: Int
    /// The public point's x.
    package let ecX: [UInt8]?
    /// The public point's y.
    package let ecY: [UInt8]?
    /// The private scalar.
    package let ecD: SecretBytes?
    /// The RSA key pair.
    package let rsa: BackupRSAKey?
    /// The RSA public key.
    package let rsaPublic: BackupRSAPublicKey?
    /// PEM for NIST curves, base64 for Ed25519, else empty.
    package let publicKey: String
    /// The manner of convergent encryption.
    package let convergentVersion: Int
    /// Certificates as DER, the leaf's first.
    package let certificateChain: [[UInt8]]
    /// The material lies in another system; the blob only refers to it.
    package let hasExternalReference: Bool

    /// A version; what is not given is as in the dummy that fills index 0 of an archive.
    package init(
        key: consuming SecretBytes? = nil, hmacKey: consuming SecretBytes? = nil,
        time: (seconds: Int, nanoseconds: Int) = BackupEntry.noTime, creationUnixSeconds: Int = 0,
        ecX: [UInt8]? = nil, ecY: [UInt8]? = nil, ecD: consuming SecretBytes? = nil,
        rsa: BackupRSAKey? = nil, rsaPublic: BackupRSAPublicKey? = nil, publicKey: String = "",
        convergentVersion: Int = 0, certificateChain: [[UInt8]] = [], hasExternalReference: Bool = false
    ) {
        self.key = key
        self.hmacKey = hmacKey
        self.time = time
        self.creationUnixSeconds = creationUnixSeconds
        self.ecX = ecX
        self.ecY = ecY
        self.ecD = ecD
        self.rsa = rsa
        self.rsaPublic = rsaPublic
        self.publicKey = publicKey
        self.convergentVersion = convergentVersion
        self.certificateChain = certificateChain
        self.hasExternalReference = hasExternalReference
    }
}

/// The public half of an RSA key.
package struct BackupRSAPublicKey: Equatable, Sendable {
    /// n.
    package var modulus: [UInt8]
    /// e, of at most 8 bytes.
    package var publicExponent: [UInt8]

    /// The numbers given.
    package init(modulus: [UInt8] = [], publicExponent: [UInt8] = []) {
        self.modulus = modulus
        self.publicExponent = publicExponent
    }
}

/// The numbers of an RSA key pair; none of them has been checked.
package final class BackupRSAKey: Sendable {
    /// n and e.
    package let publicHalf: BackupRSAPublicKey
    /// d.
    package let privateExponent: SecretBytes?
    /// p; there are two primes or none.
    package let prime1: SecretBytes?
    /// q.
    package let prime2: SecretBytes?
    /// d mod (p - 1).
    package let exponent1: SecretBytes?
    /// d mod (q - 1).
    package let exponent2: SecretBytes?
    /// The inverse of q modulo p.
    package let coefficient: SecretBytes?

    /// The numbers given.
    package init(
        publicHalf: BackupRSAPublicKey, privateExponent: consuming SecretBytes?,
        prime1: consuming SecretBytes?, prime2: consuming SecretBytes?, exponent1: consuming SecretBytes? = nil,
        exponent2: consuming SecretBytes? = nil, coefficient: consuming SecretBytes? = nil
    ) {
        self.publicHalf = publicHalf
        self.privateExponent = privateExponent
        self.prime1 = prime1
        self.prime2 = prime2
        self.exponent1 = exponent1
        self.exponent2 = exponent2
        self.coefficient = coefficient
    }
}
