internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// How to reach the server.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address of the server: http://, https:// or unix:// (STRONGROOM_ADDR, VAULT_ADDR).", valueName: "url"))
    var address: String?

    @Option(help: ArgumentHelp("Namespace to work in.", valueName: "name"))
    var namespace: String?

    @Option(
        help: ArgumentHelp("PEM file of the authority that signed the server's certificate.", valueName: "file"),
        completion: .file())
    var caCert: String?

    @Option(help: ArgumentHelp("Folder of PEM files of authorities.", valueName: "folder"), completion: .directory)
    var caPath: String?

    @Option(help: ArgumentHelp("PEM file of the client's certificate.", valueName: "file"), completion: .file())
    var clientCert: String?

    @Option(help: ArgumentHelp("PEM file of the client's private key.", valueName: "file"), completion: .file())
    var clientKey: String?

    @Option(help: ArgumentHelp("Name to expect in the server's certificate.", valueName: "name"))
    var tlsServerName: String?

    @Flag(help: "Do not check the server's certificate.")
    var tlsSkipVerify = false

    @Option(
        help: ArgumentHelp("Wrap the answer in a token that lives that long, for instance 5m.", valueName: "duration"))
    var wrapTTL: String?

    /// The settings: environment first, then what was given here, then the token file.
    func settings(_ environment: [String: String]) throws(ClientFault) -> ClientSettings {
        var settings = try ClientSettings(environment: environment)
        if let address { settings.address = address }
        if let namespace { settings.namespace = namespace }
        if let caCert { settings.authorityFile = caCert }
        if let caPath { settings.authorityFolder = caPath }
        if let clientCert { settings.certificateFile = clientCert }
        if let clientKey { settings.keyFile = clientKey }
        if let tlsServerName { settings.serverName = tlsServerName }
        if tlsSkipVerify { settings.skipsVerification = true }
        if let wrapTTL { settings.wrapTTL = wrapTTL }
        if settings.token == nil { settings.token = TokenFile.read(environment) }
        return settings
    }
}

/// How answers are shown.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case yaml
    case raw
    case pretty
}

/// What to show, and how.
struct OutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to print: table, json, yaml or raw (STRONGROOM_FORMAT, VAULT_FORMAT).", valueName: "format"))
    var format: OutputFormat?

    @Option(help: ArgumentHelp("Print only the field of that name.", valueName: "name"))
    var field: String?

    @Flag(help: "Print the curl command of the request instead of sending it.")
    var outputCurlString = false

    @Flag(help: "Print the policy that allows the request instead of sending it.")
    var outputPolicy = false

    @Flag(help: "No colours (also NO_COLOR).")
    var noColor = false
}

/// The options that every command has which talks to a server.
struct SharedOptions: ParsableArguments {
    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions
}

/// A command that talks to a server.
protocol ClientCommand: AsyncParsableCommand {
    var shared: SharedOptions { get }
    /// The work.
    func run(_ session: Session) async throws
}

extension ClientCommand {
    func run() async throws {
        let session = try Session(shared)
        do {
            try await run(session)
        } catch {
            await session.client.shutdown()
            throw SessionFault(error, session)
        }
        await session.client.shutdown()
    }
}

/// An error, and the session in which it happened: for the report.
struct SessionFault: Error {
    let cause: any Error
    let console: Console
    let address: String
    let hasToken: Bool

    init(_ cause: any Error, _ session: Session) {
        self.cause = cause
        console = session.console
        address = session.client.address.text
        hasToken = session.client.settings.token?.isEmpty == false
    }
}
