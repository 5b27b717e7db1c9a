internal import Foundation

/// The figures of a release that do not depend on how fast the machine is, to compare the next one with.
struct Recorded: Codable {
    /// One figure.
    struct Figure: Codable {
        let value: Double
        let isBetterWhenLower: Bool
    }

    let release: String
    let figures: [String: Figure]

    /// The figures of a run.
    init(_ report: Report, release: String) {
        self.release = release
        var figures: [String: Figure] = [:]
        func add(_ name: String, _ value: Double?, lower: Bool) {
            guard let value, value.isFinite else { return }
            figures[name] = Figure(value: (value * 10_000).rounded() / 10_000, isBetterWhenLower: lower)
        }
        for row in report.rows {
            add("CPU over echo: \(row.name)", row.ratioToEcho, lower: true)
            add("share of library loop: \(row.name)", row.ratioToLoop, lower: false)
        }
        add("decrypt batch over encrypt batch", report.openedOverSealed, lower: false)
        add("1 KiB batch bytes over openssl speed", report.sealedShareOfOpenSSL, lower: false)
        add("allocations per batch of 1000", report.allocations?.perBatchOf1000, lower: true)
        add("allocations per single request", report.allocations?.perSingleRequest, lower: true)
        add("TLS over plain", report.tlsShare, lower: false)
        add("idle resident MiB", report.idle?.megabytes, lower: true)
        for row in report.signatures { add("share of the library: sign \(row.name)", row.share, lower: false) }
        self.figures = figures
    }

    /// One sentence per figure that moved by more than 5 %, or is gone.
    func changes(since old: Recorded) -> [String] {
        old.figures.sorted { $0.key < $1.key }.compactMap { name, before in
            guard let now = figures[name] else { return "gone: \(name)" }
            let change = now.value / before.value - 1
            guard abs(change) > 0.05 else { return nil }
            let isWorse = (change > 0) == before.isBetterWhenLower
            let percent = (change * 100).text(1)
            return "\(isWorse ? "WORSE" : "better"): \(name): \(before.value) -> \(now.value) (\(percent) %)"
        }
    }

    /// Reads a recorded file.
    static func read(_ path: String) throws -> Recorded {
        try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: URL(filePath: path)))
    }
}
