internal import Synchronization

/// Two contexts that one key, or key pair's half, has for one thread. What they are is their owner's affair.
// Unchecked: used by one thread at a time, the place's thread or the holder of the shared place's mutex.
struct ThreadPlace: @unchecked Sendable {
    /// For signing or verifying, or for a code.
    var first: OpaquePointer?
    /// For decrypting or encrypting.
    var second: OpaquePointer?
}

/// A place for contexts per thread without locks, as `ThreadSlots` has it for the authenticated ciphers.
///
/// Threads past the places share one behind a mutex. **Cost** nothing until the first use, then one array of 1 KiB.
/// **Concurrency** a thread's number passes to another thread under a mutex, which orders their uses of a place.
// A class, because package-wide optimisation may make instances of a `package` class in another target, and a target
// that does not import Synchronization cannot tell how large a stored `Mutex` is: it would allocate too little.
final class ThreadPlaces: Sendable {
    private static let count = 64

    // The address of the array of places, 0 until it is needed.
    private let address = Atomic<UInt>(0)
    private let shared = Mutex(ThreadPlace())
    private let free: @Sendable (OpaquePointer) -> Void

    /// No contexts yet; `free` will end each.
    init(free: @escaping @Sendable (OpaquePointer) -> Void) { self.free = free }

    /// Lends the calling thread's place.
    @inline(__always)
    func withPlace<R, E: Error>(_ body: (inout ThreadPlace) throws(E) -> R) throws(E) -> R {
        let index = ThreadState.current.pointee.index
        guard index < Self.count else { return try shared.withLock { place throws(E) in try body(&place) } }
        return try body(&places[index])
    }

    private var places: UnsafeMutablePointer<ThreadPlace> { madePlaces ?? makePlaces() }

    private var madePlaces: UnsafeMutablePointer<ThreadPlace>? {
        UnsafeMutablePointer(bitPattern: address.load(ordering: .acquiring))
    }

    @inline(never)
    private func makePlaces() -> UnsafeMutablePointer<ThreadPlace> {
        let made = UnsafeMutablePointer<ThreadPlace>.allocate(capacity: Self.count)
        made.initialize(repeating: ThreadPlace(), count: Self.count)
        let (won, other) = address.compareExchange(
            expected: 0, desired: UInt(bitPattern: made), ordering: .acquiringAndReleasing)
        if won { return made }
        made.deallocate()
        return UnsafeMutablePointer(bitPattern: other) ?? makePlaces()
    }

    // No thread uses the key any more.
    deinit {
        forget(shared.withLock { $0 })
        guard let made = madePlaces else { return }
        for index in 0..<Self.count { forget(made[index]) }
        made.deallocate()
    }

    private func forget(_ place: ThreadPlace) {
        if let context = place.first { free(context) }
        if let context = place.second { free(context) }
    }
}
