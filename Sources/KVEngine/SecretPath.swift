internal import Bytes
internal import EngineKit

/// The name of a secret below its mount: UTF-8, case-sensitive, steps parted by slashes.
struct SecretPath: Sendable {
    let text: String

    /// Checks `bytes`; one slash at the end is allowed and stays, for folders.
    init(_ bytes: ByteView) throws(KVError) {
        guard bytes.count <= KVLimits.path else { throw .pathTooLong(limit: KVLimits.path) }
        guard let text = bytes.validText else { throw .malformedPath }
        var isStepEmpty = true
        for byte in text.utf8 {
            if byte == UInt8(ascii: "/") {
                if isStepEmpty { throw .malformedPath }
                isStepEmpty = true
            } else {
                if byte == 0 { throw .malformedPath }
                isStepEmpty = false
            }
        }
        self.text = text
    }

    /// Whether a secret can be there: not at the root, and not at a path that ends with a slash.
    var isLeaf: Bool { !text.isEmpty && text.utf8.last != UInt8(ascii: "/") }

    /// The path as a folder: nothing for the root, else with a slash at the end.
    var folder: String { isLeaf ? text + "/" : text }
}
