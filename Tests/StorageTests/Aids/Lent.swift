package import Bytes

/// Bytes that stay in place for as long as the object lives: for requests that are answered in tasks.
package final class Lent: Sendable {
    /// The bytes.
    package let view: ByteView
    private let start: UInt

    /// A copy of the bytes.
    package init(_ bytes: [UInt8]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        buffer.copyBytes(from: bytes)
        view = ByteView(UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count]))
        start = UInt(bitPattern: buffer.baseAddress)
    }

    /// A copy of the text's bytes.
    package convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { UnsafeMutableRawPointer(bitPattern: start)?.deallocate() }
}
