import Foundation

/// A `storage-writer` process.
final class Child {
    private let process = Process()
    private let input = Pipe()
    private let output: URL

    /// Starts it on a directory; what it says is kept in a file beside the directory, whatever happens to it.
    init(_ directory: String, _ arguments: [String]) throws {
        output = URL(filePath: directory + ".\(UUID().uuidString).out")
        try Data().write(to: output)
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = tests.deletingLastPathComponent().appending(path: "storage-writer")
        process.arguments = [directory] + arguments
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: output)
    }

    var identifier: Int32 { process.processIdentifier }

    /// The lines that have been said to their end.
    var lines: [Substring] {
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// Waits until it has said so many lines or is gone; false when it takes longer than a minute.
    func waitForLines(_ count: Int) async throws -> Bool {
        for _ in 0..<60_000 {
            if lines.count >= count || !process.isRunning { return true }
            try await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Ends its input and waits for its end.
    func finish() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
