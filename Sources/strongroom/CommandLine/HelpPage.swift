/// The help of one command, made of the tree of commands.
struct HelpPage {
    let tree: CommandTree
    let path: [String]

    /// The page that the words ask for: `-help`, `-h`, `help COMMAND`, or a group of commands without a command.
    static func wanted(_ arguments: [String]) -> HelpPage? {
        let words = arguments.prefix { $0 != "--" }
        let isAsked = words.contains("--help") || words.contains("-h") || words.first == "help"
        // Reading the tree takes time, which only help is worth.
        guard isAsked || UnknownCommand.isGroup(Array(words)) else { return nil }
        let names = words.first == "help" ? words.dropFirst() : words
        guard let (tree, path) = CommandTree.load(at: Array(names)) else { return nil }
        return HelpPage(tree: tree, path: path)
    }

    func show(_ console: Console) { console.say(text(console)) }

    /// The page as text.
    func text(_ console: Console) -> String {
        let width = min(max(console.terminal.isInteractive ? console.terminal.width : 80, 60), 110)
        var lines: [String] = []
        if path.count == 1 {
            lines += [console.styled("Strongroom", .bold) + " \(Strongroom.release), encryption as a service", ""]
        } else if let abstract = tree.abstract, !abstract.isEmpty {
            lines += Self.wrapped(abstract, width) + [""]
        }
        lines.append(console.styled("Usage:", .bold) + " " + usage)
        if let discussion = tree.discussion, !discussion.isEmpty {
            lines += [""]
            for paragraph in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
                lines +=
                    paragraph.hasPrefix("  ")
                    ? [console.styled(String(paragraph), .cyan)]
                    : paragraph.isEmpty ? [""] : Self.wrapped(String(paragraph), width)
            }
        }
        for section in sections {
            lines += ["", console.styled(section.title + ":", .bold)] + list(section.rows, width, console)
        }
        if !tree.children.isEmpty {
            lines += ["", "More about a command: " + path.joined(separator: " ") + " COMMAND -help"]
        }
        return lines.joined(separator: "\n")
    }

    /// The line that shows how the command is called.
    var usage: String {
        var words = path
        if !tree.children.isEmpty { words.append("COMMAND") }
        let shown = (tree.arguments ?? []).filter(\.shouldDisplay)
        if tree.children.isEmpty, shown.contains(where: { $0.kind != "positional" }) { words.append("[options]") }
        for argument in shown where argument.kind == "positional" {
            let name = (argument.valueName ?? "value").uppercased() + (argument.isRepeating ? "..." : "")
            words.append(argument.isOptional ? "[\(name)]" : name)
        }
        return words.joined(separator: " ")
    }

    struct Section {
        let title: String
        let rows: [(String, String)]
    }

    /// Commands, words, options, in that order; shared options last.
    var sections: [Section] {
        var sections: [Section] = []
        if !tree.children.isEmpty {
            sections += CommandGroups.sections(tree.children, isRoot: path.count == 1)
        }
        let shown = (tree.arguments ?? []).filter {
            $0.shouldDisplay && $0.longNames != ["help"] && $0.longNames != ["version"]
        }
        let words = shown.filter { $0.kind == "positional" && $0.abstract?.isEmpty == false }
        if !words.isEmpty {
            sections.append(
                Section(title: "Arguments", rows: words.map { (($0.valueName ?? "").uppercased(), $0.abstract ?? "") }))
        }
        var titles: [String] = []
        for argument in shown where argument.kind != "positional" {
            let title = argument.sectionTitle ?? "Options"
            if !titles.contains(title) { titles.append(title) }
        }
        let last = ["Output", "Connection"]
        for title in titles.filter({ !last.contains($0) }) + last.filter({ titles.contains($0) }) {
            let rows = shown.filter { $0.kind != "positional" && ($0.sectionTitle ?? "Options") == title }
            sections.append(Section(title: title, rows: rows.map { (Self.label($0), Self.about($0)) }))
        }
        return sections
    }

    /// `-field VALUE`, `-force`.
    static func label(_ argument: CommandTree.Argument) -> String {
        let names = argument.longNames.filter { !$0.hasPrefix("no-") || argument.longNames.count == 1 }
        let flag = (names.isEmpty ? argument.names?.map(\.name) ?? [] : names).map { "-" + $0 }.joined(separator: ", ")
        return argument.kind == "flag" ? flag : flag + " " + (argument.valueName ?? "value").uppercased()
    }

    static func about(_ argument: CommandTree.Argument) -> String {
        var text = argument.abstract ?? ""
        if argument.kind == "option", let value = argument.defaultValue, !value.isEmpty {
            text += " Default: \(value)."
        }
        return text
    }

    private func list(_ rows: [(String, String)], _ width: Int, _ console: Console) -> [String] {
        let column = min(rows.map { $0.0.count }.max() ?? 0, 26)
        var lines: [String] = []
        for (name, about) in rows {
            let texts = Self.wrapped(about, width - column - 4)
            let gap = String(repeating: " ", count: max(column - name.count, 0) + 2)
            if name.count > column {
                lines.append("  " + console.styled(name, .cyan))
                lines += texts.filter { !$0.isEmpty }.map { String(repeating: " ", count: column + 4) + $0 }
            } else {
                lines.append(
                    "  " + console.styled(name, .cyan) + (texts.first.map { $0.isEmpty ? "" : gap + $0 } ?? ""))
                lines += texts.dropFirst().map { String(repeating: " ", count: column + 4) + $0 }
            }
        }
        return lines
    }

    /// The text in lines of at most so many characters.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty && line.count + word.count + 1 > max(width, 20) {
                lines.append(line)
                line = String(word)
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return lines + [line]
    }
}

/// How the commands of the first level are grouped.
enum CommandGroups {
    private static let everyday = ["login", "read", "write", "list", "delete", "patch", "kv", "unwrap", "transit"]

    static func sections(_ commands: [CommandTree], isRoot: Bool) -> [HelpPage.Section] {
        let row = { (command: CommandTree) in (command.commandName, command.abstract ?? "") }
        guard isRoot else { return [.init(title: "Commands", rows: commands.map(row))] }
        let first = everyday.compactMap { name in commands.first { $0.commandName == name } }
        let rest = commands.filter { !everyday.contains($0.commandName) }
        return [.init(title: "Every day", rows: first.map(row)), .init(title: "Running it", rows: rest.map(row))]
    }
}
