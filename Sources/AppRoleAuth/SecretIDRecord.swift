internal import Bytes
internal import EngineKit

/// A secret id, known by its digest alone. **Layout** format 1, in the order of the properties.
struct SecretIDRecord: Sendable {
    let accessor: String
    let created: Timestamp
    var updated: Timestamp
    /// nil for never.
    let expires: Timestamp?
    /// **Units** seconds; 0 for ever.
    let seconds: Int
    /// Logins that are left; 0 for any number.
    var usesLeft: Int
    let cidrs: [String]
    let tokenCIDRs: [String]
    let metadata: [String: String]

    func isOver(at now: Timestamp) -> Bool { expires.map { $0 <= now } ?? false }

    func write(into body: inout ByteWriter) {
        JSON.object([
            "cidr_list": .array(cidrs.map { .string($0) }), "creation_time": .string(created.text),
            "expiration_time": .string(expires?.text ?? "0001-01-01T00:00:00Z"),
            "last_updated_time": .string(updated.text), "metadata": .object(metadata.mapValues { .string($0) }),
            "secret_id_accessor": .string(accessor), "secret_id_num_uses": .int(usesLeft),
            "secret_id_ttl": .int(seconds), "token_bound_cidrs": .array(tokenCIDRs.map { .string($0) }),
        ]).write(into: &body)
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: accessor)
        writer.put(created)
        writer.put(updated)
        writer.put(expires)
        writer.put(seconds)
        writer.put(usesLeft)
        writer.put(texts: cidrs)
        writer.put(texts: tokenCIDRs)
        writer.put(pairs: metadata)
        return writer.record
    }

    init(
        accessor: String, created: Timestamp, seconds: Int, uses: Int, cidrs: [String], tokenCIDRs: [String],
        metadata: [String: String]
    ) {
        self.accessor = accessor
        self.created = created
        updated = created
        expires = seconds > 0 ? created.adding(seconds: seconds) : nil
        self.seconds = seconds
        usesLeft = uses
        self.cidrs = cidrs
        self.tokenCIDRs = tokenCIDRs
        self.metadata = metadata
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        accessor = try reader.text()
        guard let created = try reader.time(), let updated = try reader.time() else { throw RecordFault() }
        (self.created, self.updated) = (created, updated)
        expires = try reader.time()
        seconds = try reader.int()
        usesLeft = try reader.int()
        cidrs = try reader.texts()
        tokenCIDRs = try reader.texts()
        metadata = try reader.pairs()
    }
}
