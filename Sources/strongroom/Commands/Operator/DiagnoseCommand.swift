internal import ArgumentParser
internal import Foundation
internal import Settings
internal import StrongroomClient

/// `strongroom operator diagnose`.
struct OperatorDiagnoseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose", abstract: "Check this machine and a configuration, and say what is wrong.",
        discussion: "Ends with 0 when all is well, 1 when something is wrong, 2 when there are warnings only.")

    @Option(
        help: ArgumentHelp("Configuration file, or folder of them; may be given again.", valueName: "file"),
        completion: .file())
    var config: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let console = Console(terminal: Terminal())
        var findings = MachineChecks.all()
        if !config.isEmpty {
            let loaded = ServerSettings.load(
                paths: config, environment: ProcessInfo.processInfo.environment, flags: [:])
            findings += ConfigurationChecks.all(loaded)
        }
        if json {
            console.say(Finding.document(findings).pretty)
        } else {
            for finding in findings { finding.show(console) }
            let wrong = findings.filter { $0.level == .wrong }.count
            let warnings = findings.filter { $0.level == .warning }.count
            console.say("\n\(findings.count) checks, \(wrong) wrong, \(warnings) warnings")
        }
        if findings.contains(where: { $0.level == .wrong }) { throw ExitCode(1) }
        if findings.contains(where: { $0.level == .warning }) { throw ExitCode(2) }
    }
}
