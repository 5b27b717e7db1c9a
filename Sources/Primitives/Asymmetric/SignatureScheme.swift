package import Bytes
internal import COpenSSL

/// How a signature is made over its input; which schemes a key has is a matter of its algorithm.
package enum SignatureScheme: Sendable {
    /// Over a digest of any length, of which the leftmost bits count. **Source** FIPS 186-4 §6.4.
    case ecdsa(SignatureEncoding)
    /// Pure Ed25519, over the message itself. **Source** RFC 8032 §5.1.6.
    case ed25519
    /// Ed25519ph, over the SHA-512 digest of the message, with a context of 0 to 255 bytes, borrowed.
    /// **Source** RFC 8032 §5.1.
    case ed25519ph(context: ByteView)
    /// Ed25519ctx, over the message itself, with a context of 1 to 255 bytes, borrowed. **Source** RFC 8032 §5.1.
    case ed25519ctx(context: ByteView)
    /// RSASSA-PKCS1-v1_5 over a digest of that function; nil pads the input as it is, without DigestInfo.
    /// **Source** RFC 8017 §8.2.
    case rsaPKCS1(DigestAlgorithm?)
    /// RSASSA-PSS over a digest, with MGF1 of the same hash function. **Source** RFC 8017 §8.1.
    case rsaPSS(DigestAlgorithm, salt: PSSSaltLength)
}

/// How the two numbers of an ECDSA signature are written.
package enum SignatureEncoding: Sendable, Equatable {
    /// DER of `SEQUENCE { r INTEGER, s INTEGER }`. **Source** RFC 3279 §2.2.3.
    case asn1
    /// `r ‖ s`, each of the curve's coordinate length, as JWS has it. **Source** RFC 7518 §3.4, IEEE P1363.
    case fixedWidth
}

/// How long the salt of a PSS signature is.
package enum PSSSaltLength: Sendable, Equatable {
    /// The longest that fits when signing, whatever it is when verifying.
    case automatic
    /// As long as the digest.
    case digestLength
    /// So many bytes.
    case bytes(Int)
}

/// How a message is padded for RSA encryption.
package enum RSAEncryptionPadding: Sendable, Equatable {
    /// RSAES-OAEP with MGF1 of the same hash function and an empty label. **Source** RFC 8017 §7.1.
    case oaep(DigestAlgorithm)
    /// RSAES-PKCS1-v1_5. **Source** RFC 8017 §7.2.
    ///
    /// A ciphertext with broken padding decrypts to a message of the key's making, always the same for one ciphertext:
    /// that it was broken must not be learnt, or an attacker who may try many reads others (Bleichenbacher).
    /// **Source** draft-irtf-cfrg-rsa-guidance.
    case pkcs1

    /// The most bytes that may be encrypted under a modulus of `modulusLength` bytes.
    package func messageLimit(modulusLength: Int) -> Int {
        switch self {
        case .oaep(let digest): modulusLength - 2 * digest.length - 2
        case .pkcs1: modulusLength - 11
        }
    }
}

extension SignatureScheme {
    /// What a context has to be set up for to sign and verify a digest of that length with a modulus of so many bytes.
    func rsaSetup(
        digestLength: Int, modulusLength: Int, verifying: Bool
    ) throws(AsymmetricError) -> KeyContext.Setup {
        switch self {
        case .ecdsa, .ed25519, .ed25519ph, .ed25519ctx: throw .unsupportedOperation
        case .rsaPKCS1(nil):
            guard digestLength <= modulusLength - 11 else { throw .messageTooLong }
            return .pkcs1Signature(nil)
        case .rsaPKCS1(let digest?):
            try digest.checkLength(digestLength)
            return .pkcs1Signature(digest)
        case .rsaPSS(let digest, let salt):
            try digest.checkLength(digestLength)
            let limit = modulusLength - digest.length - 2
            switch salt {
            case .automatic: return .pssSignature(digest, salt: verifying ? RSA_PSS_SALTLEN_AUTO : Int32(limit))
            case .digestLength:
                guard digest.length <= limit else { throw .invalidSaltLength(digest.length) }
                return .pssSignature(digest, salt: Int32(digest.length))
            case .bytes(let count):
                guard count >= 0, count <= limit else { throw .invalidSaltLength(count) }
                return .pssSignature(digest, salt: Int32(count))
            }
        }
    }
}

extension DigestAlgorithm {
    fileprivate func checkLength(_ actual: Int) throws(AsymmetricError) {
        guard actual == length else { throw .wrongDigestLength(expected: length, actual: actual) }
    }

    /// The name by which OpenSSL knows the function, as an object that it never frees.
    var evp: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha2_224: EVP_sha224()
        case .sha2_256: EVP_sha256()
        case .sha2_384: EVP_sha384()
        case .sha2_512: EVP_sha512()
        case .sha3_224: EVP_sha3_224()
        case .sha3_256: EVP_sha3_256()
        case .sha3_384: EVP_sha3_384()
        case .sha3_512: EVP_sha3_512()
        }
    }
}
