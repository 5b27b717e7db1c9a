internal import Glibc
internal import Synchronization

typealias ThreadPointer = UnsafeMutablePointer<ThreadState>

/// What one thread keeps for cryptography: a number, a page for secrets, a nonce buffer, contexts for one-use keys.
///
/// **Layout** two pages that are locked, left out of core dumps and zeroed in a forked child:
/// `nonce bytes left(8) ‖ … ‖ scratch(4032)`, then the nonce buffer (4096).
/// **Concurrency** reached only by its own thread, which frees it when it ends.
struct ThreadState {
    /// Unique among the living threads and dense: the numbers of ended threads are used again, lowest first.
    let index: Int
    private let pages: UnsafeMutablePointer<UInt8>
    /// The fork generation in which the nonce buffer was filled.
    var generation: UInt64 = 0
    /// Contexts for one-use keys by `TransientContext`, made at first use.
    var contexts = [12 of OpaquePointer?](repeating: nil)

    static let nonceRoom = 4096
    private static let pageLength = 4096

    /// Unused nonce bytes; they lie at the beginning of the buffer and are taken from the end.
    var nonceBytesLeft: UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(pages).assumingMemoryBound(to: UInt64.self)
    }
    var nonceBuffer: UnsafeMutablePointer<UInt8> { pages + Self.pageLength }
    /// 448 bytes for subkeys of extended-nonce ciphers; whoever writes there zeroes it.
    var cipherScratch: UnsafeMutablePointer<UInt8> { pages + 64 }
    /// 512 bytes for the running state and the inner digest of a MAC.
    var digestScratch: UnsafeMutablePointer<UInt8> { pages + 512 }
    /// 1024 bytes for the key states of one-use MAC keys.
    var keyScratch: UnsafeMutablePointer<UInt8> { pages + 1024 }
    /// 512 bytes for derived key blocks.
    var derivationScratch: UnsafeMutablePointer<UInt8> { pages + 2048 }

    /// The calling thread's state.
    @inline(__always)
    static var current: ThreadPointer {
        let key = publishedKey.load(ordering: .relaxed)
        if key != 0, let known = pthread_getspecific(key - 1) { return known.assumingMemoryBound(to: ThreadState.self) }
        return makeCurrent()
    }

    // The key plus one, or 0 before there is one: spares the hot path the check of a lazily made global.
    private static let publishedKey = Atomic<pthread_key_t>(0)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { raw in
            guard let raw else { return }
            ThreadState.end(raw.assumingMemoryBound(to: ThreadState.self))
        }
        precondition(status == 0, "no thread-specific key left")
        publishedKey.store(key + 1, ordering: .relaxed)
        pthread_atfork(nil, nil) { ForkGeneration.counter.add(1, ordering: .relaxed) }
        return key
    }()

    @inline(never)
    private static func makeCurrent() -> ThreadPointer {
        let state = ThreadPointer.allocate(capacity: 1)
        state.initialize(to: ThreadState())
        precondition(pthread_setspecific(key, state) == 0, "out of memory for thread state")
        return state
    }

    private init() {
        let length = 2 * Self.pageLength
        let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { preconditionFailure("out of memory for thread state") }
        // Each of the three may be refused without harm: the generation counter guards against forks as well.
        mlock(mapping, length)
        madvise(mapping, length, Int32(MADV_DONTDUMP))
        madvise(mapping, length, Int32(MADV_WIPEONFORK))
        pages = mapping.assumingMemoryBound(to: UInt8.self)
        index = ThreadIndexes.take()
    }

    private static func end(_ state: ThreadPointer) {
        for kind in TransientContext.allCases {
            if let context = state.pointee.contexts[kind.rawValue] { kind.free(context) }
        }
        explicit_bzero(state.pointee.pages, 2 * pageLength)
        munmap(state.pointee.pages, 2 * pageLength)
        ThreadIndexes.giveBack(state.pointee.index)
        state.deinitialize(count: 1)
        state.deallocate()
    }
}

/// Counts the forks between this process and the one that was started.
enum ForkGeneration {
    static let counter = Atomic<UInt64>(0)
}

/// Hands out the numbers of threads.
private enum ThreadIndexes {
    private struct Numbers {
        var next = 0
        var free: [Int] = []
    }

    private static let numbers = Mutex(Numbers())

    static func take() -> Int {
        numbers.withLock { numbers in
            if let lowest = numbers.free.indices.min(by: { numbers.free[$0] < numbers.free[$1] }) {
                return numbers.free.remove(at: lowest)
            }
            numbers.next += 1
            return numbers.next - 1
        }
    }

    static func giveBack(_ index: Int) { numbers.withLock { $0.free.append(index) } }
}
