internal import Glibc
internal import Synchronization

/// Where secrets live: 64 KiB mappings that are locked in memory, left out of core dumps, and cut in power-of-two
/// blocks.
package enum SecretArena {
    private static let slab = 64 * 1024
    private static let smallest = 32

    private struct Pools {
        // Free blocks by size class; class c holds blocks of 32 << c bytes.
        var free = [[UInt]](repeating: [], count: 12)
        var lockFailed = false
    }

    private static let pools = Mutex(Pools())

    /// True once the kernel refused to lock a page (RLIMIT_MEMLOCK); secrets may then reach swap.
    package static var lockFailed: Bool { pools.withLock { $0.lockFailed } }

    /// A zeroed block of at least `count` bytes.
    static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        guard let size = sizeClass(count) else { return pointer(map(roundedToPages(count))) }
        return pools.withLock { pools in
            if pools.free[size].isEmpty {
                let address = map(slab, noting: &pools.lockFailed)
                let block = smallest << size
                pools.free[size] = stride(from: 0, to: slab, by: block).map { address + UInt($0) }
            }
            return pointer(pools.free[size].removeLast())
        }
    }

    /// Zeroes the block and gives it back.
    static func free(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) {
        guard let size = sizeClass(count) else {
            explicit_bzero(start, count)
            munmap(start, roundedToPages(count))
            return
        }
        explicit_bzero(start, smallest << size)
        pools.withLock { $0.free[size].append(UInt(bitPattern: start)) }
    }

    private static func sizeClass(_ count: Int) -> Int? {
        var size = 0
        while size < 12, smallest << size < count { size += 1 }
        return smallest << size >= count && smallest << size <= slab ? size : nil
    }

    private static func roundedToPages(_ count: Int) -> Int { (count + 4095) & ~4095 }

    private static func pointer(_ address: UInt) -> UnsafeMutablePointer<UInt8> {
        guard let pointer = UnsafeMutablePointer<UInt8>(bitPattern: address) else {
            preconditionFailure("a mapping never starts at address 0")
        }
        return pointer
    }

    private static func map(_ length: Int) -> UInt {
        var failed = false
        let address = map(length, noting: &failed)
        if failed { pools.withLock { $0.lockFailed = true } }
        return address
    }

    private static func map(_ length: Int, noting lockFailed: inout Bool) -> UInt {
        let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(mapping != MAP_FAILED, "out of memory for secrets")
        if mlock(mapping, length) != 0 { lockFailed = true }
        madvise(mapping, length, Int32(MADV_DONTDUMP))
        return UInt(bitPattern: mapping)
    }
}
