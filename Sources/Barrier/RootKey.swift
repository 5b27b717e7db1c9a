package import Bytes
package import Primitives

/// The key over all key terms. Whoever has it can read everything; only seals and shares keep it, wrapped.
///
/// **Concurrency** does not change; its bytes are zeroed with the last reference.
package final class RootKey: Sendable {
    /// Length in bytes.
    package static let length = 32
    let cipher: AEADKey

    /// A key from its bytes. **Throws** `.invalidKeyLength`.
    package init(_ material: consuming SecretBytes) throws(CryptoError) {
        cipher = try AEADKey(.aes256GCM, material: material)
    }

    /// A new random key.
    package static func generate() throws(CryptoError) -> RootKey {
        try RootKey(RandomSource.secret(count: length))
    }

    /// Lends the bytes, for wrapping.
    package func exposing<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try cipher.exposingMaterial(body)
    }

    /// Whether both are the same key, compared in constant time.
    package func isSame(as other: RootKey) -> Bool {
        exposing { mine in other.exposing { ConstantTime.equal(mine, $0) } }
    }
}
