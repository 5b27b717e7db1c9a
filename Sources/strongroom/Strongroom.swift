internal import ArgumentParser
internal import Foundation

/// `strongroom`: server and command line in one binary.
@main
struct Strongroom: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "Encryption as a service: applications send plaintext and get ciphertext, and never hold a key.",
        subcommands: [
            // The server's own.
            ServerCommand.self,
            // Every day.
            LoginCommand.self, ReadCommand.self, WriteCommand.self, ListCommand.self, DeleteCommand.self,
            PatchCommand.self, KVCommand.self, UnwrapCommand.self, TransitCommand.self,
            // Running it.
            StatusCommand.self, SecretsCommand.self, AuthCommand.self, PolicyCommand.self, TokenCommand.self,
            LeaseCommand.self, AuditCommand.self, OperatorCommand.self, PathHelpCommand.self, BenchCommand.self,
            // About itself.
            PrintCommand.self, CompletionCommand.self, GenerateManCommand.self, VersionCommand.self,
        ])

    /// The release.
    static let release = "0.1.0"
    /// The level of the Vault HTTP API that is served.
    static let compatibility = "1.18.0"
    /// Compatibility: test-beds read the second word of the first line as the version of the API.
    static let versionLine = "Strongroom v\(compatibility) (API level), release \(release)"

    static func main() async {
        let status = await Launcher.run(Array(CommandLine.arguments.dropFirst()))
        fflush(nil)
        Foundation.exit(status)
    }

    func run() async throws {
        print(Self.helpMessage())
    }
}

/// `strongroom version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print(Strongroom.versionLine)
    }
}
