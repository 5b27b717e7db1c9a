internal import StrongroomClient

/// What is said about a run.
enum RewrapReport {
    static func census(_ census: [Int: Int], others: Int, latest: Int, _ session: Session) {
        let total = census.values.reduce(0, +)
        var rows = census.sorted { $0.key < $1.key }.map { version, count in
            [
                "\(version)" + (version == latest ? " (latest)" : ""), Shown.count(count),
                total > 0 ? Shown.decimal(Double(count) * 100 / Double(total), 1) + "%" : "-",
            ]
        }
        if others > 0 { rows.append(["no ciphertext", Shown.count(others), "-"]) }
        let node: JSONNode = [
            "versions": .object(census.sorted { $0.key < $1.key }.map { .init(String($0.key), JSONNode($0.value)) }),
            "others": JSONNode(others), "latest_version": JSONNode(latest),
        ]
        session.printer.table(["Version", "Ciphertexts", "Share"], rows, of: node)
    }

    static func done(
        _ end: RewrapJournal, since start: RewrapJournal, latest: Int, seconds: Double, output: String,
        _ session: Session
    ) {
        let worked = end.counts.all - start.counts.all
        let rate = seconds > 0 ? Int(Double(worked) / seconds) : worked
        guard session.isTable else {
            var node = end.counts.node
            node["latest_version"] = JSONNode(latest)
            node["output"] = .string(output)
            node["seconds"] = .number(Shown.decimal(seconds, 3))
            node["census"] = .object(
                end.census.sorted { $0.key < $1.key }.map { .init(String($0.key), JSONNode($0.value)) })
            session.printer.table([], [], of: node)
            return
        }
        session.console.success("Wrote \(Shown.count(end.counts.all)) records to: \(output)\n")
        var rows = end.census.sorted { $0.key < $1.key }.map { ["version \($0.key) before", Shown.count($0.value)] }
        rows += [
            ["rewrapped to version \(latest)", Shown.count(end.counts.rewrapped)],
            ["at version \(latest) already", Shown.count(end.counts.current)],
        ]
        if end.counts.others > 0 { rows.append(["no ciphertext", Shown.count(end.counts.others)]) }
        if end.counts.failed > 0 { rows.append(["refused, kept", Shown.count(end.counts.failed)]) }
        rows.append(["records a second", Shown.count(rate)])
        session.console.say(Table(["Records", "Count"], rows).text(session.console))
    }
}
