internal import Bytes
internal import CGcrypt
internal import Glibc

/// The group of Ed25519 for one computation, by libgcrypt. Not shared between threads: the context keeps scratch
/// numbers.
final class Ed25519Points {
    /// A point of the group.
    final class Point {
        fileprivate let pointer: OpaquePointer

        fileprivate init() throws(AsymmetricError) {
            guard let made = gcry_mpi_point_new(0) else { throw Ed25519Points.failure() }
            pointer = made
        }

        deinit { gcry_mpi_point_release(pointer) }

        /// Writes the 32 bytes of the point: y, little-endian, and the lowest bit of x on top.
        /// **Source** RFC 8032 §5.1.2.
        func write(into output: UnsafeMutablePointer<UInt8>, _ points: Ed25519Points) throws(AsymmetricError) {
            guard let x = gcry_mpi_new(256), let y = gcry_mpi_new(256) else { throw Ed25519Points.failure() }
            defer {
                gcry_mpi_release(x)
                gcry_mpi_release(y)
            }
            var bytes = [UInt8](repeating: 0, count: 32)
            var length = 0
            guard gcry_mpi_ec_get_affine(x, y, pointer, points.context) == 0,
                gcry_mpi_print(GCRYMPI_FMT_USG, &bytes, bytes.count, &length, y) == 0
            else { throw Ed25519Points.failure() }
            memset(output, 0, 32)
            for index in 0..<length { output[index] = bytes[length - 1 - index] }
            if gcry_mpi_test_bit(x, 0) != 0 { output[31] |= 0x80 }
        }
    }

    private let context: OpaquePointer

    init() throws(AsymmetricError) {
        var made: OpaquePointer?
        guard CryptoLibraries.gcryptStarted, gcry_mpi_ec_new(&made, nil, "Ed25519") == 0, let made else {
            throw Self.failure()
        }
        context = made
    }

    deinit { gcry_ctx_release(context) }

    /// A multiple of the base point, whose number is below the order.
    ///
    /// With `isSecret` libgcrypt does the same steps for every number: it tells by the mark of secret memory.
    func multiplyBase(by number: BigNumber, isSecret: Bool) throws(AsymmetricError) -> Point {
        guard let base = gcry_mpi_ec_get_point("g", context, 1) else { throw Self.failure() }
        defer { gcry_mpi_point_release(base) }
        return try multiply(base, by: number, isSecret: isSecret)
    }

    /// A multiple of a point, in variable time.
    func multiply(_ point: Point, by number: BigNumber) throws(AsymmetricError) -> Point {
        try multiply(point.pointer, by: number, isSecret: false)
    }

    func subtract(_ point: Point, from minuend: Point) throws(AsymmetricError) -> Point {
        let result = try Point()
        gcry_mpi_ec_sub(result.pointer, minuend.pointer, point.pointer, context)
        return result
    }

    /// The point that the 32 bytes encode, nil for none.
    func decode(_ bytes: ByteView) throws(AsymmetricError) -> Point? {
        let result = try Point()
        guard let value = gcry_mpi_set_opaque_copy(nil, bytes.pointer, UInt32(bytes.count * 8)) else {
            throw Self.failure()
        }
        defer { gcry_mpi_release(value) }
        return gcry_mpi_ec_decode_point(result.pointer, value, context) == 0 ? result : nil
    }

    private func multiply(
        _ point: OpaquePointer, by number: BigNumber, isSecret: Bool
    ) throws(AsymmetricError) -> Point {
        let result = try Point()
        var factor: OpaquePointer?
        let bytes = SecretBytes(count: 32) { (buffer) throws(Never) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            number.write(32, into: start)
        }
        let read = bytes.exposing { gcry_mpi_scan(&factor, GCRYMPI_FMT_USG, $0.pointer, $0.count, nil) }
        guard read == 0, let factor else { throw Self.failure() }
        defer { gcry_mpi_release(factor) }
        if isSecret { gcry_mpi_set_flag(factor, GCRYMPI_FLAG_SECURE) }
        gcry_mpi_ec_mul(result.pointer, factor, point, context)
        return result
    }

    private static func failure() -> AsymmetricError { .library(.libraryFailure(operation: .seal)) }
}
