/// A Swift file as the checks see it: its lines as written, and the same lines with comments and literals blanked.
struct SourceFile {
    /// Relative to the repository's root, such as `Sources/Bytes/Hex.swift`.
    let path: String
    let text: [Substring]
    /// As `text`, line for line; inside comments, string and regex literals there are only spaces.
    let code: [Substring]
    /// Numbers, from 1, of the lines that hold a comment or a part of one.
    let commented: Set<Int>

    init(path: String, _ text: String) {
        var masker = Masker(text)
        masker.run()
        self.path = path
        self.text = Self.lines(of: text)
        self.code = Self.lines(of: masker.masked)
        self.commented = masker.commented
    }

    /// `Bytes` for `Sources/Bytes/Hex.swift`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// The file's own claim, in its first five lines, to be a table or generated.
    func claims(_ kind: String) -> Bool {
        text.prefix(5).contains { $0.trimmed.hasPrefix("// tidy: \(kind)") }
    }

    func finding(_ line: Int, _ what: String) -> Finding { Finding(path: path, line: line, what: what) }

    /// A finding for each line of code that `match` gives a reason against.
    func findings(where match: (Substring) -> String?) -> [Finding] {
        zip(1..., code).compactMap { number, line in match(line).map { finding(number, $0) } }
    }

    /// How many braces are open at the start of each line.
    func depths() -> [Int] {
        var depth = 0
        return code.map { line in
            defer {
                for byte in line.utf8 { depth += byte == UInt8(ascii: "{") ? 1 : byte == UInt8(ascii: "}") ? -1 : 0 }
            }
            return depth
        }
    }

    private static func lines(of text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension Substring {
    /// Without spaces and tabs at either end.
    var trimmed: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}
