internal import ArgumentParser
internal import Foundation
internal import Settings

/// Runs the command line: reads the words, runs the command, tells what went wrong, and gives the status.
enum Launcher {
    static func run(_ words: [String]) async -> Int32 {
        let console = Console(terminal: Terminal(noColour: words.contains("-no-color") || words.contains("--no-color")))
        if let first = words.first, ["-version", "--version", "-v"].contains(first) {
            console.say(Strongroom.versionLine)
            return 0
        }
        if let unknown = UnknownCommand.find(in: words) {
            report(unknown, console)
            return 1
        }
        var tree: CommandTree?
        let arguments = ArgumentNormalizer.normalized(words) { name in
            if tree == nil { tree = CommandTree.load(at: words)?.tree }
            return tree?.flag(name)
        }
        if let page = HelpPage.wanted(arguments) {
            page.show(console)
            return 0
        }
        do {
            var command = try await Strongroom.asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error, arguments, console)
        }
    }

    private static func report(_ unknown: UnknownCommand, _ console: Console) {
        let group = unknown.group.joined(separator: " ")
        console.note(
            console.styledError("Error:", .boldRed)
                + " there is no command \"\(group) \(Shown.harmless(unknown.word))\".")
        // Short words are near to many; the beginning of a command is a good guess too.
        let near =
            Suggestion.nearest(to: unknown.word, among: unknown.known)
            ?? unknown.known.first { $0.hasPrefix(unknown.word) }
        if let near { CommandFault.advise("did you mean: \(group) \(near)", console) }
        CommandFault.advise("all commands: \(group) -help", console)
    }

    private static func report(_ error: any Error, _ arguments: [String], _ console: Console) -> Int32 {
        switch error {
        case let fault as SessionFault:
            return report(fault.cause, fault.console, fault.address, arguments, hasToken: fault.hasToken)
        default:
            return report(error, console, "", arguments)
        }
    }

    private static func report(
        _ error: any Error, _ console: Console, _ address: String, _ arguments: [String], hasToken: Bool = true
    ) -> Int32 {
        if let fault = error as? CommandFault {
            fault.report(console, address: address, hasToken: hasToken)
            return fault.status
        }
        if let code = error as? ExitCode { return code.rawValue }
        if error is CancellationError { return 130 }
        let status = Strongroom.exitCode(for: error)
        let text = Strongroom.message(for: error)
        if status == .success {
            console.say(Strongroom.fullMessage(for: error))
            return 0
        }
        console.note(console.styledError("Error:", .boldRed) + " " + text)
        if status == .validationFailure {
            let words = arguments.prefix { !$0.hasPrefix("-") }
            let path = ["strongroom"] + UnknownCommand.walk(Array(words)).path
            CommandFault.advise("how it is used: \(path.joined(separator: " ")) -help", console)
        }
        return 1
    }
}
