package import Bytes

/// A share, a token or a pad on its way between the wire and the seal: kept in locked memory, and not printed.
///
/// **Concurrency** does not change.
package final class SealSecret: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: SecretBytes

    /// A secret that owns its bytes.
    package init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// A secret with a copy of the bytes.
    package init(copying bytes: ByteView) { self.bytes = SecretBytes(copying: bytes) }

    /// A secret with the text's UTF-8; the text itself stays with the caller.
    package convenience init(exposing text: String) {
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        self.init(copying: writer.view)
    }

    /// A secret with a copy of the bytes.
    package convenience init(copying bytes: [UInt8]) {
        var writer = ByteWriter(capacity: bytes.count)
        bytes.withUnsafeBytes { writer.append(ByteView($0)) }
        self.init(copying: writer.view)
    }

    /// Length in bytes.
    package var count: Int { bytes.count }

    /// Lends the bytes for the time of the call.
    package func exposing<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try bytes.exposing(body)
    }

    package var description: String { "(secret of \(count) bytes)" }
    /// Without the bytes.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
