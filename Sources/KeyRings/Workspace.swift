package import Bytes
package import Primitives

/// The buffers of one request: a message, its sealed form, the context, and the key last derived. Reused from item to
/// item, zeroed at the end, so that a batch allocates nothing per item.
package struct Workspace: ~Copyable {
    var message = ByteWriter()
    var sealed = ByteWriter()
    var context = ByteWriter()
    var associatedData = ByteWriter()
    var sealedDigest = ByteWriter()
    // What `derivedKey` was derived from: successive items mostly share it.
    private var derivedContext = ByteWriter()
    private var derivedFrom: ObjectIdentifier?
    private var derivedKey = ByteWriter()
    private var derivedPair: PrivateKey?
    /// How RSA pads what it encrypts, and what it decrypts.
    package var rsaPadding = RSAEncryptionPadding.oaep(.sha2_256)

    /// Empty buffers.
    package init() {}

    /// The message decoded or opened last; valid until the next one.
    package var currentMessage: ByteView { message.view }

    /// Replaces the message by the decoded `base64`.
    package mutating func decodeMessage(_ base64: ByteView) throws(KeyRingError) {
        do throws(Base64Fault) { try message.replace(decoding: base64) } catch { throw .base64(error) }
    }

    /// Replaces the context by the decoded `base64`.
    package mutating func decodeContext(_ base64: ByteView) throws(KeyRingError) {
        do throws(Base64Fault) { try context.replace(decoding: base64) } catch { throw .contextBase64(error) }
    }

    /// Replaces the associated data by the decoded `base64`; `item` is the index that an error names.
    package mutating func decodeAssociatedData(_ base64: ByteView, item: Int) throws(KeyRingError) {
        do throws(Base64Fault) { try associatedData.replace(decoding: base64) } catch {
            throw .associatedDataBase64(item: item, error)
        }
    }

    /// Replaces the message by `count` random bytes.
    package mutating func drawMessage(count: Int) throws(KeyRingError) {
        message.truncate(to: 0)
        do throws(CryptoError) {
            try message.append(room: count) { (out) throws(CryptoError) in
                try RandomSource.fill(UnsafeMutableRawBufferPointer(start: out, count: count))
                return count
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    // Layout: HMAC-SHA256(key, counter(4) = 0 ‖ context ‖ bits(4) = 256), big-endian: the first block is all there is.
    private static func count(
        _ key: HMACKey, _ context: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try key.authenticate(ByteView("\0\0\0\0"), context, ByteView("\0\0\u{1}\0"), into: output)
    }

    /// The key pair that an Ed25519 `version` derives from the current context. **Source** wire facts §5.3.
    mutating func derivePair(_ version: KeyVersion) throws(KeyRingError) -> PrivateKey {
        let seed = try deriveKey(version)
        if let derivedPair { return derivedPair }
        do throws(AsymmetricError) {
            let pair = try PrivateKey(ed25519Seed: seed.slice(0, 32))
            derivedPair = pair
            return pair
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// The key that `version` derives from the current context: the cipher's key, then 32 bytes for convergent nonces;
    /// for Ed25519 the seed.
    ///
    /// **Layout** HKDF-SHA256(IKM = key, no salt, info = context, L = key length + 32), or the old counter mode.
    /// **Source** wire facts §5.3, §5.4.
    mutating func deriveKey(_ version: KeyVersion) throws(KeyRingError) -> ByteView {
        guard context.count > 0 else { throw .missingContext }
        let identity = ObjectIdentifier(version)
        if derivedFrom == identity && derivedContext.view.equalsVariableTime(context.view) { return derivedKey.view }
        derivedFrom = nil
        derivedPair = nil
        derivedKey.truncate(to: 0)
        let info = context.view
        do throws(CryptoError) {
            switch version.derivation {
            case .none: throw .invalidKeyLength
            case .hkdf(let derivation):
                let length = (version.cipher?.algorithm.keyLength ?? 0) + 32
                try derivedKey.append(room: length) { (out) throws(CryptoError) in
                    try derivation.expand(info: info, count: length, into: out)
                    return length
                }
            case .counter(let key):
                try derivedKey.append(room: 32) { (out) throws(CryptoError) in
                    try Self.count(key, info, into: out)
                    return 32
                }
            }
        } catch {
            throw .cryptoUnavailable
        }
        derivedContext.truncate(to: 0)
        derivedContext.append(info)
        derivedFrom = identity
        return derivedKey.view
    }
}

extension KeyVersion {
    /// The 32 bytes of the public key that a derived Ed25519 version has for a context.
    package func derivedPublicKey(_ context: [UInt8]) throws(KeyRingError) -> [UInt8] {
        var workspace = Workspace()
        context.withUnsafeBytes { workspace.context.append(ByteView($0)) }
        return try workspace.derivePair(self).publicKey.rawBytes ?? []
    }
}

extension ByteWriter {
    /// Replaces what is written by the decoded text.
    mutating func replace(decoding base64: ByteView) throws(Base64Fault) {
        truncate(to: 0)
        if base64.isEmpty { return }
        try append(room: Base64.decodedRoom(base64.count)) { (out) throws(Base64Fault) in
            let length = Base64.decode(base64, into: out)
            if length < 0 { throw Base64Fault(offset: ~length) }
            return length
        }
    }
}
