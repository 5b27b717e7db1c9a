internal import Foundation
internal import StrongroomClient

/// What is done so far, kept beside the output: a run that was stopped goes on from here.
struct RewrapJournal: Sendable {
    /// What must be the same when the run goes on.
    var job: String
    /// Bytes of the input that are done.
    var inputOffset = 0
    /// Bytes of the output that belong to them.
    var outputBytes = 0
    /// The last row that is done, of a table.
    var lastRow: String?
    var counts = RewrapCounts()
    /// Records in all.
    var total = 0
    /// Records of each version before, by version.
    var census: [Int: Int] = [:]

    init(job: String) { self.job = job }

    /// The journal of an earlier run; nil when there is none. **Throws** when it is of another job.
    static func read(_ path: String, job: String) throws(CommandFault) -> RewrapJournal? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        guard let node = try? JSONNode(parsing: Array(data)), let found = node["job"]?.text else {
            throw .local("\(path) is no journal", next: "remove it to begin anew")
        }
        guard found == job else {
            throw .local(
                "\(path) is of another input, output or key",
                next: "go on with the same words as before, or remove the journal to begin anew")
        }
        var journal = RewrapJournal(job: job)
        journal.inputOffset = node["input_offset"]?.integer ?? 0
        journal.outputBytes = node["output_bytes"]?.integer ?? 0
        journal.lastRow = node["last_row"]?.text
        journal.total = node["total"]?.integer ?? 0
        journal.counts = RewrapCounts(node["counts"] ?? [:])
        for member in node["census"]?.members ?? [] { journal.census[Int(member.name) ?? 0] = member.value.integer }
        return journal
    }

    /// Puts the journal in place of the old one.
    func write(_ path: String) throws(CommandFault) {
        var node: JSONNode = [
            "job": .string(job), "input_offset": JSONNode(inputOffset), "output_bytes": JSONNode(outputBytes),
            "total": JSONNode(total), "counts": counts.node,
            "census": .object(census.sorted { $0.key < $1.key }.map { .init(String($0.key), JSONNode($0.value)) }),
        ]
        if let lastRow { node["last_row"] = .string(lastRow) }
        let stream = try ByteStream(writing: path, force: true)
        try stream.write(Array((node.pretty + "\n").utf8))
        try stream.commit()
    }
}

/// What became of the records.
struct RewrapCounts: Sendable {
    /// Sealed anew.
    var rewrapped = 0
    /// Of the latest version already.
    var current = 0
    /// No ciphertexts: headers, empty lines.
    var others = 0
    /// Refused by the server, and kept as they were.
    var failed = 0

    init() {}

    init(_ node: JSONNode) {
        rewrapped = node["rewrapped"]?.integer ?? 0
        current = node["current"]?.integer ?? 0
        others = node["others"]?.integer ?? 0
        failed = node["failed"]?.integer ?? 0
    }

    var node: JSONNode {
        [
            "rewrapped": JSONNode(rewrapped), "current": JSONNode(current), "others": JSONNode(others),
            "failed": JSONNode(failed),
        ]
    }

    var all: Int { rewrapped + current + others + failed }

    static func += (sum: inout RewrapCounts, part: RewrapCounts) {
        sum.rewrapped += part.rewrapped
        sum.current += part.current
        sum.others += part.others
        sum.failed += part.failed
    }
}
