internal import Bytes
internal import Glibc

/// The bytes of one request, head and body in one run, that stay where they are until the answer is there.
///
/// **Layout** `head ‖ body`. Everything written is zeroed before the memory is given back: bodies carry plaintext.
/// **Concurrency** the event loop fills it; while a task works on the request nobody writes.
final class RequestBlock {
    private static let smallest = 4096

    private var start: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    private(set) var count = 0

    init() {
        capacity = Self.smallest
        start = .allocate(capacity: Self.smallest)
    }

    deinit {
        explicit_bzero(start, count)
        start.deallocate()
    }

    /// What was appended; valid until the next change.
    var view: ByteView { ByteView(UnsafeRawBufferPointer(start: start, count: count)) }

    /// Appends, growing by what has really come: a length that a client only announced reserves nothing.
    /// The room doubles, but not past `expected` bytes.
    func append(_ bytes: ByteView, expecting expected: Int) {
        let needed = count + bytes.count
        if needed > capacity { move(to: max(needed, min(needed * 2, expected))) }
        memcpy(start + count, bytes.pointer, bytes.count)
        count = needed
    }

    /// Empties the block for reuse; past `keeping` bytes of room the memory is given back.
    func clear(keeping limit: Int) {
        explicit_bzero(start, count)
        count = 0
        if capacity > max(limit, Self.smallest) { move(to: Self.smallest) }
    }

    private func move(to larger: Int) {
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        memcpy(block, start, count)
        explicit_bzero(start, count)
        start.deallocate()
        (start, capacity) = (block, larger)
    }
}
