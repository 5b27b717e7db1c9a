internal import ArgumentParser
internal import Auditing
internal import Foundation

/// `strongroom audit verify`: reads files, asks no server.
struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the hash chain of audit files, and tell the first break.",
        discussion: """
            Give the files of a device with hash_chain=true in the order in which they were written. Ends with status
            0 when every link fits, with 1 at the first break. That nothing is missing at the end shows by the head:
            compare it with chain_head in sys/audit, or with a head that was kept elsewhere, by -head.
            """)

    @Argument(help: "Audit files, the oldest first.")
    var files: [String]

    @Option(help: ArgumentHelp("The head that the last line must lead to.", valueName: "hex"))
    var head: String?

    func run() throws {
        var verifier = ChainVerifier()
        for file in files where !verifier.read(file) {
            FileHandle.standardError.write(Data("\(file) cannot be read\n".utf8))
            throw ExitCode(2)
        }
        let report = verifier.finish()
        if let broken = report.firstBreak {
            print("BROKEN  \(broken.file), line \(broken.line): \(broken.reason.rawValue)")
            print("        \(report.chained) lines before it are in order")
            throw ExitCode.failure
        }
        guard report.chained > 0 else {
            print("BROKEN  there is no chain: no line carries a link")
            throw ExitCode.failure
        }
        if let head, head.lowercased() != report.head {
            print("BROKEN  lines are missing at the end: the head is \(report.head)")
            throw ExitCode.failure
        }
        print("OK      \(report.chained) lines are in order")
        if report.unchained > 0 { print("        \(report.unchained) lines are from before the chain") }
        if report.torn > 0 { print("        \(report.torn) interrupted writes") }
        print("        head \(report.head)")
    }
}
