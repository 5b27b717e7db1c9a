internal import Bytes
internal import COpenSSL

/// What a public key is made of: its checked object, and the one DER in which it leaves.
struct PublicKeyParts {
    let algorithm: AsymmetricAlgorithm
    let key: EVPKey
    /// SubjectPublicKeyInfo.
    let info: [UInt8]

    private typealias Tag = DERReader.Tag

    /// **Source** RFC 5280 §4.1, RFC 5480 §2, RFC 8017 §A.1.1, RFC 8410 §4.
    init(spki: ByteView) throws(AsymmetricError) {
        var reader = DERReader(spki)
        guard var info = reader.nested(Tag.sequence), reader.isAtEnd, var identifier = info.nested(Tag.sequence),
            let algorithm = identifier.element(Tag.objectIdentifier), let bits = info.wholeBits(), info.isAtEnd
        else { throw .malformedKey }
        if ObjectIdentifier.ecPublicKey.matches(algorithm) {
            guard let name = identifier.element(Tag.objectIdentifier), identifier.isAtEnd,
                let curve = ECCurve(identifier: name)
            else { throw .unsupportedCurve }
            try self.init(curve, point: bits)
        } else if ObjectIdentifier.ed25519.matches(algorithm) {
            guard identifier.isAtEnd else { throw .malformedKey }
            try self.init(ed25519: bits)
        } else if ObjectIdentifier.rsaEncryption.matches(algorithm) || ObjectIdentifier.rsassaPSS.matches(algorithm) {
            var content = DERReader(bits)
            guard var pair = content.nested(Tag.sequence), content.isAtEnd, let modulus = pair.unsigned(),
                let exponent = pair.unsigned(), pair.isAtEnd
            else { throw .malformedKey }
            try self.init(modulus: modulus, exponent: exponent)
        } else {
            throw .unknownAlgorithm
        }
    }

    init(ed25519 bytes: ByteView) throws(AsymmetricError) {
        guard bytes.count == 32 else { throw .malformedKey }
        algorithm = .ed25519
        key = try EVPKey(owning: EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes.pointer, bytes.count))
        info = Self.info(bits: bytes) { $0.append(derIdentifier: .ed25519) }
    }

    init(modulus: ByteView, exponent: ByteView) throws(AsymmetricError) {
        (algorithm, key) = try RSAKeyCheck.publicKey(modulus: modulus, exponent: exponent)
        var numbers = ByteWriter(capacity: 600)
        numbers.append(der: Tag.sequence) { pair in
            pair.append(derUnsigned: modulus)
            pair.append(derUnsigned: exponent)
        }
        info = Self.info(bits: numbers.view) { identifier in
            identifier.append(derIdentifier: .rsaEncryption)
            identifier.append(der: Tag.null, .empty)
        }
    }

    init(_ curve: ECCurve, point encoded: ByteView) throws(AsymmetricError) {
        let point = try curve.point(encoded)
        algorithm = curve.algorithm
        key = try EVPKey("EC", numbers: [], octets: [("pub", point)], group: curve.name, isPrivate: false)
        info = point.lending { bits in
            Self.info(bits: bits) { identifier in
                identifier.append(derIdentifier: .ecPublicKey)
                identifier.append(derIdentifier: curve.identifier)
            }
        }
    }

    /// DER of SubjectPublicKeyInfo around those bits, with what `identifier` writes as its AlgorithmIdentifier.
    static func info(bits: ByteView, _ identifier: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 600)
        writer.append(der: Tag.sequence) { info in
            info.append(der: Tag.sequence, identifier)
            info.append(derBits: bits)
        }
        return writer.view.array
    }
}
