internal import COpenSSL
internal import Glibc

/// The key derivation inside XAES-256-GCM: CMAC in counter mode over the first half of the nonce.
/// **Source** C2SP XAES-256-GCM, NIST SP 800-108 §4.1.
enum XAESSubkey {
    /// Writes K1, the 16-byte subkey of CMAC. **Source** NIST SP 800-38B §6.1.
    static func deriveMask(_ context: OpaquePointer, into mask: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        memset(mask, 0, 16)
        try encrypt(context, mask, 16)
        // Doubling in GF(2^128); without a branch, because the value is secret.
        let carry = mask[0] >> 7
        for index in 0..<15 { mask[index] = mask[index] << 1 | mask[index + 1] >> 7 }
        mask[15] = mask[15] << 1 ^ (carry &* 0x87)
    }

    /// Derives the 32-byte key for a message into `block`; the context is AES-256-ECB under the long-term key.
    @inline(__always)
    static func derive(
        _ context: OpaquePointer, mask: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>,
        in block: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        for counter in 0..<2 {
            let part = block + counter * 16
            part[0] = 0
            part[1] = UInt8(counter + 1)
            part[2] = UInt8(ascii: "X")
            part[3] = 0
            memcpy(part + 4, nonce, 12)
            for index in 0..<16 { part[index] ^= mask[index] }
        }
        try encrypt(context, block, 32)
    }

    // ECB over whole blocks keeps nothing between calls, so that the context needs no reset.
    @inline(__always)
    private static func encrypt(
        _ context: OpaquePointer, _ blocks: UnsafeMutablePointer<UInt8>, _ count: Int32
    ) throws(CryptoError) {
        var written: Int32 = 0
        guard EVP_EncryptUpdate(context, blocks, &written, blocks, count) == 1, written == count else {
            ERR_clear_error()
            throw .libraryFailure(operation: .deriveSubkey)
        }
    }
}
