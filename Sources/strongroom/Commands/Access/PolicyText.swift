/// Lays out the text of a policy: two spaces a level, one space around `=`, no blanks at line ends, one empty line.
/// Comments, strings and here-documents stay as they are.
struct PolicyText {
    private var lines: [String] = []
    private var depth = 0

    /// The text, laid out.
    static func formatted(_ text: String) -> String {
        var formatter = PolicyText()
        var document: String?
        var isComment = false
        for raw in text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(raw)
            if let end = document {
                formatter.lines.append(line)
                if String(line.drop(while: { $0 == " " || $0 == "\t" })) == end { document = nil }
                continue
            }
            if isComment {
                formatter.lines.append(line)
                isComment = !line.contains("*/")
                continue
            }
            document = hereDocument(line)
            isComment = line.drop { $0 == " " || $0 == "\t" }.hasPrefix("/*") && !line.contains("*/")
            formatter.add(line)
        }
        while formatter.lines.last?.isEmpty == true { formatter.lines.removeLast() }
        return formatter.lines.joined(separator: "\n") + "\n"
    }

    /// The word that ends the here-document that the line begins.
    private static func hereDocument(_ line: String) -> String? {
        guard let range = line.firstRange(of: "<<"), !line[..<range.lowerBound].contains("\"") else { return nil }
        let word = line[range.upperBound...].drop { $0 == "-" }
        return word.isEmpty ? nil : String(word)
    }

    private mutating func add(_ raw: String) {
        let tokens = Self.tokens(raw)
        guard !tokens.isEmpty else {
            if lines.last?.isEmpty == false { lines.append("") }
            return
        }
        let opens = tokens.reduce(0) { $0 + ("{[(".contains($1) && $1.count == 1 ? 1 : 0) }
        let closes = tokens.reduce(0) { $0 + ("}])".contains($1) && $1.count == 1 ? 1 : 0) }
        let leading = tokens.prefix { $0.count == 1 && "}])".contains($0) }.count
        let level = max(depth - leading, 0)
        if leading > 0, lines.last?.isEmpty == true { lines.removeLast() }
        lines.append(String(repeating: "  ", count: level) + Self.joined(tokens))
        depth = max(depth + opens - closes, 0)
    }

    /// Words, strings with their quotes, single marks, and a comment to the end of the line.
    private static func tokens(_ line: String) -> [String] {
        var tokens: [String] = []
        var rest = Substring(line)
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = rest.first else { return tokens }
            if first == "#" || rest.hasPrefix("//") || rest.hasPrefix("/*") {
                tokens.append(String(rest.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\r" }.reversed()))
                return tokens
            }
            if first == "\"" {
                var end = rest.index(after: rest.startIndex)
                while end < rest.endIndex, rest[end] != "\"" {
                    if rest[end] == "\\" {
                        end = rest.index(end, offsetBy: 1, limitedBy: rest.endIndex) ?? rest.endIndex
                    }
                    if end < rest.endIndex { end = rest.index(after: end) }
                }
                if end < rest.endIndex { end = rest.index(after: end) }
                tokens.append(String(rest[..<end]))
                rest = rest[end...]
            } else if "{}[](),=".contains(first) {
                tokens.append(String(first))
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { !" \t\r\"{}[](),=#".contains($0) }
                tokens.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
    }

    private static func joined(_ tokens: [String]) -> String {
        var text = ""
        for (at, token) in tokens.enumerated() {
            guard at > 0 else {
                text = token
                continue
            }
            let before = tokens[at - 1]
            let isTight =
                before == "[" || before == "(" || token == "]" || token == ")" || token == ","
                || before == "{" && token == "}"
            text += (isTight ? "" : " ") + token
        }
        return text
    }
}
