package import Bytes
internal import Primitives

/// The buffers of one request: a message, its sealed form, the context, and the key last derived. Reused from item to
/// item, zeroed at the end, so that a batch allocates nothing per item.
package struct Workspace: ~Copyable {
    var message = ByteWriter()
    var sealed = ByteWriter()
    var context = ByteWriter()
    var associatedData = ByteWriter()
    // What `derivedKey` was derived from: successive items mostly share it.
    private var derivedContext = ByteWriter()
    private var derivedFrom: ObjectIdentifier?
    private var derivedKey = ByteWriter()

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

    /// The key that `version` derives from the current context: the cipher's key, then 32 bytes for convergent nonces.
    ///
    /// **Layout** HKDF-SHA256(IKM = key, no salt, info = context, L = key length + 32). **Source** wire facts §5.3,
    /// §5.4.
    mutating func deriveKey(_ version: KeyVersion) throws(KeyRingError) -> ByteView {
        guard let derivation = version.derivation, context.count > 0 else { throw .missingContext }
        let identity = ObjectIdentifier(version)
        if derivedFrom == identity && derivedContext.view.equalsVariableTime(context.view) { return derivedKey.view }
        derivedFrom = nil
        derivedKey.truncate(to: 0)
        let length = version.cipher.algorithm.keyLength + 32
        let info = context.view
        do throws(CryptoError) {
            try derivedKey.append(room: length) { (out) throws(CryptoError) in
                try derivation.expand(info: info, count: length, into: out)
                return length
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
