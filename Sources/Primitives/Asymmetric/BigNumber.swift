internal import Bytes
internal import COpenSSL

/// A number of OpenSSL's, zeroed when it ends. Not shared between threads.
final class BigNumber {
    let pointer: OpaquePointer

    /// Takes over a number.
    init(owning pointer: OpaquePointer?) throws(AsymmetricError) {
        guard let pointer else { throw Self.failure() }
        self.pointer = pointer
    }

    /// A number from its big-endian magnitude.
    convenience init(_ magnitude: ByteView) throws(AsymmetricError) {
        try self.init(owning: BN_bin2bn(magnitude.pointer, Int32(clamping: magnitude.count), nil))
    }

    /// A number from its little-endian magnitude.
    convenience init(littleEndian magnitude: ByteView) throws(AsymmetricError) {
        try self.init(owning: BN_lebin2bn(magnitude.pointer, Int32(clamping: magnitude.count), nil))
    }

    convenience init(_ word: UInt) throws(AsymmetricError) {
        try self.init(owning: BN_new())
        guard BN_set_word(pointer, word) == 1 else { throw Self.failure() }
    }

    deinit { BN_clear_free(pointer) }

    var bitCount: Int { Int(BN_num_bits(pointer)) }
    /// Length of the shortest magnitude.
    var byteCount: Int { (bitCount + 7) / 8 }
    var isOdd: Bool { BN_is_odd(pointer) == 1 }
    var isZero: Bool { BN_is_zero(pointer) == 1 }
    var isOne: Bool { BN_is_one(pointer) == 1 }

    func isBelow(_ other: BigNumber) -> Bool { BN_cmp(pointer, other.pointer) < 0 }
    func equals(_ other: BigNumber) -> Bool { BN_cmp(pointer, other.pointer) == 0 }

    /// Writes the magnitude big-endian in exactly `count` bytes, which must suffice.
    func write(_ count: Int, into output: UnsafeMutablePointer<UInt8>) {
        let written = BN_bn2binpad(pointer, output, Int32(count))
        precondition(written == count, "a number longer than its room")
    }

    /// Writes the magnitude little-endian in exactly `count` bytes, which must suffice.
    func writeLittleEndian(_ count: Int, into output: UnsafeMutablePointer<UInt8>) {
        let written = BN_bn2lebinpad(pointer, output, Int32(count))
        precondition(written == count, "a number longer than its room")
    }

    /// Writes the magnitude in this machine's byte order, as the library's parameters want it.
    func writeNative(_ count: Int, into output: UnsafeMutablePointer<UInt8>) {
        let written = BN_bn2nativepad(pointer, output, Int32(count))
        precondition(written == count, "a number longer than its room")
    }

    func minusOne() throws(AsymmetricError) -> BigNumber {
        let result = try BigNumber(owning: BN_dup(pointer))
        guard BN_sub_word(result.pointer, 1) == 1 else { throw Self.failure() }
        return result
    }

    func times(_ other: BigNumber) throws(AsymmetricError) -> BigNumber {
        try Self.compute { result, context in BN_mul(result, pointer, other.pointer, context) }
    }

    func times(_ other: BigNumber, modulo modulus: BigNumber) throws(AsymmetricError) -> BigNumber {
        try Self.compute { result, context in BN_mod_mul(result, pointer, other.pointer, modulus.pointer, context) }
    }

    /// The sum of two numbers below the modulus.
    func plus(_ other: BigNumber, modulo modulus: BigNumber) throws(AsymmetricError) -> BigNumber {
        try Self.compute { result, _ in BN_mod_add_quick(result, pointer, other.pointer, modulus.pointer) }
    }

    func modulo(_ modulus: BigNumber) throws(AsymmetricError) -> BigNumber {
        try Self.compute { result, context in BN_div(nil, result, pointer, modulus.pointer, context) }
    }

    /// The inverse modulo an odd number, in time that depends on lengths only; throws `.invalidNumbers` without one.
    func inverse(modulo modulus: BigNumber) throws(AsymmetricError) -> BigNumber {
        BN_set_flags(pointer, BN_FLG_CONSTTIME)
        return try Self.compute(orElse: .invalidNumbers) { result, context in
            BN_mod_inverse(result, pointer, modulus.pointer, context) == nil ? 0 : 1
        }
    }

    /// A secret number below the limit, drawn evenly; never 0.
    static func random(below limit: OpaquePointer?) throws(AsymmetricError) -> BigNumber {
        let result = try BigNumber(owning: BN_new())
        repeat {
            guard BN_priv_rand_range(result.pointer, limit) == 1 else {
                ERR_clear_error()
                throw .library(.randomUnavailable)
            }
        } while result.isZero
        return result
    }

    private static func compute(
        orElse error: AsymmetricError? = nil, _ body: (OpaquePointer, OpaquePointer) -> Int32
    ) throws(AsymmetricError) -> BigNumber {
        let result = try BigNumber(owning: BN_new())
        guard let context = BN_CTX_secure_new() ?? BN_CTX_new() else { throw failure() }
        defer { BN_CTX_free(context) }
        guard body(result.pointer, context) == 1 else { throw error ?? failure() }
        return result
    }

    static func failure() -> AsymmetricError {
        ERR_clear_error()
        return .library(.libraryFailure(operation: .setKey))
    }
}
