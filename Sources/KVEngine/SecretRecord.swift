internal import Bytes
internal import EngineKit

/// What version 2 keeps of a secret beside its data: settings and the facts of its versions.
///
/// **Layout** format 1: `id ‖ created ‖ updated ‖ current ‖ oldest ‖ maxVersions ‖ casRequired ‖ deleteAfter ‖
/// hasCustomMetadata ‖ [pairs] ‖ count ‖ (created ‖ deletion ‖ destroyed)…`, the versions from the first one kept to
/// the current one, none left out.
struct SecretRecord: Sendable, Equatable {
    /// Names the folder of its data: random, so that a secret that comes back under its name begins anew.
    let id: String
    var created: Timestamp
    var updated: Timestamp
    /// The latest version; 0 before the first.
    private(set) var current = 0
    /// The first version kept; 0 until one was pruned.
    private(set) var oldest = 0
    /// Versions kept; 0 for what the mount says.
    var maxVersions = 0
    var isCASRequired = false
    /// **Units** seconds; 0 for what the mount says.
    var deleteAfterSeconds = 0
    var customMetadata: CustomMetadata?
    private(set) var versions: [SecretVersion] = []

    /// A secret without versions.
    init(id: String, created: Timestamp) {
        self.id = id
        self.created = created
        updated = created
    }

    /// The number of the first version in `versions`.
    var first: Int { current - versions.count + 1 }

    /// The numbers of the versions that are kept.
    var numbers: Range<Int> { first..<current + 1 }

    /// The facts of a version; 0 is the current one. Nil for versions that are not there.
    subscript(number: Int) -> SecretVersion? {
        get { place(number).map { versions[$0] } }
        set { if let newValue, let place = place(number) { versions[place] = newValue } }
    }

    /// The number meant: 0 is the current one.
    func resolved(_ number: Int) -> Int { number == 0 ? current : number }

    private func place(_ number: Int) -> Int? {
        let number = resolved(number)
        return number >= 1 && number >= first && number <= current ? number - first : nil
    }

    /// Adds a version, and answers the numbers of those that are no longer kept.
    mutating func add(_ version: SecretVersion, keeping limit: Int) -> Range<Int> {
        let firstBefore = first
        versions.append(version)
        current += 1
        updated = version.created
        let surplus = max(versions.count - limit, 0)
        versions.removeFirst(surplus)
        if surplus > 0 { oldest = first }
        return firstBefore..<firstBefore + surplus
    }

    /// Where the data of a version is.
    func dataPath(_ number: Int) -> String { Self.dataPath(id, number) }

    private static func dataPath(_ id: String, _ number: Int) -> String { "data/\(id)/\(number)" }

    // MARK: - Record

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: id)
        writer.put(created)
        writer.put(updated)
        writer.put(current)
        writer.put(oldest)
        writer.put(maxVersions)
        writer.put(isCASRequired)
        writer.put(deleteAfterSeconds)
        writer.put(customMetadata != nil)
        customMetadata?.put(into: &writer)
        writer.put(versions.count)
        for version in versions {
            writer.put(version.created)
            writer.put(version.deletion)
            writer.put(version.isDestroyed)
        }
        return writer.record
    }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        id = try reader.text()
        guard let created = try reader.time(), let updated = try reader.time() else { throw RecordFault() }
        (self.created, self.updated) = (created, updated)
        current = try reader.int()
        oldest = try reader.int()
        maxVersions = try reader.int()
        isCASRequired = try reader.bool()
        deleteAfterSeconds = try reader.int()
        if try reader.bool() { customMetadata = try CustomMetadata(from: &reader) }
        let count = try reader.count(ofAtLeast: 40)
        guard current >= count, current < .max - 1, maxVersions >= 0 else { throw RecordFault() }
        versions.reserveCapacity(count)
        for _ in 0..<count {
            guard let created = try reader.time() else { throw RecordFault() }
            let deletion = try reader.time()
            versions.append(
                SecretVersion(created: created, deletion: deletion, isDestroyed: try reader.bool()))
        }
        try reader.finish()
    }

    // MARK: - Answers

    /// Appends the metadata of one version, as reads and writes of data tell it.
    func write(_ version: SecretVersion, number: Int, into body: inout ByteWriter) {
        body.append("{")
        version.writeMembers(into: &body)
        body.append(",\"custom_metadata\":")
        if let customMetadata { customMetadata.write(into: &body) } else { body.append("null") }
        body.append(",\"version\":")
        body.append(decimal: number)
        body.append("}")
    }

    /// Appends all there is to know without the data.
    func write(into body: inout ByteWriter) {
        body.append("{\"cas_required\":")
        body.append(text: isCASRequired ? "true" : "false")
        body.append(",\"created_time\":")
        body.append(jsonString: created.text)
        body.append(",\"current_version\":")
        body.append(decimal: current)
        body.append(",\"custom_metadata\":")
        if let customMetadata { customMetadata.write(into: &body) } else { body.append("null") }
        body.append(",\"delete_version_after\":")
        body.append(jsonString: DurationSpelling.text(seconds: deleteAfterSeconds))
        body.append(",\"max_versions\":")
        body.append(decimal: maxVersions)
        body.append(",\"oldest_version\":")
        body.append(decimal: oldest)
        body.append(",\"updated_time\":")
        body.append(jsonString: updated.text)
        body.append(",\"versions\":{")
        for (index, version) in versions.enumerated() {
            body.append(text: index > 0 ? ",\"" : "\"")
            body.append(decimal: first + index)
            body.append("\":{")
            version.writeMembers(into: &body)
            body.append("}")
        }
        body.append("}}")
    }
}

/// Durations as version 2 prints them. **Source** system wire facts §1.7.
enum DurationSpelling {
    /// `1h30m0s`, `5m0s`, `0s`; with a minus sign below zero.
    static func text(seconds: Int) -> String {
        let magnitude = seconds.magnitude
        let (hours, minutes, rest) = (magnitude / 3600, magnitude / 60 % 60, magnitude % 60)
        let sign = seconds < 0 ? "-" : ""
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(rest)s" }
        return minutes > 0 ? "\(sign)\(minutes)m\(rest)s" : "\(sign)\(rest)s"
    }
}
