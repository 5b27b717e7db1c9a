internal import Foundation

/// Reads what the kernel knows about another process.
struct ProcessMeter {
    let pid: Int32

    /// Processor time of all threads that the process has or had, user and system, in seconds.
    var processorSeconds: Double {
        var (clock, time) = (clockid_t(), timespec())
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory.
    var memory: Resident {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        func megabytes(_ name: String) -> Double {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
            let words = line.split { $0 == " " || $0 == "\t" }
            return (words.dropFirst().first.flatMap { Double($0) } ?? .nan) / 1024
        }
        return Resident(
            megabytes: megabytes("VmRSS"), anonymous: megabytes("RssAnon"), file: megabytes("RssFile"))
    }
}

/// Resident memory in MiB: all, the part of its own, and the part that mirrors files.
struct Resident: Codable {
    let megabytes: Double
    let anonymous: Double
    let file: Double
}
