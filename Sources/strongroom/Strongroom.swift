internal import ArgumentParser

/// `strongroom`: server and command line in one binary.
@main
struct Strongroom: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "Encryption as a service: applications send plaintext and get ciphertext, and never hold a key.",
        subcommands: [ServerCommand.self, VersionCommand.self])

    /// The release.
    static let version = "0.1.0"
}

/// `strongroom version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("Strongroom \(Strongroom.version) (speaks the Vault HTTP API, compatibility level 1.18.0)")
    }
}
