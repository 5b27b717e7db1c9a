package import Bytes
internal import COpenSSL
internal import Glibc

/// The key derivation inside XChaCha20. **Source** draft-irtf-cfrg-xchacha-03 §2.2.
package enum HChaCha20 {
    private static let sigma: StaticString = "expand 32-byte k"

    /// The 32-byte subkey for a 32-byte key and 16 bytes of nonce.
    package static func subkey(
        key: ByteView, nonce: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard key.count == 32 else { throw .invalidKeyLength }
        guard nonce.count == 16 else { throw .invalidNonceLength }
        let thread = ThreadState.current
        let block = thread.pointee.cipherScratch
        try derive(try thread.transient(.chacha20), key: key.pointer, nonce: nonce.pointer, in: block)
        memcpy(output, block, 32)
        explicit_bzero(block, 64)
    }

    /// Derives into the first 32 of the 64 bytes at `block`; the caller zeroes all of them.
    ///
    /// A ChaCha20 block is the permuted state plus the initial one, and HChaCha20 wants words 0–3 and 12–15 of the
    /// permuted state: so it takes one block of OpenSSL's, whose counter and nonce are the 16 bytes, and subtracts.
    static func derive(
        _ context: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>,
        in block: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        memset(block, 0, 64)
        var written: Int32 = 0
        guard EVP_EncryptInit_ex(context, nil, nil, key, nonce) == 1,
            EVP_EncryptUpdate(context, block, &written, block, 64) == 1
        else {
            ERR_clear_error()
            throw .libraryFailure(operation: .deriveSubkey)
        }
        for word in 0..<4 {
            store(load(block, word) &- load(sigma.utf8Start, word), block, word)
            store(load(block, 12 + word) &- load(nonce, word), block, 4 + word)
        }
    }

    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>, _ word: Int) -> UInt32 {
        UInt32(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: word * 4, as: UInt32.self))
    }

    @inline(__always)
    private static func store(_ value: UInt32, _ bytes: UnsafeMutablePointer<UInt8>, _ word: Int) {
        UnsafeMutableRawPointer(bytes).storeBytes(of: value.littleEndian, toByteOffset: word * 4, as: UInt32.self)
    }
}
