package import Bytes
internal import COpenSSL
internal import Synchronization

/// The public half of a key pair; verifies and encrypts on any number of threads at once.
///
/// **Concurrency** every thread has contexts of its own, made at its first use of the key and freed with the key.
/// **Cost** about 1 KiB, and another per thread that uses it.
package final class PublicKey: Sendable {
    /// The longest RSA modulus, in bits, that is looked at at all.
    package static let modulusLimit = 8192

    /// The kind of key.
    package let algorithm: AsymmetricAlgorithm
    /// DER of SubjectPublicKeyInfo, RSA with rsaEncryption and NULL, points uncompressed. **Source** RFC 5280 §4.1.
    package let subjectPublicKeyInfo: [UInt8]
    let key: EVPKey
    private let contexts = ThreadPlaces.ofKey()
    // Where the table has BoringSSL verify.
    private let boringSSL: BoringSSLPublicKey?
    // Where it does not, made for the first comparison.
    private let comparedKey = Mutex<BoringSSLPublicKey?>(nil)

    /// A key from the DER of SubjectPublicKeyInfo, with nothing behind it; curves are named, not spelled out.
    ///
    /// **Throws** `.malformedKey`, `.unknownAlgorithm`, `.unsupportedCurve`, `.invalidPoint`, `.unsupportedModulus`,
    /// `.modulusTooLarge`, `.invalidNumbers`.
    package convenience init(spki: ByteView) throws(AsymmetricError) { try self.init(PublicKeyParts(spki: spki)) }

    /// A key from the first PEM block of a text, which holds SubjectPublicKeyInfo whatever its label says.
    ///
    /// **Throws** `.notPEM`, and like `init(spki:)`.
    package convenience init(pem: ByteView) throws(AsymmetricError) {
        try self.init(PEM.decode(pem) { _, der throws(AsymmetricError) in try PublicKeyParts(spki: der) })
    }

    /// A key of Ed25519 from its 32 bytes. Whether they are a point shows only in verifying, which then fails.
    package convenience init(ed25519 bytes: ByteView) throws(AsymmetricError) {
        try self.init(PublicKeyParts(ed25519: bytes))
    }

    /// A key of RSA from modulus and exponent, big-endian.
    package convenience init(modulus: ByteView, exponent: ByteView) throws(AsymmetricError) {
        try self.init(PublicKeyParts(modulus: modulus, exponent: exponent))
    }

    /// A key of ECDSA from its point as SEC 1 writes it, compressed or not. **Throws** `.invalidPoint`.
    package convenience init(_ algorithm: AsymmetricAlgorithm, point: ByteView) throws(AsymmetricError) {
        guard let curve = ECCurve(algorithm) else { throw .unsupportedOperation }
        try self.init(curve, point: point)
    }

    convenience init(_ curve: ECCurve, point: ByteView) throws(AsymmetricError) {
        try self.init(PublicKeyParts(curve, point: point))
    }

    private init(_ parts: PublicKeyParts) throws(AsymmetricError) {
        algorithm = parts.algorithm
        key = parts.key
        subjectPublicKeyInfo = parts.info
        boringSSL =
            algorithm.library(for: .verifying) == .boringssl
            ? try Self.makeBoringSSL(algorithm, Self.rawBytes(algorithm, parts.info)) : nil
    }

    private static func makeBoringSSL(
        _ algorithm: AsymmetricAlgorithm, _ rawBytes: [UInt8]?
    ) throws(AsymmetricError) -> BoringSSLPublicKey {
        guard let rawBytes else { throw .unsupportedOperation }
        return try rawBytes.lending { bytes throws(AsymmetricError) in
            try BoringSSLPublicKey(algorithm, rawBytes: bytes)
        }
    }

    private static func rawBytes(_ algorithm: AsymmetricAlgorithm, _ info: [UInt8]) -> [UInt8]? {
        if let length = algorithm.coordinateLength { return info.suffix(2 * length + 1) }
        return algorithm == .ed25519 ? info.suffix(32) : nil
    }

    /// The 32 bytes of an Ed25519 key, or the uncompressed point of an ECDSA key; nil for RSA.
    package var rawBytes: [UInt8]? { Self.rawBytes(algorithm, subjectPublicKeyInfo) }

    /// Appends `PUBLIC KEY` in PEM: 64 columns, LF, and a last LF unless that is declined. **Source** RFC 7468 §13.
    package func appendPEM(finalNewline: Bool = true, to writer: inout ByteWriter) {
        subjectPublicKeyInfo.lending { PEM.append("PUBLIC KEY", $0, finalNewline: finalNewline, into: &writer) }
    }

    /// Whether both are the same key.
    package func isSame(as other: PublicKey) -> Bool { subjectPublicKeyInfo == other.subjectPublicKeyInfo }
}

extension PublicKey {
    /// Whether the signature is that of the input under the scheme; a signature of wrong length is merely false.
    ///
    /// The input is the message for Ed25519 and Ed25519ctx, else its digest.
    ///
    /// Pure Ed25519 takes what OpenSSL and BoringSSL alike take, so that no signature's fate hangs on the library: S is
    /// below L, R is compared as bytes and without cofactor; points of small order count, and so does a public key
    /// whose y is not reduced. The tests of both libraries pin it.
    /// **Throws** `.unsupportedOperation`, `.wrongDigestLength`, `.invalidSaltLength`, `.messageTooLong`,
    /// `.invalidContextLength`; with ASN.1 also `.malformedSignature`, `.signatureTrailingData`. **Source** Wycheproof.
    package func verify(
        _ signature: ByteView, of input: ByteView, _ scheme: SignatureScheme
    ) throws(AsymmetricError) -> Bool {
        try verify(signature, of: input, scheme, via: algorithm.library(for: .verifying))
    }

