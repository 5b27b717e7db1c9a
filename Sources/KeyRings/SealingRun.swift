package import Bytes
internal import Primitives

/// Seals message after message under one version, each out of its base64 and into its base64: what a batch of items
/// that hold nothing but a plaintext asks for.
///
/// Used by the thread that makes it, while the version lives. **Cost** no allocation once buffers have grown.
package struct SealingRun: ~Copyable {
    private let key: AEADOnThread
    private let frame: TextFrame
    // Layout: nonce ‖ message, which becomes ciphertext where it lies ‖ tag
    private var sealed = ByteWriter()

    /// Nil where a message takes more than the key: a type that is no cipher, a ring with derived keys.
    ///
    /// `head` and `tail` are put around each ciphertext.
    package init?(_ version: KeyVersion, settings: KeySettings, head: String, tail: String) {
        guard let cipher = version.cipher, !settings.isDerived else { return nil }
        key = cipher._withUnsafeGuaranteedRef { $0.onThisThread() }
        var frame = ByteWriter(capacity: 128)
        frame.append(text: head)
        frame.append(version.prefixText)
        let headLength = frame.count
        frame.append(text: tail)
        self.frame = TextFrame(frame, headLength: headLength)
    }

    /// Seals the message whose base64 this is, and appends the head, the version's prefix, what was sealed in base64,
    /// and the tail. False, and nothing appended, when it is not base64 or cannot be sealed.
    @inline(__always)
    package mutating func append(_ base64: ByteView, to output: inout ByteWriter) -> Bool {
        let key = key
        sealed.truncate(to: 0)
        sealed.append(room: key.overhead + Base64.decodedRoom(base64.count)) { out in
            let message = out + key.nonceLength
            let length = Base64.decode(base64, into: message)
            guard length >= 0 else { return 0 }
            do throws(CryptoError) {
                try key.seal(ByteView(UnsafeRawBufferPointer(start: message, count: length)), into: out)
            } catch {
                return 0
            }
            return length + key.overhead
        }
        if sealed.count == 0 { return false }
        frame.append(base64: sealed.view, to: &output)
        return true
    }
}
