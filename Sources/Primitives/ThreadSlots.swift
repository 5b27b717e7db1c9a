internal import CGcrypt
internal import COpenSSL
internal import Synchronization

/// The contexts that one key has for one thread, each made when it is first needed.
// Unchecked: used by one thread at a time, the slot's thread or the holder of the shared slot's mutex.
struct KeyContexts: @unchecked Sendable {
    /// OpenSSL's for sealing, or for both directions.
    var sealing: OpaquePointer?
    /// OpenSSL's for opening, where each direction has its own.
    var opening: OpaquePointer?
    /// libgcrypt's, for both directions.
    var gcrypt: OpaquePointer?

    /// Frees them all; keys within are zeroed by the libraries.
    fileprivate func free() {
        if let sealing { EVP_CIPHER_CTX_free(sealing) }
        if let opening { EVP_CIPHER_CTX_free(opening) }
        if let gcrypt { gcry_cipher_close(gcrypt) }
    }
}

/// A place for keyed contexts per thread without locks: slot i belongs to the thread with number i.
///
/// Threads past the slots share one behind a mutex. **Cost** nothing until the first use, then one array of 1.5 KiB.
/// **Concurrency** a thread's number passes to another thread under a mutex, which orders their uses of a slot.
struct ThreadSlots: ~Copyable, Sendable {
    /// How many threads have a slot of their own.
    static let count = 64

    // The address of the array of contexts, 0 until it is needed.
    private let address = Atomic<UInt>(0)
    private let shared = Mutex(KeyContexts())

    /// Lends the contexts that belong to the thread.
    @inline(__always)
    func withContexts<R, E: Error>(
        of thread: ThreadPointer, _ body: (inout KeyContexts) throws(E) -> R
    ) throws(E) -> R {
        let index = thread.pointee.index
        guard index < Self.count else { return try shared.withLock { contexts throws(E) in try body(&contexts) } }
        return try body(&places[index])
    }

    /// The contexts that the thread has for itself; nil for a thread past the slots.
    func ownContexts(of thread: ThreadPointer) -> UnsafeMutablePointer<KeyContexts>? {
        let index = thread.pointee.index
        return index < Self.count ? places + index : nil
    }

    private var places: UnsafeMutablePointer<KeyContexts> {
        madePlaces ?? makePlaces()
    }

    private var madePlaces: UnsafeMutablePointer<KeyContexts>? {
        UnsafeMutablePointer(bitPattern: address.load(ordering: .acquiring))
    }

    @inline(never)
    private func makePlaces() -> UnsafeMutablePointer<KeyContexts> {
        let made = UnsafeMutablePointer<KeyContexts>.allocate(capacity: Self.count)
        made.initialize(repeating: KeyContexts(), count: Self.count)
        let (won, other) = address.compareExchange(
            expected: 0, desired: UInt(bitPattern: made), ordering: .acquiringAndReleasing)
        if won { return made }
        made.deallocate()
        return UnsafeMutablePointer(bitPattern: other) ?? makePlaces()
    }

    /// Frees every context, for the owner's deinit, when no thread uses the key any more.
    func drain() {
        shared.withLock { $0.free() }
        guard let made = madePlaces else { return }
        for index in 0..<Self.count { made[index].free() }
        made.deallocate()
    }
}
