internal import Foundation

extension Double {
    /// With so many places after the point; a dash for what was not measured.
    func text(_ places: Int) -> String { isFinite ? String(format: "%.\(places)f", self) : "-" }

    /// Thousands and millions shortened.
    var short: String {
        switch self {
        case 1e9...: (self / 1e9).text(2) + " G"
        case 1e6...: (self / 1e6).text(2) + " M"
        case 10_000...: (self / 1e3).text(1) + " k"
        default: text(0)
        }
    }
}

/// Columns of text; the first goes left, the others right.
struct Table {
    private var lines: [[String]]

    init(_ head: String...) { lines = [head] }

    /// Adds a line.
    mutating func add(_ cells: String...) { lines.append(cells) }

    /// The table with a rule under its head.
    var text: String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var drawn = lines.map { cells in
            zip(cells, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
        drawn.insert(String(repeating: "-", count: drawn[0].count), at: 1)
        return drawn.joined(separator: "\n")
    }
}

extension Report {
    /// The tables as printed.
    var tables: String {
        [
            "Strongroom load report: \(cores) cores, SIMD \(simd), \(opensslVersion)", singleTable, batchTable,
            simdRows.isEmpty ? nil : simdTable, signatureTable, signatureLibraries, stepTable, figures,
        ].compactMap(\.self).joined(separator: "\n\n")
    }

    private var singleTable: String {
        var table = Table("single requests", "req/s", "p99 ms", "CPU us/req", "x echo")
        for row in rows where row.items == 1 {
            let ratio = row.ratioToEcho?.text(2) ?? "1"
            table.add(
                row.name, row.sample.requestsPerSecond.short, row.sample.p99Milliseconds.text(2),
                row.sample.processorMicroseconds.text(1), ratio)
        }
        return table.text
    }

    private var batchTable: String {
        var table = Table(
            "batches, 4 conn", "req/s", "items/s", "p99 ms", "CPU us/req", "ns/item", "items/CPU s", "library loop",
            "share", "bytes/CPU s")
        for row in rows where row.items > 1 { Self.add(row, named: row.name, to: &table) }
        return table.text
    }

    private var simdTable: String {
        var table = Table(
            "1000 x 32 B by instruction set", "req/s", "items/s", "p99 ms", "CPU us/req", "ns/item", "items/CPU s",
            "library loop", "share", "bytes/CPU s")
        for entry in simdRows { Self.add(entry.row, named: entry.level, to: &table) }
        return table.text
    }

    private static func add(_ row: Row, named name: String, to table: inout Table) {
        table.add(
            name, row.sample.requestsPerSecond.short, row.itemsPerSecond.short, row.sample.p99Milliseconds.text(1),
            row.sample.processorMicroseconds.short, (1e9 / row.itemsPerProcessorSecond).text(0),
            row.itemsPerProcessorSecond.short, row.loop?.itemsPerProcessorSecond.short ?? "-",
            row.ratioToLoop.map { ($0 * 100).text(0) + " %" } ?? "-", row.bytesPerProcessorSecond.short)
    }

    private var stepTable: String {
        var table = Table("library steps, ns per item", "32 B", "64 B", "1 KiB")
        var names: [String] = []
        for step in steps where !names.contains(step.name) { names.append(step.name) }
        for name in names {
            let values = [32, 64, 1024].map { size in
                steps.first { $0.name == name && $0.bytes == size }?.nanoseconds.text(1) ?? "-"
            }
            table.add(name, values[0], values[1], values[2])
        }
        return table.text
    }

    private var figures: String {
        var lines = [64, 1024].compactMap { size in
            opensslSpeed[size].map { speed in
                let each = (Double(size) / speed * 1e9).text(0)
                return "openssl speed aes-256-gcm \(size) B: \(speed.short)B per CPU s, \(each) ns each"
            }
        }
        if let share = sealedShareOfOpenSSL {
            lines.append("1000 x 1 KiB over HTTP seals \((share * 100).text(0)) % of those bytes per CPU s")
        }
        lines.append("decrypt batch over encrypt batch, items per CPU s: \((openedOverSealed * 100).text(0)) %")
        if let idle, let loaded {
            lines.append(
                "resident idle \(idle.megabytes.text(1)) MiB (anonymous \(idle.anonymous.text(1)), file "
                    + "\(idle.file.text(1))), after load \(loaded.megabytes.text(1)) MiB")
        }
        lines.append("start to first answer \(startMilliseconds.text(1)) ms (median)")
        if let allocations {
            lines.append(
                "allocations: single request \(allocations.perSingleRequest.text(1)), batch of 1,000 "
                    + "\(allocations.perBatchOf1000.text(1)), of 10,000 \(allocations.perBatchOf10000.text(1)), "
                    + "per further item \(allocations.perItem.text(4))")
        }
        return lines.joined(separator: "\n")
    }
}
