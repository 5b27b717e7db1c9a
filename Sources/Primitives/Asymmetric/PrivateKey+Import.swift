package import Bytes
internal import COpenSSL

extension PrivateKey {
    /// A key pair from DER of PKCS #8 with nothing behind it; encrypted ones are not taken.
    ///
    /// RSA under rsaEncryption or id-RSASSA-PSS, whose parameters do not bind us; EC on a named curve; Ed25519 of RFC
    /// 8410. `// Compatibility:` Ed25519 also as an ECPrivateKey, in id-ecPublicKey or bare, whose curve is called
    /// 1.3.101.110 or 1.3.6.1.4.1.11591.15.1 (transit wire facts §4.9).
    /// **Throws** `.malformedKey`, `.unknownAlgorithm`, `.unsupportedCurve`, `.invalidPoint`, `.invalidScalar`,
    /// `.unsupportedModulus`, `.modulusTooLarge`, `.invalidNumbers`, `.pairMismatch`.
    /// **Cost** below 10 ms for any input, most of it one signature. **Source** RFC 5208, RFC 5958.
    package convenience init(pkcs8: ByteView) throws(AsymmetricError) {
        try self.init(EncodedPrivateKey(pkcs8: pkcs8))
    }

    /// A key pair that was generated or imported here before, and now comes back from our sealed storage as PKCS #8.
    ///
    /// All checks of form stay, and RSA's numbers have to fit each other; left out is the trial signature, and for
    /// ECDSA, whose point is beside its scalar, the computation of one from the other. **Never** for bytes from
    /// outside: with halves that do not belong together, signatures can give away the key. **Throws** as
    /// `init(pkcs8:)`.
    package convenience init(checkedPKCS8 der: ByteView) throws(AsymmetricError) {
        try self.init(EncodedPrivateKey(pkcs8: der), isChecked: true)
    }

    /// A key pair from DER of PKCS #1's RSAPrivateKey. **Source** RFC 8017 §A.1.2.
    package convenience init(pkcs1: ByteView) throws(AsymmetricError) {
        try self.init(EncodedPrivateKey(pkcs1: pkcs1))
    }

    /// A key pair from DER of SEC 1's ECPrivateKey, which names its curve. **Source** RFC 5915.
    package convenience init(sec1: ByteView) throws(AsymmetricError) {
        try self.init(EncodedPrivateKey(sec1: sec1, curve: nil))
    }

    /// A key pair from the first PEM block of a text: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    package static func decode(pem: ByteView) throws(AsymmetricError) -> PrivateKey {
        try PEM.decode(pem) { label, der throws(AsymmetricError) in
            if label.equals("PRIVATE KEY") { return try PrivateKey(pkcs8: der) }
            if label.equals("RSA PRIVATE KEY") { return try PrivateKey(pkcs1: der) }
            if label.equals("EC PRIVATE KEY") { return try PrivateKey(sec1: der) }
            throw .unknownAlgorithm
        }
    }

    /// A key pair of Ed25519 from its seed of 32 bytes. **Source** RFC 8032 §5.1.5.
    package convenience init(ed25519Seed seed: ByteView) throws(AsymmetricError) {
        try self.init(.ed25519(seed: seed, publicKey: nil))
    }

    /// A key pair of Ed25519 from `seed(32) ‖ public key(32)`. **Throws** `.pairMismatch` when they do not fit.
    package convenience init(ed25519Pair pair: ByteView) throws(AsymmetricError) {
        guard pair.count == 64 else { throw .malformedKey }
        try self.init(.ed25519(seed: pair.slice(0, 32), publicKey: pair.dropFirst(32)))
    }

    /// A pair of Ed25519 from our sealed storage, see `init(checkedPKCS8:)`; that the halves fit is checked even so.
    package convenience init(checkedEd25519Pair pair: ByteView) throws(AsymmetricError) {
        guard pair.count == 64 else { throw .malformedKey }
        try self.init(.ed25519(seed: pair.slice(0, 32), publicKey: pair.dropFirst(32)), isChecked: true)
    }

    /// A key pair on a NIST curve from its private scalar, big-endian; leading zeros do not matter.
    ///
    /// **Throws** `.invalidScalar`; with a point given, compressed or not, also `.invalidPoint` and `.pairMismatch`.
    package convenience init(
        _ algorithm: AsymmetricAlgorithm, scalar: ByteView, point: ByteView? = nil
    ) throws(AsymmetricError) {
        guard let curve = ECCurve(algorithm) else { throw .unsupportedOperation }
        try self.init(.ec(curve, scalar: scalar, point: point))
    }

    /// A key pair of RSA from its numbers; what they leave out is computed, what they give has to fit.
    package convenience init(rsa numbers: RSANumbers) throws(AsymmetricError) {
        try self.init(.rsa(numbers))
    }

    private convenience init(_ encoded: EncodedPrivateKey, isChecked: Bool = false) throws(AsymmetricError) {
        switch encoded {
        case .rsa(let numbers):
            let key = try RSAKeyCheck.keyPair(numbers).key
            try self.init(
                key, PublicKey(modulus: numbers.modulus, exponent: numbers.publicExponent), isChecked: isChecked)
        case .ec(let curve, let scalar, let point):
            let digits = scalar.withoutLeadingZeros
            guard digits.count <= curve.coordinateLength else { throw .invalidScalar }
            try self.init(curve, scalar: BigNumber(digits), point: point, isChecked: isChecked)
        case .ed25519(let seed, let publicKey):
            guard seed.count == 32 else { throw .malformedKey }
            let key = try EVPKey(owning: EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed.pointer, 32))
            var bytes = [UInt8](repeating: 0, count: 32)
            var length = bytes.count
            guard EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &length) == 1 else { throw EVPKey.failure() }
            let own = try bytes.lending { view throws(AsymmetricError) in
                if let publicKey, !publicKey.equalsVariableTime(view) { throw AsymmetricError.pairMismatch }
                return try PublicKey(ed25519: view)
            }
            try self.init(key, own, isChecked: isChecked)
        }
    }

    convenience init(
        _ curve: ECCurve, scalar: BigNumber, point: ByteView?, isChecked: Bool = false
    ) throws(AsymmetricError) {
        guard !scalar.isZero, scalar.isBelow(try BigNumber(owning: BN_dup(curve.order))) else {
            throw .invalidScalar
        }
        let given = try point.map { point throws(AsymmetricError) in try curve.point(point) }
        let own = if isChecked, let given { given } else { try curve.publicPoint(of: scalar) }
        guard given == nil || given == own else { throw .pairMismatch }
        let key = try EVPKey(
            "EC", numbers: [("priv", scalar)], octets: [("pub", own)], group: curve.name, isPrivate: true)
        let publicKey = try own.lending { bytes throws(AsymmetricError) in
            try PublicKey(curve, point: bytes)
        }
        try self.init(key, publicKey, isChecked: isChecked)
    }
}
