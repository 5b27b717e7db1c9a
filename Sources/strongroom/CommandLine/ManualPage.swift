/// A manual page in the `man` macros. **Source** man(7), groff_man(7).
struct ManualPage {
    let name: String
    let text: String

    /// One page for the whole, and one for each command, subcommands on the page of their group.
    static func all(of tree: CommandTree) -> [ManualPage] {
        let first = page(tree, [tree.commandName], isWhole: true)
        return [first] + tree.children.map { page($0, [tree.commandName, $0.commandName], isWhole: false) }
    }

    private static func page(_ tree: CommandTree, _ path: [String], isWhole: Bool) -> ManualPage {
        let title = path.joined(separator: "-")
        var lines = [
            ".TH \"\(escaped(title.uppercased()))\" 1 \"\" \"Strongroom \(Strongroom.release)\" \"Strongroom manual\"",
            ".SH NAME", "\(escaped(title)) \\- \(escaped(sentence(tree.abstract)))",
        ]
        lines += [".SH SYNOPSIS"] + synopsis(tree, path)
        lines += describe(tree, heading: ".SH DESCRIPTION")
        if isWhole {
            lines.append(".SH COMMANDS")
            for child in tree.children {
                lines += [
                    ".TP", ".BR \(escaped(path.joined(separator: "-") + "-" + child.commandName)) (1)",
                    escaped(child.abstract ?? ""),
                ]
            }
            lines += files
        } else {
            lines += options(tree, path)
            for child in tree.children { lines += section(child, path + [child.commandName]) }
            lines += [".SH \"SEE ALSO\"", ".BR strongroom (1)"]
        }
        return ManualPage(name: title + ".1", text: lines.joined(separator: "\n") + "\n")
    }

    private static func section(_ tree: CommandTree, _ path: [String]) -> [String] {
        var lines = [
            ".SH \"\(escaped(path.dropFirst().joined(separator: " ").uppercased()))\"", escaped(tree.abstract ?? ""),
        ]
        lines += [".PP"] + synopsis(tree, path) + describe(tree, heading: ".PP") + options(tree, path, level: ".SS")
        for child in tree.children { lines += section(child, path + [child.commandName]) }
        return lines
    }

    private static func synopsis(_ tree: CommandTree, _ path: [String]) -> [String] {
        let usage = HelpPage(tree: tree, path: path).usage
        let tail = usage.dropFirst(path.joined(separator: " ").count)
        return ["\\fB\(escaped(path.joined(separator: " ")))\\fR\(escaped(String(tail)))"]
    }

    private static func describe(_ tree: CommandTree, heading: String) -> [String] {
        guard let text = tree.discussion, !text.isEmpty else { return [] }
        var lines = [heading]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                lines.append(".PP")
            } else if line.hasPrefix("  ") {
                lines += [".nf", escaped(String(line)), ".fi"]
            } else {
                lines.append(escaped(String(line)))
            }
        }
        return lines
    }

    private static func options(_ tree: CommandTree, _ path: [String], level: String = ".SH") -> [String] {
        var lines: [String] = []
        for section in HelpPage(tree: tree, path: path).sections where section.title != "Commands" {
            lines.append("\(level) \"\(escaped(section.title.uppercased()))\"")
            for (name, about) in section.rows { lines += [".TP", "\\fB\(escaped(name))\\fR", escaped(about)] }
        }
        return lines
    }

    private static let files = [
        ".SH FILES", ".TP", "\\fI~/.strongroom\\-token\\fR", "The token of the last login, readable by its owner only.",
        ".TP", "\\fI~/.vault\\-token\\fR", "Read where there is no ~/.strongroom\\-token.",
        ".SH ENVIRONMENT", ".TP", "\\fBSTRONGROOM_ADDR\\fR",
        "Address of the server. Each of these variables may also begin with VAULT_.",
        ".TP", "\\fBSTRONGROOM_TOKEN\\fR", "The token; it wins over the token that is kept.",
        ".TP", "\\fBSTRONGROOM_NAMESPACE, STRONGROOM_WRAP_TTL, STRONGROOM_FORMAT\\fR", "As the options of those names.",
        ".TP", "\\fBSTRONGROOM_CACERT, STRONGROOM_CAPATH, STRONGROOM_CLIENT_CERT, STRONGROOM_CLIENT_KEY\\fR",
        "Files for TLS.",
        ".TP", "\\fBSTRONGROOM_TLS_SERVER_NAME, STRONGROOM_SKIP_VERIFY\\fR",
        "What to expect of the server's certificate.",
        ".TP", "\\fBSTRONGROOM_CLIENT_TIMEOUT, STRONGROOM_MAX_RETRIES\\fR",
        "How long to wait, and how often to ask again.",
        ".TP", "\\fBNO_COLOR\\fR", "No colours.",
        ".SH \"EXIT STATUS\"",
        "0 for success, 1 for a mistake on this side, 2 when the server refused or did not answer.",
    ]

    private static func sentence(_ text: String?) -> String {
        let text = text ?? ""
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// Text that the formatter takes for text.
    private static func escaped(_ text: String) -> String {
        var result = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
        if result.hasPrefix(".") || result.hasPrefix("'") { result = "\\&" + result }
        return result
    }
}
