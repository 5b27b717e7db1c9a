internal import Synchronization

/// The contexts that one key has for one thread. What they are is its owner's affair.
// Unchecked: used by one thread at a time, the slot's thread or the holder of the shared slot's mutex.
struct ContextPair: @unchecked Sendable {
    var sealing: OpaquePointer?
    var opening: OpaquePointer?
}

/// A place for keyed contexts per thread without locks: slot i belongs to the thread with number i.
///
/// Threads past the slots share one behind a mutex. **Cost** nothing until the first use, then one array of 1 KiB.
/// **Concurrency** a thread's number passes to another thread under a mutex, which orders their uses of a slot.
struct ThreadSlots: ~Copyable, Sendable {
    /// How many threads have a slot of their own.
    static let count = 64

    // The address of the array of pairs, 0 until it is needed.
    private let address = Atomic<UInt>(0)
    private let shared = Mutex(ContextPair())

    /// Lends the pair that belongs to the thread.
    @inline(__always)
    func withPair<R, E: Error>(
        of thread: ThreadPointer, _ body: (inout ContextPair) throws(E) -> R
    ) throws(E) -> R {
        let index = thread.pointee.index
        guard index < Self.count else { return try shared.withLock { pair throws(E) in try body(&pair) } }
        return try body(&pairs[index])
    }

    private var pairs: UnsafeMutablePointer<ContextPair> {
        madePairs ?? makePairs()
    }

    private var madePairs: UnsafeMutablePointer<ContextPair>? {
        UnsafeMutablePointer(bitPattern: address.load(ordering: .acquiring))
    }

    @inline(never)
    private func makePairs() -> UnsafeMutablePointer<ContextPair> {
        let made = UnsafeMutablePointer<ContextPair>.allocate(capacity: Self.count)
        made.initialize(repeating: ContextPair(), count: Self.count)
        let (won, other) = address.compareExchange(
            expected: 0, desired: UInt(bitPattern: made), ordering: .acquiringAndReleasing)
        if won { return made }
        made.deallocate()
        return UnsafeMutablePointer(bitPattern: other) ?? makePairs()
    }

    /// Hands every context to `free`, for the owner's deinit, when no thread uses the key any more.
    func drain(_ free: (OpaquePointer) -> Void) {
        forget(shared.withLock { $0 }, free)
        guard let made = madePairs else { return }
        for index in 0..<Self.count { forget(made[index], free) }
        made.deallocate()
    }

    private func forget(_ pair: ContextPair, _ free: (OpaquePointer) -> Void) {
        if let context = pair.sealing { free(context) }
        if let context = pair.opening { free(context) }
    }
}
