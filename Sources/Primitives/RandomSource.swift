package import Bytes
internal import COpenSSL
internal import Glibc

/// Random bytes from OpenSSL's generators: CTR-DRBG with AES-256, one per thread.
///
/// They are reseeded by the system, and after a fork.
/// **Source** NIST SP 800-90A §10.2.1.
package enum RandomSource {
    /// Fills the buffer with bytes that may become public. **Throws** `.randomUnavailable`, with the buffer zeroed.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        try fill(buffer, RAND_bytes)
    }

    /// Fills the buffer with bytes that stay secret, from the generator set apart for those.
    package static func fillSecret(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        try fill(buffer, RAND_priv_bytes)
    }

    /// New key material of `count` bytes.
    package static func secret(count: Int) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: count) { buffer throws(CryptoError) in try fillSecret(buffer) }
    }

    /// Writes a random UUID, version 4, as 36 characters. **Source** RFC 9562 §5.4.
    package static func uuid(into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        let bytes = output + 20
        try NonceSource.take(16, into: bytes)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        // The bytes wait at the end of the output: the digits written never overtake the bytes still to be read.
        var at = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                output[at] = UInt8(ascii: "-")
                at += 1
            }
            let byte = bytes[index]
            output[at] = digit(byte >> 4)
            output[at + 1] = digit(byte & 15)
            at += 2
        }
    }

    @inline(__always)
    private static func digit(_ nibble: UInt8) -> UInt8 { nibble + (nibble < 10 ? 0x30 : 0x57) }

    // The generators count in Int32.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, _ draw: (UnsafeMutablePointer<UInt8>?, Int32) -> Int32
    ) throws(CryptoError) {
        guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        for offset in stride(from: 0, to: buffer.count, by: 1 << 30) {
            guard draw(start + offset, Int32(min(buffer.count - offset, 1 << 30))) == 1 else {
                explicit_bzero(start, buffer.count)
                ERR_clear_error()
                throw .randomUnavailable
            }
        }
    }
}
