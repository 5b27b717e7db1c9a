internal import Bytes
internal import Crypto
internal import FoundationEssentials

/// A private key as BoringSSL has it, through swift-crypto; its numbers are in that library's memory, which zeroes
/// them.
///
/// **Cost** swift-crypto allocates per call: two blocks to sign with Ed25519, 14 for ECDSA.
enum BoringSSLPrivateKey: Sendable {
    case ed25519(Curve25519.Signing.PrivateKey)
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)

    /// The key that OpenSSL has. **Throws** `.unsupportedOperation` for RSA.
    init(_ algorithm: AsymmetricAlgorithm, _ key: EVPKey) throws(AsymmetricError) {
        let made = try key.exposingScalar(algorithm) { scalar throws(AsymmetricError) -> BoringSSLPrivateKey? in
            switch algorithm {
            case .ed25519:
                (try? Curve25519.Signing.PrivateKey(rawRepresentation: scalar.buffer)).map { .ed25519($0) }
            case .ecdsaP256: (try? P256.Signing.PrivateKey(rawRepresentation: scalar.buffer)).map { .p256($0) }
            case .ecdsaP384: (try? P384.Signing.PrivateKey(rawRepresentation: scalar.buffer)).map { .p384($0) }
            case .ecdsaP521: (try? P521.Signing.PrivateKey(rawRepresentation: scalar.buffer)).map { .p521($0) }
            case .rsa2048, .rsa3072, .rsa4096: throw AsymmetricError.unsupportedOperation
            }
        }
        guard let made else { throw .library(.libraryFailure(operation: .setKey)) }
        self = made
    }

    /// Signs, and writes `R ‖ S` or `r ‖ s`, whose length it returns.
    func sign(_ input: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(AsymmetricError) -> Int {
        let digest = LentDigest(input)
        let made: Data? =
            switch self {
            case .ed25519(let key): try? key.signature(for: input.buffer)
            case .p256(let key): try? key.signature(for: digest).rawRepresentation
            case .p384(let key): try? key.signature(for: digest).rawRepresentation
            case .p521(let key): try? key.signature(for: digest).rawRepresentation
            }
        guard let made else { throw .library(.libraryFailure(operation: .seal)) }
        made.copyBytes(to: output, count: made.count)
        return made.count
    }
}

/// A public key as BoringSSL has it.
enum BoringSSLPublicKey: Sendable {
    case ed25519(Curve25519.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)

    /// A key from its 32 bytes, or from its uncompressed point, which OpenSSL has found to be on the curve.
    init(_ algorithm: AsymmetricAlgorithm, rawBytes: ByteView) throws(AsymmetricError) {
        let bytes = rawBytes.buffer
        let made: BoringSSLPublicKey? =
            switch algorithm {
            case .ed25519: (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)).map { .ed25519($0) }
            case .ecdsaP256: (try? P256.Signing.PublicKey(x963Representation: bytes)).map { .p256($0) }
            case .ecdsaP384: (try? P384.Signing.PublicKey(x963Representation: bytes)).map { .p384($0) }
            case .ecdsaP521: (try? P521.Signing.PublicKey(x963Representation: bytes)).map { .p521($0) }
            case .rsa2048, .rsa3072, .rsa4096: throw .unsupportedOperation
            }
        guard let made else { throw .library(.libraryFailure(operation: .setKey)) }
        self = made
    }

    /// Whether `R ‖ S` or `r ‖ s` is a signature of the input; it has the length that such signatures have.
    func verify(_ signature: ByteView, of input: ByteView) -> Bool {
        let digest = LentDigest(input)
        switch self {
        case .ed25519(let key): return key.isValidSignature(signature.buffer, for: input.buffer)
        case .p256(let key):
            guard let numbers = try? P256.Signing.ECDSASignature(rawRepresentation: signature.buffer) else {
                return false
            }
            return key.isValidSignature(numbers, for: digest)
        case .p384(let key):
            guard let numbers = try? P384.Signing.ECDSASignature(rawRepresentation: signature.buffer) else {
                return false
            }
            return key.isValidSignature(numbers, for: digest)
        case .p521(let key):
            guard let numbers = try? P521.Signing.ECDSASignature(rawRepresentation: signature.buffer) else {
                return false
            }
            return key.isValidSignature(numbers, for: digest)
        }
    }
}

/// A digest of any length in the form that swift-crypto signs; used only while the bytes are lent.
// Unchecked: a view, whose bytes its lender keeps unchanged.
private struct LentDigest: Digest, @unchecked Sendable {
    static let byteCount = 32

    private let bytes: ByteView

    init(_ bytes: ByteView) { self.bytes = bytes }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try body(bytes.buffer) }
    func makeIterator() -> UnsafeRawBufferPointer.Iterator { bytes.buffer.makeIterator() }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes.buffer) }
    var description: String { "digest of \(bytes.count) bytes" }

    static func == (left: LentDigest, right: LentDigest) -> Bool { ConstantTime.equal(left.bytes, right.bytes) }
}