    /// Verifies with that library whatever the table says, as `PrivateKey.sign(_:_:into:via:)` signs.
    package func verify(
        _ signature: ByteView, of input: ByteView, _ scheme: SignatureScheme, via library: CryptoLibrary
    ) throws(AsymmetricError) -> Bool {
        guard algorithm.signatureLibraries.contains(library) else { throw .unsupportedOperation }
        switch (algorithm, scheme) {
        case (.ecdsaP256, .ecdsa(let encoding)), (.ecdsaP384, .ecdsa(let encoding)),
            (.ecdsaP521, .ecdsa(let encoding)):
            return try verifyECDSA(signature, of: input, encoding, via: library)
        case (.ed25519, .ed25519ph(let context)):
            let domain = try Ed25519Domain(isPrehashed: true, context: context, inputLength: input.count)
            return try verify(signature, of: input, domain)
        case (.ed25519, .ed25519ctx(let context)):
            let domain = try Ed25519Domain(isPrehashed: false, context: context, inputLength: input.count)
            return try verify(signature, of: input, domain)
        case (.ed25519, .ed25519):
            guard signature.count == 64 else { return false }
            if library == .boringssl { return try boringSSLKey().verify(signature, of: input) }
            return try contexts.withContext(key, .verify, .ed25519) { context in
                Self.cleared(
                    EVP_DigestVerify(context, signature.pointer, signature.count, input.pointer, input.count))
            }
        case (.rsa2048, _), (.rsa3072, _), (.rsa4096, _):
            let length = algorithm.signatureRoom
            let setup = try scheme.rsaSetup(digestLength: input.count, modulusLength: length, verifying: true)
            guard signature.count == length else { return false }
            if setup == .pkcs1Signature(nil) { return try verifyBare(signature, of: input) }
            return try evaluate(signature, of: input, setup)
        default: throw .unsupportedOperation
        }
    }

    private func boringSSLKey() throws(AsymmetricError) -> BoringSSLPublicKey {
        if let boringSSL { return boringSSL }
        return try comparedKey.withLock { kept throws(AsymmetricError) in
            if let kept { return kept }
            let made = try Self.makeBoringSSL(algorithm, rawBytes)
            kept = made
            return made
        }
    }

    private func verify(
        _ signature: ByteView, of input: ByteView, _ domain: Ed25519Domain
    ) throws(AsymmetricError) -> Bool {
        try (rawBytes ?? []).lending { key throws(AsymmetricError) in
            try domain.verify(signature, of: input, publicKey: key)
        }
    }

    private func verifyECDSA(
        _ signature: ByteView, of digest: ByteView, _ encoding: SignatureEncoding, via library: CryptoLibrary
    ) throws(AsymmetricError) -> Bool {
        let width = algorithm.coordinateLength ?? 0
        // Only the leftmost bits count, and fewer than these bytes hold.
        let digest = digest.slice(0, 128)
        switch encoding {
        case .asn1:
            guard try ECDSASignature.checkDER(signature, width: width) else { return false }
            if library == .boringssl {
                let scratch = ThreadState.current.pointee.cipherScratch
                guard ECDSASignature.writeFixedWidth(signature, width: width, into: scratch) else { return false }
                let fixed = ByteView(UnsafeRawBufferPointer(start: scratch, count: 2 * width))
                return try boringSSLKey().verify(fixed, of: digest)
            }
            return try evaluate(signature, of: digest, .ecdsa)
        case .fixedWidth:
            guard signature.count == 2 * width else { return false }
            if library == .boringssl { return try boringSSLKey().verify(signature, of: digest) }
            let scratch = ThreadState.current.pointee.cipherScratch
            let length = ECDSASignature.writeDER(signature, width: width, into: scratch)
            return try evaluate(
                ByteView(UnsafeRawBufferPointer(start: scratch, count: length)), of: digest, .ecdsa)
        }
    }

    // The library takes an empty input for a failure; compared with the whole padded block it is none.
    private func verifyBare(_ signature: ByteView, of input: ByteView) throws(AsymmetricError) -> Bool {
        var block = [0, 1] + [UInt8](repeating: 0xFF, count: signature.count - input.count - 3) + [0]
        block += input.array
        return try block.lending { block throws(AsymmetricError) in
            try evaluate(signature, of: block, .bareSignature)
        }
    }

    private func evaluate(
        _ signature: ByteView, of digest: ByteView, _ setup: KeyContext.Setup
    ) throws(AsymmetricError) -> Bool {
        try contexts.withContext(key, .verify, setup) { context in
            Self.cleared(EVP_PKEY_verify(context, signature.pointer, signature.count, digest.pointer, digest.count))
        }
    }

    // The library has two ways to say no, and leaves its reasons behind.
    @inline(__always)
    private static func cleared(_ result: Int32) -> Bool {
        if result == 1 { return true }
        ERR_clear_error()
        return false
    }

    /// Encrypts under an RSA key and returns the length written, which is that of the modulus.
    ///
    /// `output` has room for `algorithm.signatureRoom` bytes. **Throws** `.unsupportedOperation`, `.messageTooLong`.
    package func encrypt(
        _ plaintext: ByteView, _ padding: RSAEncryptionPadding, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        guard algorithm.modulusBits != nil else { throw .unsupportedOperation }
        var length = algorithm.signatureRoom
        guard plaintext.count <= padding.messageLimit(modulusLength: length) else { throw .messageTooLong }
        try contexts.withContext(key, .encrypt, .encryption(padding)) { context throws(AsymmetricError) in
            guard EVP_PKEY_encrypt(context, output, &length, plaintext.pointer, plaintext.count) == 1 else {
                ERR_clear_error()
                throw .library(.libraryFailure(operation: .seal))
            }
        }
        return length
    }
}
