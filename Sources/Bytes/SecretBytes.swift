internal import Glibc

/// Key material. Page-locked, left out of core dumps, zeroed on deinit, cannot be copied or printed.
///
/// **Layout** a block of a `SecretArena` page. **Cost** one short lock to make and one to end; not for the hot path.
/// **Concurrency** the bytes do not change after `init`.
// Unchecked: the pointer is owned alone, and its bytes are written only before the value can be shared.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let start: UnsafeMutablePointer<UInt8>
    /// Length in bytes.
    package let count: Int

    /// Secret memory of `count` bytes, which `fill` writes.
    package init<E: Error>(count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        self.count = count
        start = SecretArena.allocate(count)
        try fill(UnsafeMutableRawBufferPointer(start: start, count: count))
    }

    /// A secret copy of `bytes`; the caller still has to get rid of the original.
    package init(copying bytes: ByteView) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes.buffer) }
    }

    deinit { SecretArena.free(start, count) }

    /// Lends the bytes for the time of the call.
    package borrowing func exposing<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try body(ByteView(UnsafeRawBufferPointer(start: start, count: count)))
    }

    /// A second secret with the same bytes.
    package borrowing func duplicate() -> SecretBytes { exposing { SecretBytes(copying: $0) } }
}
