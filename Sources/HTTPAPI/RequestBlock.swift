internal import Bytes
internal import Glibc

/// The bytes of one request, head and body in one run, that stay where they are until the answer is there.
///
/// Large blocks are mappings of their own: memory that nobody wrote to costs nothing, and what is given back really
/// returns to the system instead of lying in the heap.
/// **Layout** `head ‖ body`. Everything written is zeroed before the memory is given back: bodies carry plaintext.
/// **Concurrency** the event loop fills it; while a task works on the request nobody writes.
final class RequestBlock {
    private static let smallest = 4096
    private static let mappedFrom = 128 * 1024

    private var start: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private(set) var count = 0

    init() {
        capacity = Self.smallest
        start = Self.allocate(Self.smallest)
    }

    deinit {
        explicit_bzero(start, count)
        Self.free(start, capacity)
    }

    /// What was appended; valid until the next change.
    var view: ByteView { ByteView(UnsafeRawBufferPointer(start: start, count: count)) }

    /// Appends, growing by what has really come: a length that a client only announced reserves nothing.
    /// The room quadruples, but not past `expected` bytes.
    func append(_ bytes: ByteView, expecting expected: Int) {
        let needed = count + bytes.count
        if needed > capacity { move(to: max(needed, min(needed * 4, expected))) }
        memcpy(start + count, bytes.pointer, bytes.count)
        count = needed
    }

    /// Empties the block for reuse; past `keeping` bytes of room the memory is given back.
    func clear(keeping limit: Int) {
        explicit_bzero(start, count)
        count = 0
        if capacity > max(limit, Self.smallest) { move(to: Self.smallest) }
    }

    private func move(to size: Int) {
        let room = size < Self.mappedFrom ? size : (size + 4095) & ~4095
        let block = Self.allocate(room)
        memcpy(block, start, count)
        explicit_bzero(start, count)
        Self.free(start, capacity)
        (start, capacity) = (block, room)
    }

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        guard size >= mappedFrom else { return .allocate(byteCount: size, alignment: 16) }
        let mapping = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { preconditionFailure("out of memory for a request") }
        return mapping
    }

    private static func free(_ start: UnsafeMutableRawPointer, _ size: Int) {
        if size >= mappedFrom { munmap(start, size) } else { start.deallocate() }
    }
}
