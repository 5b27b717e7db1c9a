import Glibc
import Synchronization

/// A process that starts with no signal blocked: threads of the pool block all of them, and children inherit that.
struct Child {
    let pid: pid_t
    /// The end of the child's standard input that is held here; -1 when it has none.
    let input: Int32

    /// One at a time: no child is to inherit the pipe of another before it is marked.
    private static let turn = Mutex(())

    /// Starts a program by its path.
    init(_ arguments: [String], folder: String, hasInput: Bool = false) throws {
        (pid, input) = try Self.turn.withLock { _ in
            try Self.spawn(["/usr/bin/env", "-C", folder] + arguments, folder: folder, hasInput: hasInput)
        }
    }

    private static func spawn(
        _ arguments: [String], folder: String, hasInput: Bool
    ) throws -> (pid: pid_t, input: Int32) {
        var ends: [Int32] = [-1, -1]
        if hasInput {
            guard pipe(&ends) == 0 else { throw Failure(code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        defer { if ends[0] >= 0 { close(ends[0]) } }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if hasInput {
            posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        for descriptor in [Int32(1), 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let texts = arguments.map { strdup($0) } + [nil]
        let environment = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "TMPDIR=" + folder, "HOME=" + folder]
        let settings = environment.map { strdup($0) } + [nil]
        defer { for text in texts + settings { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, texts, settings)
        guard code == 0 else { throw Failure(code: code) }
        return (pid, ends[1])
    }

    /// Waits for the end; the status that the program ended with, or -1.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }

    struct Failure: Error { let code: Int32 }
}
