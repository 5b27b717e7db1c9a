internal import Bytes
internal import Foundation
internal import Logging
internal import Settings
internal import Synchronization

/// Where log lines go: standard error, or a file that is opened anew when asked to.
///
/// **Concurrency** one lock per line, and one write. Lines are written whole or not at all.
final class LogSink: Sendable {
    private let path: String?
    private let file: Mutex<Int32>

    /// Standard error, or the file at `path`, made with 0600 when it is missing.
    init(path: String?) throws {
        self.path = path
        file = Mutex(try Self.open(path))
    }

    private static func open(_ path: String?) throws -> Int32 {
        guard let path else { return STDERR_FILENO }
        let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StartFault.logFile(path, String(cString: strerror(errno))) }
        return file
    }

    /// After the file was moved away: goes on in a new one. The old one is kept when that fails.
    func reopen() {
        guard let path, let fresh = try? Self.open(path) else { return }
        file.withLock { file in
            close(file)
            file = fresh
        }
    }

    /// What a pipe is sure to take at once when it says that it takes something.
    private static let longestLine = 4096

    func write(_ line: String) {
        var line = line
        if line.utf8.count > Self.longestLine {
            line = String(decoding: Array(line.utf8).prefix(Self.longestLine - 1), as: UTF8.self) + "\n"
        }
        line.withUTF8 { bytes in
            file.withLock { file in
                // A full disk and a pipe that nobody reads lose log lines; they must not stop the server.
                var wish = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                guard poll(&wish, 1, 0) == 1, wish.revents & Int16(POLLOUT) != 0 else { return }
                _ = Glibc.write(file, bytes.baseAddress, bytes.count)
            }
        }
    }
}

/// One line per event, in text or in JSON, as the field's servers write them.
struct LineLogHandler: LogHandler {
    let label: String
    let sink: LogSink
    let isJSON: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

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
