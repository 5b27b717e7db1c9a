internal import COpenSSL
internal import Glibc

/// Keeping secrets out of files and out of other processes' sight.
package enum MemoryProtection {
    /// What the kernel granted.
    package struct Outcome: Sendable, Equatable {
        /// No core dump, no attaching debugger of the same user, no reading of `/proc/<pid>/mem`.
        package let isUndumpable: Bool
        /// The core file limit is 0.
        package let hasNoCoreFiles: Bool
        /// How many bytes may be locked in memory; `UInt64.max` when there is no limit.
        package let lockableBytes: UInt64
    }

    /// Denies core dumps and raises the limit of locked memory to what the process may have. Called once, at start-up.
    package static func hardenProcess() -> Outcome {
        let undumpable = strongroom_make_undumpable() == 0
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        let coreless = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
        var locked = rlimit(rlim_cur: 0, rlim_max: 0)
        let resource = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
        if getrlimit(resource, &locked) == 0, locked.rlim_cur < locked.rlim_max {
            locked.rlim_cur = locked.rlim_max
            _ = setrlimit(resource, &locked)
            _ = getrlimit(resource, &locked)
        }
        return Outcome(
            isUndumpable: undumpable, hasNoCoreFiles: coreless, lockableBytes: UInt64(locked.rlim_cur))
    }
}
