internal import ArgumentParser
internal import Foundation

/// The commands as data: what help, man pages and the checks of flags are made of.
struct CommandTree: Decodable {
    struct Name: Decodable {
        let kind: String
        let name: String
    }

    /// One option, flag or word of a command.
    struct Argument: Decodable {
        let kind: String
        let shouldDisplay: Bool
        let sectionTitle: String?
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?

        /// The long names, for instance `field`.
        var longNames: [String] { (names ?? []).filter { $0.kind == "long" }.map(\.name) }
    }

    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool?
    let subcommands: [CommandTree]?
    let arguments: [Argument]?

    private struct Whole: Decodable { let command: CommandTree }

    /// The whole tree.
    static func load() -> CommandTree? { load(Strongroom.self) }

    /// The command that the words lead to, with what is below it, and the words that led there: quicker than the whole.
    static func load(at words: [String]) -> (tree: CommandTree, path: [String])? {
        let (type, path) = UnknownCommand.walk(words)
        return load(type).map { ($0, ["strongroom"] + path) }
    }

    private static func load(_ type: any ParsableCommand.Type) -> CommandTree? {
        try? JSONDecoder().decode(Whole.self, from: Data(type._dumpHelp().utf8)).command
    }

    /// Its subcommands without the parser's own.
    var children: [CommandTree] {
        (subcommands ?? []).filter { $0.abstract != "Show subcommand help information." && $0.shouldDisplay != false }
    }

    /// Whether there is a flag of that long name in the command, and of what kind.
    func flag(_ name: String) -> ArgumentNormalizer.FlagKind? {
        let flags = (arguments ?? []).filter { $0.kind == "flag" }
        guard flags.contains(where: { $0.longNames.contains(name) }) else { return nil }
        return flags.contains { $0.longNames.contains("no-" + name) } ? .invertible : .simple
    }
}

/// The first word that is no command, where one must stand.
struct UnknownCommand: Error {
    let group: [String]
    let word: String
    let known: [String]

    /// Walks the words down the tree; nil when they lead to a command.
    static func find(in words: [String]) -> UnknownCommand? {
        var type: any ParsableCommand.Type = Strongroom.self
        var path = ["strongroom"]
        for word in words {
            let known = type.configuration.subcommands
            if known.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
            var next: (any ParsableCommand.Type)?
            for candidate in known where name(of: candidate) == word { next = candidate }
            guard let next else {
                let names = known.filter { $0.configuration.shouldDisplay }.map { name(of: $0) }
                return UnknownCommand(group: path, word: word, known: names)
            }
            type = next
            path.append(word)
        }
        return nil
    }

    /// The command that the words lead to, and the words that led there.
    static func walk(_ words: [String]) -> (type: any ParsableCommand.Type, path: [String]) {
        var type: any ParsableCommand.Type = Strongroom.self
        var path: [String] = []
        for word in words {
            var next: (any ParsableCommand.Type)?
            for candidate in type.configuration.subcommands where name(of: candidate) == word { next = candidate }
            guard let next else { break }
            type = next
            path.append(word)
        }
        return (type, path)
    }

    /// Whether the words lead to a group of commands, and end there.
    static func isGroup(_ words: [String]) -> Bool {
        let (type, path) = walk(words)
        return path.count == words.count && !type.configuration.subcommands.isEmpty
    }

    static func name(of type: any ParsableCommand.Type) -> String {
        type.configuration.commandName ?? String(describing: type).lowercased()
    }
}
