/// The kinds of key pair on offer.
package enum AsymmetricAlgorithm: UInt8, CaseIterable, Sendable {
    /// **Source** FIPS 186-4 §6, SP 800-186 §3.2.1.3.
    case ecdsaP256
    /// **Source** FIPS 186-4 §6, SP 800-186 §3.2.1.4.
    case ecdsaP384
    /// **Source** FIPS 186-4 §6, SP 800-186 §3.2.1.5.
    case ecdsaP521
    /// **Source** RFC 8032 §5.1.
    case ed25519
    /// **Source** RFC 8017.
    case rsa2048
    /// **Source** RFC 8017.
    case rsa3072
    /// **Source** RFC 8017.
    case rsa4096

    /// The name on the wire, such as `ecdsa-p256`.
    package var wireName: String {
        switch self {
        case .ecdsaP256: "ecdsa-p256"
        case .ecdsaP384: "ecdsa-p384"
        case .ecdsaP521: "ecdsa-p521"
        case .ed25519: "ed25519"
        case .rsa2048: "rsa-2048"
        case .rsa3072: "rsa-3072"
        case .rsa4096: "rsa-4096"
        }
    }

    /// Length of an RSA modulus in bits; nil for the others.
    package var modulusBits: Int? {
        switch self {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519: nil
        case .rsa2048: 2048
        case .rsa3072: 3072
        case .rsa4096: 4096
        }
    }

    /// Length in bytes of one coordinate, scalar, r or s of a curve for ECDSA; nil for the others.
    package var coordinateLength: Int? {
        switch self {
        case .ecdsaP256: 32
        case .ecdsaP384: 48
        case .ecdsaP521: 66
        case .ed25519, .rsa2048, .rsa3072, .rsa4096: nil
        }
    }

    /// Room in bytes that any signature of such a key fits in, whatever its encoding.
    package var signatureRoom: Int {
        switch self {
        case .ecdsaP256: 72
        case .ecdsaP384: 104
        case .ecdsaP521: 139
        case .ed25519: 64
        case .rsa2048: 256
        case .rsa3072: 384
        case .rsa4096: 512
        }
    }

    /// The RSA algorithm with a modulus of that many bits, or nil.
    static func rsa(modulusBits: Int) -> AsymmetricAlgorithm? { allCases.first { $0.modulusBits == modulusBits } }
}
