package import Bytes
internal import Glibc
internal import Primitives

/// Opens ciphertext after ciphertext of a ring's newest version, each out of its base64 and into that of the message:
/// what a batch of items that hold nothing but a ciphertext mostly asks for.
///
/// Used by the thread that makes it. **Cost** no allocation once buffers have grown; what is refused here, the caller
/// opens once more for its error.
package struct OpeningRun: ~Copyable {
    // Owns the key and the prefix.
    private let ring: KeyRing
    private let key: AEADOnThread
    private let prefix: ByteView
    private let frame: TextFrame
    // Layout: nonce ‖ ciphertext, which becomes the message where it lies ‖ tag
    private var opened = ByteWriter()

    /// Nil where a ciphertext takes more than the key, or may not be opened: a type that is no cipher, a ring with
    /// derived keys or one that is deleted, a newest version that is disabled or below the minimum.
    ///
    /// `head` and `tail` are put around each message.
    package init?(_ ring: KeyRing, head: String, tail: String) {
        let (version, settings) = (ring.latest, ring.settings)
        guard let cipher = version.cipher, !settings.isDerived, !settings.isSoftDeleted,
            version.number >= settings.minDecryptionVersion, !settings.isDisabled(version.number)
        else { return nil }
        self.ring = ring
        key = cipher._withUnsafeGuaranteedRef { $0.onThisThread() }
        prefix = version.prefixText
        var frame = ByteWriter(capacity: 64)
        frame.append(text: head)
        let headLength = frame.count
        frame.append(text: tail)
        self.frame = TextFrame(frame, headLength: headLength)
    }

    /// Opens a ciphertext text, and appends the head, the message in base64, and the tail. False, and nothing appended,
    /// when it is of another version, is not base64, or was altered.
    @inline(__always)
    package mutating func append(_ text: ByteView, to output: inout ByteWriter) -> Bool {
        guard text.count >= prefix.count, memcmp(text.pointer, prefix.pointer, prefix.count) == 0 else { return false }
        let (key, payload) = (key, text.dropFirst(prefix.count))
        opened.truncate(to: 0)
        opened.append(room: Base64.decodedRoom(payload.count)) { out in
            let length = Base64.decode(payload, into: out)
            guard length >= key.overhead else { return 0 }
            do throws(CryptoError) {
                let sealed = ByteView(UnsafeRawBufferPointer(start: out, count: length))
                return try key.open(sealed, into: out + key.nonceLength) + key.overhead
            } catch {
                return 0
            }
        }
        guard opened.count > 0 else { return false }
        let message = opened.view.slice(key.nonceLength, opened.count - key.overhead)
        frame.append(base64: message, to: &output)
        return true
    }
}
