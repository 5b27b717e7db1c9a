internal import Foundation

/// What went wrong outside of this program.
enum LoadFault: Error, CustomStringConvertible {
    case missing([String])
    case notInstalled
    case noAnnouncement(String)
    case failed(String, String)
    case badStatus(String)
    case unanswered(String)

    var description: String {
        switch self {
        case .missing(let names):
            """
            missing beside load-report: \(names.joined(separator: ", ")). Build everything first, with the same flags:
                swift build -c release
            """
        case .notInstalled: "wrk and openssl are needed: apt-get install wrk openssl"
        case .noAnnouncement(let name): "\(name) ended without saying where it listens"
        case .failed(let command, let output): "\(command) failed:\n\(output)"
        case .badStatus(let what): "\(what) was answered with an error"
        case .unanswered(let what): "\(what) was not answered"
        }
    }
}

/// A program that this one started, and the only ones that it ends.
final class Child {
    /// The process.
    let pid: Int32
    private let process = Process()
    private let output: Pipe?

    /// Starts `path`. Output goes to `/dev/null` unless it is wanted.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], keepsOutput: Bool = true) throws {
        output = keepsOutput ? Pipe() : nil
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = output == nil ? FileHandle.nullDevice : FileHandle.standardError
        try process.run()
        pid = process.processIdentifier
    }

    /// Reads standard output until a line begins with `prefix` and returns the rest of that line.
    func line(after prefix: String) throws -> String {
        var text = ""
        while let data = output?.fileHandleForReading.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
            let complete = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            let lines = complete.map { $0.trimmingCharacters(in: .whitespaces) }
            if let found = lines.first(where: { $0.hasPrefix(prefix) }) { return String(found.dropFirst(prefix.count)) }
        }
        throw LoadFault.noAnnouncement(process.executableURL?.lastPathComponent ?? "the program")
    }

    /// Asks the process to end and waits; insists after five seconds.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let end = ContinuousClock.now + .seconds(5)
        while process.isRunning, ContinuousClock.now < end { usleep(2000) }
        if process.isRunning { kill(pid, SIGKILL) }
        process.waitUntilExit()
    }

    deinit { stop() }

    /// Runs a program to its end and returns what it printed on standard output.
    static func run(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw LoadFault.failed(([path] + arguments).joined(separator: " "), text)
        }
        return text
    }
}

/// The programs that take part.
struct Programs {
    let strongroom: String
    let echo: String
    let loop: String
    let comparison: String
    let wrk: String
    let openssl: String

    /// Those of this package lie beside this executable; the others are Debian's.
    init() throws {
        let here = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let beside = ["strongroom", "echo-server", "library-loop", "signature-comparison"].map {
            here.appending(path: $0).path
        }
        let installed = ["/usr/bin/wrk", "/usr/bin/openssl"]
        let isThere = FileManager.default.isExecutableFile(atPath:)
        let absent = beside.filter { !isThere($0) }.map { URL(filePath: $0).lastPathComponent }
        guard absent.isEmpty else { throw LoadFault.missing(absent) }
        guard installed.allSatisfy(isThere) else { throw LoadFault.notInstalled }
        (strongroom, echo, loop, comparison) = (beside[0], beside[1], beside[2], beside[3])
        (wrk, openssl) = (installed[0], installed[1])
    }
}
