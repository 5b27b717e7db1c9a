internal import Bytes
internal import Foundation
internal import Primitives

/// What a server needs of the machine.
enum MachineChecks {
    static func all() -> [Finding] {
        [selfTests(), processor(), memoryLock(), swap(), descriptors(), coreDumps(), randomness(), clock(), user()]
    }

    private static func selfTests() -> Finding {
        do throws(SelfTestFailure) { try SelfTests.run(breaking: nil) } catch {
            return .wrong("self-tests", "\(error.name) failed", next: "do not trust this machine with keys")
        }
        return .fine("self-tests", "\(SelfTests.names.count) passed")
    }

    private static func processor() -> Finding {
        let flags = Set(
            (text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
                ?? "")
                .split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init))
        guard flags.contains("aes") else {
            return .warning(
                "processor", "no AES instructions", next: "AES is slow and leaks by time here; prefer chacha20-poly1305"
            )
        }
        let others = ["avx2", "avx512vbmi", "vaes", "sha_ni", "asimd", "pmull"].filter(flags.contains)
        return .fine("processor", (["aes"] + others).joined(separator: " ") + "; base64 by \(Base64.level)")
    }

    private static func memoryLock() -> Finding {
        var limit = rlimit()
        // RLIMIT_MEMLOCK, which Glibc's module does not have. **Source** getrlimit(2).
        getrlimit(__rlimit_resource_t(8), &limit)
        let isRoot = geteuid() == 0
        if isRoot || limit.rlim_cur >= 64 << 20 {
            let text = limit.rlim_cur == .max ? "unlimited" : Shown.bytes(Double(limit.rlim_cur))
            return .fine("memory lock", isRoot ? "as root" : text)
        }
        return .warning(
            "memory lock", "only \(Shown.bytes(Double(limit.rlim_cur))) may be locked; secrets may reach swap",
            next: "LimitMEMLOCK=infinity in the unit, or ulimit -l unlimited")
    }

    private static func swap() -> Finding {
        let lines = text("/proc/swaps").split(separator: "\n").dropFirst()
        guard !lines.isEmpty else { return .fine("swap", "off") }
        return .warning("swap", "on", next: "encrypt it, or switch it off: swapoff -a")
    }

    private static func descriptors() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max < 4096 else { return .fine("file descriptors", "\(limit.rlim_max) at most") }
        return .warning(
            "file descriptors", "\(limit.rlim_max) at most, and each connection takes one",
            next: "LimitNOFILE=65536 in the unit")
    }

    private static func coreDumps() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        return .fine("core dumps", limit.rlim_cur == 0 ? "off" : "on here, the server switches them off for itself")
    }

    private static func randomness() -> Finding {
        var bytes = [UInt8](repeating: 0, count: 32)
        var fault: CryptoError?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(CryptoError) { try RandomSource.fill(buffer) } catch { fault = error }
        }
        if let fault {
            return .wrong("randomness", "none: \(fault)", next: "look at the system's random generator")
        }
        return .fine("randomness", "there is some")
    }

    private static func clock() -> Finding {
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        if year < 2024 {
            return .wrong("clock", "it is the year \(year)", next: "set the clock: leases and tokens live by it")
        }
        let signs = [
            "systemd-timesyncd": "/run/systemd/timesync/synchronized", "chrony": "/run/chrony/chronyd.pid",
            "ntpd": "/run/ntpd.pid", "openntpd": "/run/openntpd.pid",
        ]
        if let sign = signs.first(where: { access($0.value, F_OK) == 0 }) {
            return .fine("clock", "kept by \(sign.key)")
        }
        return .warning("clock", "nothing here keeps it", next: "run chrony or systemd-timesyncd, unless the host does")
    }

    private static func user() -> Finding {
        geteuid() == 0
            ? .warning("user", "root", next: "run the server as a user of its own")
            : .fine("user", NSUserName())
    }

    static func text(_ path: String) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? handle.close() }
        return String(decoding: (try? handle.read(upToCount: 1 << 20)) ?? Data(), as: UTF8.self)
    }
}
