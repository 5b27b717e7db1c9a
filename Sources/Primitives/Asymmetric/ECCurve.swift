internal import Bytes
internal import COpenSSL

/// A NIST curve: its names, its group, and the two computations that imports need.
// Unchecked: an immutable pointer to a group that OpenSSL never changes and that is never freed.
struct ECCurve: @unchecked Sendable {
    let algorithm: AsymmetricAlgorithm
    let identifier: ObjectIdentifier
    /// OpenSSL's name of the curve.
    let name: StaticString
    let coordinateLength: Int
    private let group: OpaquePointer?

    private init(
        _ algorithm: AsymmetricAlgorithm, _ identifier: ObjectIdentifier, _ name: StaticString, _ number: Int32,
        _ length: Int
    ) {
        self.algorithm = algorithm
        self.identifier = identifier
        self.name = name
        coordinateLength = length
        group = EC_GROUP_new_by_curve_name(number)
    }

    static let p256 = ECCurve(.ecdsaP256, .p256, "prime256v1", NID_X9_62_prime256v1, 32)
    static let p384 = ECCurve(.ecdsaP384, .p384, "secp384r1", NID_secp384r1, 48)
    static let p521 = ECCurve(.ecdsaP521, .p521, "secp521r1", NID_secp521r1, 66)

    /// The curve of an algorithm, or nil.
    init?(_ algorithm: AsymmetricAlgorithm) {
        switch algorithm {
        case .ecdsaP256: self = .p256
        case .ecdsaP384: self = .p384
        case .ecdsaP521: self = .p521
        case .ed25519, .rsa2048, .rsa3072, .rsa4096: return nil
        }
    }

    /// The curve with that object identifier, or nil.
    init?(identifier content: ByteView) {
        guard let known = [Self.p256, .p384, .p521].first(where: { $0.identifier.matches(content) }) else { return nil }
        self = known
    }

    /// Length of an uncompressed point, `04 ‖ x ‖ y`.
    var pointLength: Int { 1 + 2 * coordinateLength }

    var order: OpaquePointer? { EC_GROUP_get0_order(group) }

    /// The uncompressed form of a point, compressed or not. **Throws** `.invalidPoint` for one not on the curve.
    func point(_ encoded: ByteView) throws(AsymmetricError) -> [UInt8] {
        let isWhole = encoded.count == pointLength && encoded[0] == 4
        let isCompressed = encoded.count == 1 + coordinateLength && (encoded[0] == 2 || encoded[0] == 3)
        guard isWhole || isCompressed else { throw .invalidPoint }
        return try withPoint { point throws(AsymmetricError) in
            guard EC_POINT_oct2point(group, point, encoded.pointer, encoded.count, nil) == 1 else {
                ERR_clear_error()
                throw .invalidPoint
            }
        }
    }

    /// The public point of a scalar, which is above 0 and below the order. **Cost** a multiplication in constant time.
    func publicPoint(of scalar: BigNumber) throws(AsymmetricError) -> [UInt8] {
        try withPoint { point throws(AsymmetricError) in
            guard EC_POINT_mul(group, point, scalar.pointer, nil, nil, nil) == 1 else {
                ERR_clear_error()
                throw .library(.libraryFailure(operation: .setKey))
            }
        }
    }

    private func withPoint(
        _ set: (OpaquePointer) throws(AsymmetricError) -> Void
    ) throws(AsymmetricError) -> [UInt8] {
        guard let point = EC_POINT_new(group) else {
            ERR_clear_error()
            throw .library(.libraryFailure(operation: .setKey))
        }
        defer { EC_POINT_free(point) }
        try set(point)
        var bytes = [UInt8](repeating: 0, count: pointLength)
        // Infinity would have one byte.
        guard EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil) == bytes.count
        else {
            ERR_clear_error()
            throw .invalidPoint
        }
        return bytes
    }
}
