internal import Bytes
internal import Foundation
internal import Logging
internal import Settings
internal import Synchronization

/// When a log file is changed for a new one, and how many old ones are kept.
struct LogRotation {
    var bytes: Int?
    var seconds: Int?
    /// All when nil.
    var files: Int?

    /// As the settings say.
    init(_ settings: ServerSettings) {
        (bytes, seconds, files) = (settings.logRotateBytes, settings.logRotateSeconds, settings.logRotateFiles)
    }
}

/// Where log lines go: standard error, or a file that is opened anew when asked to, and changed by size and age.
///
/// **Concurrency** one lock per line, and one write. Lines are written whole or not at all; the level is an atomic.
final class LogSink: Sendable {
    private struct Target {
        var file: Int32
        var size = 0
        var began = time(nil)
    }

    private let path: String?
    private let rotation: LogRotation
    private let target: Mutex<Target>
    private let levelNumber = Atomic<Int>(Logger.Level.info.number)

    /// Standard error, or the file at `path`, made with 0600 when it is missing.
    init(path: String?, rotation: LogRotation) throws {
        self.path = path
        self.rotation = rotation
        target = Mutex(try Self.open(path))
    }

    /// From which level on lines are written; may change at any time.
    var level: Logger.Level {
        get { Logger.Level(number: levelNumber.load(ordering: .relaxed)) }
        set { levelNumber.store(newValue.number, ordering: .relaxed) }
    }

    private static func open(_ path: String?) throws -> Target {
        guard let path else { return Target(file: STDERR_FILENO) }
        let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StartFault.logFile(path, String(cString: strerror(errno))) }
        var status = stat()
        fstat(file, &status)
        return Target(file: file, size: Int(status.st_size))
    }

    /// After the file was moved away: goes on in a new one. The old one is kept when that fails.
    func reopen() { target.withLock { reopen(&$0) } }

    private func reopen(_ target: inout Target) {
        guard let path, let fresh = try? Self.open(path) else { return }
        close(target.file)
        target = fresh
    }

    private func isDue(_ target: Target, _ more: Int) -> Bool {
        guard path != nil, target.size > 0 else { return false }
        if let bytes = rotation.bytes, target.size + more > bytes { return true }
        return rotation.seconds.map { time(nil) - target.began >= $0 } ?? false
    }

    /// Moves the file to a name with the time in it, removes the oldest ones, and goes on in a new one.
    private func rotate(_ target: inout Target) {
        guard let path else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let digits = String(now.tv_nsec)
        let stamp = "\(now.tv_sec)" + String(repeating: "0", count: 9 - digits.count) + digits
        guard rename(path, path + "." + stamp) == 0 else { return }
        reopen(&target)
        guard let most = rotation.files else { return }
        let (folder, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        let old = all.filter { $0.hasPrefix(name + ".") && $0.dropFirst(name.count + 1).allSatisfy(\.isNumber) }
            .sorted()
        for file in old.dropLast(most) { unlink((folder as NSString).appendingPathComponent(file)) }
    }

    /// What a pipe is sure to take at once when it says that it takes something.
    private static let longestLine = 4096

    func write(_ line: String) {
        var line = line
        if line.utf8.count > Self.longestLine {
            line = String(decoding: Array(line.utf8).prefix(Self.longestLine - 1), as: UTF8.self) + "\n"
        }
        line.withUTF8 { bytes in
            target.withLock { target in
                if isDue(target, bytes.count) { rotate(&target) }
                // A full disk and a pipe that nobody reads lose log lines; they must not stop the server.
                var wish = pollfd(fd: target.file, events: Int16(POLLOUT), revents: 0)
                guard poll(&wish, 1, 0) == 1, wish.revents & Int16(POLLOUT) != 0 else { return }
                target.size += max(Glibc.write(target.file, bytes.baseAddress, bytes.count), 0)
            }
        }
    }
}

/// One line per event, in text or in JSON, as the field's servers write them.
struct LineLogHandler: LogHandler {
    let label: String
    let sink: LogSink
    let isJSON: Bool
    /// A level of this logger's own, above that of the log.
    private var own: Logger.Level?
    var metadata: Logger.Metadata = [:]

    init(label: String, sink: LogSink, isJSON: Bool) {
        (self.label, self.sink, self.isJSON) = (label, sink, isJSON)
    }

    var logLevel: Logger.Level {
        get { max(own ?? .trace, sink.level) }
        set { own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let given = event.metadata { all.merge(given) { _, new in new } }
        let fields = all.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        sink.write(isJSON ? json(event, fields) : text(event, fields))
    }

    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var writer = ByteWriter(capacity: 32)
        // Milliseconds are enough for people, and lines stay of one width.
        _ = TimestampText.append(seconds: time.tv_sec, nanoseconds: 0, to: &writer)
        let whole = writer.view.string.dropLast()
        let milliseconds = time.tv_nsec / 1_000_000
        return "\(whole)." + String(repeating: "0", count: 3 - String(milliseconds).count) + "\(milliseconds)Z"
    }

    private func text(_ event: LogEvent, _ fields: [(String, String)]) -> String {
        let level = "[\(Self.name(event.level).uppercased())]"
        var line = "\(Self.now()) \(level.padding(toLength: 7, withPad: " ", startingAt: 0)) \(label): \(event.message)"
        for (index, (name, value)) in fields.enumerated() {
            let isPlain = !value.isEmpty && value.allSatisfy { $0.isLetter || $0.isNumber || "._-:/[]".contains($0) }
            line += (index == 0 ? ": " : " ") + name + "=" + (isPlain ? value : JSON.string(value).text)
        }
        // A line is a line, whatever the message holds.
        return line.replacingOccurrences(of: "\n", with: " ") + "\n"
    }

    private func json(_ event: LogEvent, _ fields: [(String, String)]) -> String {
        var members: [String: JSON] = [
            "@level": .string(Self.name(event.level)), "@message": .string("\(event.message)"),
            "@module": .string(label), "@timestamp": .string(Self.now()),
        ]
        for (name, value) in fields { members[name] = .string(value) }
        return JSON.object(members).text + "\n"
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "trace"
        case .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warn"
        case .error, .critical: "error"
        }
    }
}

extension ServerSettings.LogLevel {
    /// The level as the logging library has it.
    var level: Logger.Level {
        switch rawValue {
        case "trace": .trace
        case "debug": .debug
        case "warn": .warning
        case "error": .error
        default: .info
        }
    }
}

extension Logger.Level {
    /// Its place among all levels.
    fileprivate var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    fileprivate init(number: Int) { self = Self.allCases[number] }
}
