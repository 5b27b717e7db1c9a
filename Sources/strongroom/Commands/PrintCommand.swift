internal import ArgumentParser
internal import StrongroomClient

/// `strongroom print`: what the command line would use.
struct PrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Print what the command line uses.", subcommands: [PrintTokenCommand.self])
}

/// `strongroom print token`.
struct PrintTokenCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print the token that commands use.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard let token = session.client.settings.token, !token.isEmpty else {
            throw CommandFault.local("no token is set or kept", next: "log in: strongroom login")
        }
        session.console.say(token)
    }
}
