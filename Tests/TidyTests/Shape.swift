/// How long files, functions and lines may be.
enum Shape {
    static let fileCeiling = 500
    static let functionCeiling = 60
    static let columnCeiling = 120

    /// Files over the ceiling that do not say `// tidy: table` or `// tidy: generated` in their first five lines.
    static func longFiles(in file: SourceFile) -> [Finding] {
        let count = file.text.count
        guard count > fileCeiling, !file.claims("table"), !file.claims("generated") else { return [] }
        return [file.finding(1, "\(count) lines, over the \(fileCeiling) a file may have: split it by idea")]
    }

    static func longLines(in file: SourceFile) -> [Finding] {
        guard !file.claims("generated") else { return [] }
        return zip(1..., file.text).compactMap { number, line in
            guard line.utf8.count > columnCeiling, line.count > columnCeiling else { return nil }
            return file.finding(number, "\(line.count) columns, over the \(columnCeiling) a line may have")
        }
    }

    static func longFunctions(in file: SourceFile) -> [Finding] {
        guard !file.claims("generated") else { return [] }
        return file.code.indices.compactMap { start in
            guard startsFunction(file.code[start]), let end = lastLine(ofFunctionAt: start, in: file.code) else {
                return nil
            }
            let count = end - start + 1
            guard count > functionCeiling else { return nil }
            return file.finding(start + 1, "a function of \(count) lines, over the \(functionCeiling) it may have")
        }
    }

    /// A line whose first words are modifiers and `func`, `init`, `deinit` or `subscript`.
    private static func startsFunction(_ line: Substring) -> Bool {
        guard line.contains("func ") || line.contains("init") || line.contains("subscript") else { return false }
        let declaration =
            #/^\s*(?:(?:@\w+(?:\([^)]*\))?|[a-z]+(?:\([a-z]+\))?)\s+)*(?:func\s|init[?(<]|deinit\b|subscript[(<])/#
        return line.firstMatch(of: declaration) != nil
    }

    /// The line of the brace that closes the body; nil for a requirement without a body.
    private static func lastLine(ofFunctionAt start: Int, in code: [Substring]) -> Int? {
        var parentheses = 0
        var braces = 0
        for number in start..<code.count {
            let line = code[number].trimmed
            // Outside its parameters, a signature is over at a blank line, a closing brace or the next declaration.
            if number > start, parentheses == 0, braces == 0 {
                if line.isEmpty || line.hasPrefix("}") || startsFunction(code[number]) { return nil }
            }
            for byte in line.utf8 {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{") where parentheses == 0 || braces > 0: braces += 1
                case UInt8(ascii: "}") where braces > 0:
                    braces -= 1
                    if braces == 0 { return number }
                default: break
                }
            }
        }
        return nil
    }
}
