internal import Bytes
internal import COpenSSL
internal import Glibc

/// Ed25519ph and Ed25519ctx: Ed25519 whose hashes begin with a domain, which OpenSSL 3.0 does not offer.
///
/// Composed of SHA-512 and arithmetic modulo L by OpenSSL, and of libgcrypt's points. libgcrypt itself signs under a
/// context, but hashes the message of Ed25519ph on its own, where callers have nothing but the digest; it serves the
/// tests as the second opinion. **Source** RFC 8032 §5.1, the vectors of rfc-8032.
struct Ed25519Domain {
    /// The most bytes of a context.
    static let contextLimit = 255

    // Layout: "SigEd25519 no Ed25519 collisions"(32) ‖ flag(1) ‖ length of context(1) ‖ context.
    private let domain: [UInt8]

    /// The domain of a scheme and an input for it. **Throws** `.invalidContextLength`, `.wrongDigestLength`.
    init(isPrehashed: Bool, context: ByteView, inputLength: Int) throws(AsymmetricError) {
        guard context.count <= Self.contextLimit, isPrehashed || !context.isEmpty else {
            throw .invalidContextLength(context.count)
        }
        guard !isPrehashed || inputLength == 64 else { throw .wrongDigestLength(expected: 64, actual: inputLength) }
        domain =
            ByteView("SigEd25519 no Ed25519 collisions").array + [isPrehashed ? 1 : 0, UInt8(context.count)]
            + context.array
    }

    /// Writes `R(32) ‖ S(32)`, always the same for one key and input.
    func sign(
        _ input: ByteView, seed: ByteView, publicKey: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) {
        let expanded = try hash([seed], startsWithDomain: false)
        let order = try Self.order()
        let (scalar, r) = try expanded.exposing { half throws(AsymmetricError) in
            let clamped = SecretBytes(count: 32) { (buffer) throws(Never) in
                buffer.copyMemory(from: half.slice(0, 32).buffer)
                buffer[0] &= 0xF8
                buffer[31] = buffer[31] & 0x7F | 0x40
            }
            let scalar = try clamped.exposing { bytes throws(AsymmetricError) in try BigNumber(littleEndian: bytes) }
            let nonce = try hash([half.dropFirst(32), input])
            return (scalar, try Self.reduced(nonce, order))
        }
        let points = try Ed25519Points()
        try points.multiplyBase(by: r, isSecret: true).write(into: output, points)
        let commitment = ByteView(UnsafeRawBufferPointer(start: output, count: 32))
        let k = try Self.reduced(hash([commitment, publicKey, input]), order)
        let product = try k.times(scalar, modulo: order)
        try r.plus(product, modulo: order).writeLittleEndian(32, into: output + 32)
    }

    /// Whether the signature holds. Stricter than pure Ed25519 here, for there is no earlier practice to keep: S is
    /// below L, and the public key is the one canonical encoding of its point, as RFC 8032 §5.1.3 has it. R is compared
    /// as bytes, without cofactor, and a point of small order is no reason to refuse, both as in pure Ed25519.
    func verify(_ signature: ByteView, of input: ByteView, publicKey: ByteView) throws(AsymmetricError) -> Bool {
        guard signature.count == 64, publicKey.count == 32 else { return false }
        let order = try Self.order()
        let s = try BigNumber(littleEndian: signature.dropFirst(32))
        guard s.isBelow(order) else { return false }
        let points = try Ed25519Points()
        guard Self.isCanonical(publicKey), let a = try points.decode(publicKey) else { return false }
        var bytes = [UInt8](repeating: 0, count: 32)
        let k = try Self.reduced(hash([signature.slice(0, 32), publicKey, input]), order)
        let difference = try points.subtract(
            points.multiply(a, by: k), from: points.multiplyBase(by: s, isSecret: false))
        try difference.write(into: &bytes, points)
        return bytes.elementsEqual(signature.slice(0, 32).buffer)
    }

    // libgcrypt decodes y that is not below p = 2^255 - 19, and an x of 0 that claims to be odd; x is 0 for y = 1 and
    // y = p - 1.
    private static func isCanonical(_ point: ByteView) -> Bool {
        let isOdd = point[31] >= 0x80
        let isFull = point[31] & 0x7F == 0x7F && (1..<31).allSatisfy { point[$0] == 0xFF }
        if isFull { return point[0] < 0xEC || point[0] == 0xEC && !isOdd }
        let isOne = point[0] == 1 && point[31] & 0x7F == 0 && (1..<31).allSatisfy { point[$0] == 0 }
        return !(isOne && isOdd)
    }

    private func hash(_ parts: [ByteView], startsWithDomain: Bool = true) throws(AsymmetricError) -> SecretBytes {
        do throws(CryptoError) {
            return try SecretBytes(count: 64) { buffer throws(CryptoError) in
                guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                let state = try DigestState(.sha2_512, ThreadState.current, from: nil)
                if startsWithDomain {
                    try domain.lending { bytes throws(CryptoError) in try state.update(bytes) }
                }
                for part in parts { try state.update(part) }
                try state.finish(into: start)
            }
        } catch {
            throw .library(error)
        }
    }

    private static func order() throws(AsymmetricError) -> BigNumber {
        let bytes: [UInt8] = [
            0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6, 0x58,
            0x12, 0x63, 0x1A, 0x5C, 0xF5, 0xD3, 0xED,
        ]
        return try bytes.lending { view throws(AsymmetricError) in try BigNumber(view) }
    }

    private static func reduced(_ hash: consuming SecretBytes, _ order: BigNumber) throws(AsymmetricError) -> BigNumber
    {
        try hash.exposing { bytes throws(AsymmetricError) in try BigNumber(littleEndian: bytes).modulo(order) }
    }
}
