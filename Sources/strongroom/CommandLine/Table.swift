/// Columns of text, each as wide as its widest cell.
struct Table {
    let headers: [String]
    var rows: [[String]] = []

    init(_ headers: String...) { self.headers = headers }

    init(_ headers: [String], _ rows: [[String]]) {
        self.headers = headers
        self.rows = rows
    }

    /// The table; on a terminal its head stands out, else it is plain. Further lines of a cell stand below its first.
    func text(_ console: Console) -> String {
        let cells = rows.map { row in
            row.map { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
        }
        var widths = headers.map(Self.width)
        for row in cells {
            for (column, lines) in row.enumerated() where column < widths.count {
                widths[column] = max(widths[column], lines.map(Self.width).max() ?? 0)
            }
        }
        let isFine = console.terminal.isInteractive
        var lines = [line(headers, widths) { console.styled($0, .bold) }]
        let rules = zip(headers, widths).map { header, width in
            isFine ? String(repeating: "─", count: width) : String(repeating: "-", count: header.count)
        }
        lines.append(line(rules, widths) { console.styled($0, .dim) })
        for row in cells {
            for number in 0..<(row.map(\.count).max() ?? 0) {
                lines.append(line(row.map { number < $0.count ? $0[number] : "" }, widths) { $0 })
            }
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int], _ style: (String) -> String) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            text += cell.isEmpty ? "" : style(cell)
            if column + 1 < cells.count {
                text += String(repeating: " ", count: max(widths[column] - Self.width(cell), 0) + 4)
            }
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    /// How many columns a text takes: wide for East Asian letters and emoji, none for combining marks.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { total, scalar in
            switch scalar.value {
            case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: total
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                total + 2
            default: total + 1
            }
        }
    }
}
