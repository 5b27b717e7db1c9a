internal import Bytes

/// The object identifiers of key formats, as their DER content.
enum ObjectIdentifier {
    /// 1.2.840.113549.1.1.1. **Source** RFC 8017 §A.1.
    case rsaEncryption
    /// 1.2.840.113549.1.1.10. **Source** RFC 8017 §A.2.3.
    case rsassaPSS
    /// 1.2.840.10045.2.1. **Source** RFC 5480 §2.1.1.
    case ecPublicKey
    /// 1.2.840.10045.3.1.7. **Source** RFC 5480 §2.1.1.1.
    case p256
    /// 1.3.132.0.34.
    case p384
    /// 1.3.132.0.35.
    case p521
    /// 1.3.101.112. **Source** RFC 8410 §3.
    case ed25519
    /// 1.3.101.110, which RFC 8410 gives to X25519, and which some take for the curve of Ed25519.
    case curve25519
    /// 1.3.6.1.4.1.11591.15.1, as NSS names the curve of Ed25519.
    case nssEd25519
    /// 2.16.840.1.101.3.4.3.18. **Source** RFC 9881 §2.
    case mlDSA65
    /// 2.16.840.1.101.3.4.3.19.
    case mlDSA87

    var bytes: [UInt8] {
        switch self {
        case .rsaEncryption: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
        case .rsassaPSS: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]
        case .ecPublicKey: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        case .p256: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        case .p384: [0x2B, 0x81, 0x04, 0x00, 0x22]
        case .p521: [0x2B, 0x81, 0x04, 0x00, 0x23]
        case .ed25519: [0x2B, 0x65, 0x70]
        case .curve25519: [0x2B, 0x65, 0x6E]
        case .nssEd25519: [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01]
        case .mlDSA65: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12]
        case .mlDSA87: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13]
        }
    }

    /// Whether the content of an OBJECT IDENTIFIER is this one.
    func matches(_ content: ByteView) -> Bool {
        let bytes = bytes
        return bytes.count == content.count && bytes.indices.allSatisfy { bytes[$0] == content[$0] }
    }
}
