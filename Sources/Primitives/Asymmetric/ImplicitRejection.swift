internal import Bytes
internal import COpenSSL
internal import Glibc

/// Decryption of RSAES-PKCS1-v1_5 that never says whether the padding was right.
///
/// A block whose padding is wrong gives a message, too: one made of the key and the ciphertext, the same each time,
/// which whoever has no key cannot tell from a real one. That takes from Bleichenbacher's attack the answer it lives
/// on. Up to the length of the message, which the reply shows anyway, the steps do not depend on what the block holds.
/// **Source** draft-irtf-cfrg-rsa-guidance §7; the outcome is that of OpenSSL 3.2 and later.
enum ImplicitRejection {
    /// The key from which the messages in place of broken ones come: SHA-256 of d, as long as the modulus.
    static func key(_ key: EVPKey, modulusLength: Int) throws(AsymmetricError) -> HMACKey {
        let exponent = try key.number("d")
        let bytes = SecretBytes(count: modulusLength) { (buffer) throws(Never) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            exponent.write(modulusLength, into: start)
        }
        do throws(CryptoError) {
            let digest = try SecretBytes(count: 32) { buffer throws(CryptoError) in
                guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                try bytes.exposing { bytes throws(CryptoError) in try DigestAlgorithm.sha2_256.hash(bytes, into: start)
                }
            }
            return try digest.exposing { digest throws(CryptoError) in try HMACKey(.sha2_256, key: digest) }
        } catch {
            throw .library(error)
        }
    }

    /// Writes the message of the padded block, or the one in its place, and returns its length.
    static func unpad(
        _ block: ByteView, of ciphertext: ByteView, _ key: HMACKey, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let count = block.count
        let secret = try SecretBytes(count: count + lengthBytes) { buffer throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try withDerivedKey(key, ciphertext) { derived throws(CryptoError) in
                try expand(derived, "message", count: count, into: start)
                try expand(derived, "length", count: lengthBytes, into: start + count)
            }
        }
        return secret.exposing { other in
            select(block, else: other.slice(0, count), ofLength: length(other.dropFirst(count), count), into: output)
        }
    }

    // 128 candidates of two bytes: that none of them is short enough happens once in 2^128 times.
    private static let lengthBytes = 256

    private static func withDerivedKey(
        _ key: HMACKey, _ ciphertext: ByteView, _ body: (ByteView) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        let derived = try SecretBytes(count: 32) { buffer throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try key.authenticate(ciphertext, into: start)
        }
        try derived.exposing(body)
    }

    // HMAC-SHA256 of counter(2) ‖ label ‖ bits of output(2), block by block.
    private static func expand(
        _ key: ByteView, _ label: StaticString, count: Int, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let name = ByteView(label).array
        let prepared = try HMACKey(.sha2_256, key: key)
        for (number, offset) in stride(from: 0, to: count, by: 32).enumerated() {
            let input =
                [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)] + name
                + [UInt8(truncatingIfNeeded: count >> 5), UInt8(truncatingIfNeeded: count << 3)]
            // Every length is a multiple of 32: 256, 384, 512.
            try input.lending { view throws(CryptoError) in try prepared.authenticate(view, into: output + offset) }
        }
    }

    // The last candidate that a message of the block may have, chosen without branches.
    private static func length(_ candidates: ByteView, _ count: Int) -> UInt {
        let limit = UInt(count - 10)
        let mask = UInt.max >> UInt(limit.leadingZeroBitCount)
        var length: UInt = 0
        for index in stride(from: 0, to: lengthBytes, by: 2) {
            let candidate = (UInt(candidates[index]) << 8 | UInt(candidates[index + 1])) & mask
            length = pick(isBelow(candidate, limit), candidate, length)
        }
        return length
    }

    // Layout of a right block: 00 ‖ 02 ‖ at least eight bytes that are not 00 ‖ 00 ‖ message.
    @inline(never)
    private static func select(
        _ block: ByteView, else other: ByteView, ofLength length: UInt, into output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let (from, alternative, count) = (block.pointer, other.pointer, block.count)
        var isRight = isZero(UInt(from[0])) & isZero(UInt(from[1]) ^ 2)
        var (found, separator): (UInt, UInt) = (0, 0)
        for index in 2..<count {
            let isSeparator = isZero(UInt(from[index]))
            separator = pick(~found & isSeparator, UInt(index), separator)
            found |= isSeparator
        }
        isRight &= ~isBelow(separator, 10)
        let start = Int(pick(isRight, separator + 1, UInt(count) - length))
        let mask = UInt8(truncatingIfNeeded: isRight)
        for index in start..<count {
            output[index - start] = from[index] & mask | alternative[index] & ~mask
        }
        return count - start
    }

    // Masks: all ones for true. Numbers stay far below the top bit.

    @inline(__always)
    private static func isZero(_ value: UInt) -> UInt { 0 &- ((~value & (value &- 1)) >> UInt(UInt.bitWidth - 1)) }

    @inline(__always)
    private static func isBelow(_ left: UInt, _ right: UInt) -> UInt {
        0 &- ((left &- right) >> UInt(UInt.bitWidth - 1))
    }

    @inline(__always)
    private static func pick(_ mask: UInt, _ yes: UInt, _ no: UInt) -> UInt { yes & mask | no & ~mask }
}
