internal import ArgumentParser
internal import Foundation
internal import Settings

/// `strongroom operator validate-config`: what a server would make of a configuration, without starting one.
struct ValidateConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate-config", abstract: "Check a configuration, and show what is understood of it.",
        discussion: "Ends with status 0 when a server would start with it, and with 1 when it would not.")

    @Option(
        name: [.customLong("config", withSingleDash: true), .customLong("config")],
        help: "Configuration file, or folder of them; may be given again.")
    var config: [String] = []

    @Argument(help: "The same, without -config.")
    var paths: [String] = []

    func run() throws {
        let loaded = ServerSettings.load(
            paths: config + paths, environment: ProcessInfo.processInfo.environment, flags: [:])
        print(loaded.report, terminator: "")
        if !loaded.isValid { throw ExitCode.failure }
    }
}
