internal import Bytes
internal import Primitives

/// A root key as a seal wrapped it.
package struct WrappedKey: Sendable, Equatable {
    /// Which of the seal's keys it was; the seal's own name for it.
    package let keyID: String
    /// What the seal made of the key; only the seal knows its layout.
    package let blob: [UInt8]

    /// A wrapped key.
    package init(keyID: String, blob: [UInt8]) {
        self.keyID = keyID
        self.blob = blob
    }
}

/// Why a seal did not wrap or unwrap.
package enum SealError: Error, Equatable, Sendable {
    /// The provider cannot be reached, or fails; trying again may help.
    case providerUnavailable
    /// The key does not fit, or the blob was altered. There is no further detail on purpose.
    case refused
    /// The configuration names a key that is not there or has no 32 bytes.
    case badKeySource
    /// No random bytes, or the crypto library failed.
    case cryptoUnavailable
}

/// Whether a seal could unwrap now.
package enum SealHealth: Sendable, Equatable {
    /// It could.
    case healthy
    /// It could not, for this reason; it is asked again, and may recover.
    case failing(SealError)
}

/// What guards the root key while the server is down.
///
/// **Concurrency** callable from anywhere.
package protocol Seal: Sendable {
    /// The name on the wire, such as `shamir`.
    var type: String { get }
    /// Whether it unwraps by itself, without anybody's shares.
    var isAutomatic: Bool { get }
    /// Wraps the root key for storage.
    func wrap(_ root: RootKey) async throws(SealError) -> WrappedKey
    /// Gives back what `wrap` wrapped. **Throws** `.refused`, `.providerUnavailable`.
    func unwrap(_ wrapped: WrappedKey) async throws(SealError) -> RootKey
    /// Whether the key was wrapped by the key that `wrap` would take now; if not, it is to be wrapped anew.
    func isCurrent(_ wrapped: WrappedKey) -> Bool
    /// Whether it works at present.
    func health() async -> SealHealth
}

/// Wrapping with AES-256-GCM, which several seals share.
///
/// **Layout** `nonce(12) ‖ ciphertext(32) ‖ tag(16)`; associated data `strongroom root key` NUL type NUL key id.
enum RootKeyWrap {
    static func wrap(
        _ root: RootKey, under key: AEADKey, type: String, keyID: String
    ) throws(SealError) -> [UInt8] {
        let data = associated(type, keyID)
        var blob = ByteWriter(capacity: 64)
        do throws(CryptoError) {
            try blob.append(room: RootKey.length + key.algorithm.overhead) { (out) throws(CryptoError) in
                try root.exposing { (bytes) throws(CryptoError) in
                    try key.seal(bytes, authenticating: data.view, into: out)
                }
                return RootKey.length + key.algorithm.overhead
            }
        } catch {
            throw .cryptoUnavailable
        }
        return blob.view.array
    }

    static func unwrap(
        _ blob: [UInt8], under key: AEADKey, type: String, keyID: String
    ) throws(SealError) -> RootKey {
        guard blob.count == RootKey.length + key.algorithm.overhead else { throw .refused }
        let data = associated(type, keyID)
        do throws(CryptoError) {
            let material = try SecretBytes(count: RootKey.length) { (buffer) throws(CryptoError) in
                guard let out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                _ = try lending(blob) { (blob) throws(CryptoError) in
                    try key.open(blob, authenticating: data.view, into: out)
                }
            }
            return try RootKey(material)
        } catch {
            throw error == .authenticationFailed ? .refused : .cryptoUnavailable
        }
    }

    private static func associated(_ type: String, _ keyID: String) -> ByteWriter {
        var data = ByteWriter(capacity: 64)
        data.append("strongroom root key")
        data.append(0)
        data.append(text: type)
        data.append(0)
        data.append(text: keyID)
        return data
    }
}
