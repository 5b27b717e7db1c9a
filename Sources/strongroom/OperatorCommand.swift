internal import ArgumentParser

/// `strongroom operator`: what the operators of a server do.
struct OperatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Tasks of the operators of a server.",
        subcommands: [ValidateConfigCommand.self])
}
