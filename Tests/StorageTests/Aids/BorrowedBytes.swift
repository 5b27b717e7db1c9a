package import Bytes
internal import Glibc

/// Lends a view of an array.
@discardableResult
package func withView<R: ~Copyable, E: Error>(_ bytes: [UInt8], _ body: (ByteView) throws(E) -> R) throws(E) -> R {
    try bytes.span.withUnsafeBytes { (buffer) throws(E) in try body(ByteView(buffer)) }
}

/// Lends a view of a text.
@discardableResult
package func withView<R: ~Copyable, E: Error>(_ text: String, _ body: (ByteView) throws(E) -> R) throws(E) -> R {
    try withView(Array(text.utf8), body)
}

/// Memory that ends where no memory is: reading one byte too far ends the process.
package struct GuardedMemory: ~Copyable {
    private let start: UnsafeMutableRawPointer
    private let room: Int
    private let page = 4096

    /// Memory for at most `room` bytes.
    package init(room: Int) {
        self.room = (room + page - 1) / page * page
        guard let mapping = mmap(nil, self.room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapping != MAP_FAILED, mprotect(mapping + self.room, page, PROT_NONE) == 0
        else { preconditionFailure("no guarded memory") }
        start = mapping
    }

    deinit { munmap(start, room + page) }

    /// Lends a view of the bytes, the last of which lies before the forbidden page.
    @discardableResult
    package func withView<R: ~Copyable, E: Error>(_ bytes: [UInt8], _ body: (ByteView) throws(E) -> R) throws(E) -> R {
        precondition(bytes.count <= room, "more bytes than the memory has room for")
        let place = start + (room - bytes.count)
        bytes.withUnsafeBytes { place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: $0.count) }
        return try body(ByteView(UnsafeRawBufferPointer(start: place, count: bytes.count)))
    }
}
