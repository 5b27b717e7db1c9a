internal import Bytes

/// One lease as it is stored.
package struct LeaseRecord: Sendable, Equatable {
    /// The request's path, a slash and 24 letters and digits.
    package var id: String
    /// The path of the mount whose engine gave it out, with its slash.
    package var mount: String
    /// The namespace.
    package var namespace: String
    /// Names the token that it dies with; see `Caller.tokenID`.
    package var tokenID: String
    /// **Units** seconds that a renewal without a wish gives.
    package var ttlSeconds: Int
    /// Longest life over all renewals. **Units** seconds, resolved.
    package var maxSeconds: Int
    /// Whether it can be renewed.
    package var isRenewable: Bool
    /// **Units** Unix seconds.
    package var issuedUnixSeconds: Int
    /// **Units** Unix seconds.
    package var expiresUnixSeconds: Int
    /// **Units** Unix seconds; 0 when it never was.
    package var renewedUnixSeconds = 0
    /// Whether its end is decided: it is not renewed any more, and revoked until that succeeds.
    package var isEnding = false
    /// The engine's own record.
    package var engineRecord: [UInt8]

    /// The part of the identifier that is the path of the request.
    package var path: String { LeaseIdentifier(id)?.path ?? id }

    /// The path below the mount.
    package var pathInMount: String { path.hasPrefix(mount) ? String(path.dropFirst(mount.count)) : path }
}

extension LeaseRecord {
    func write(into writer: inout RecordWriter) {
        writer.put(text: id)
        writer.put(text: mount)
        writer.put(text: namespace)
        writer.put(text: tokenID)
        for value in [ttlSeconds, maxSeconds, issuedUnixSeconds, expiresUnixSeconds, renewedUnixSeconds] {
            writer.put(value)
        }
        writer.put(isRenewable)
        writer.put(isEnding)
        writer.put(bytes: engineRecord)
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        id = try reader.view().string
        mount = try reader.view().string
        namespace = try reader.view().string
        tokenID = try reader.view().string
        ttlSeconds = try reader.int()
        maxSeconds = try reader.int()
        issuedUnixSeconds = try reader.int()
        expiresUnixSeconds = try reader.int()
        renewedUnixSeconds = try reader.int()
        isRenewable = try reader.bool()
        isEnding = try reader.bool()
        engineRecord = try reader.view().array
    }
}

/// The leases that share one stored row.
///
/// A row of the barrier costs memory and time at unsealing, so that leases are not given one each.
/// **Layout** format 1: `count ‖ lease…`.
struct LeasePage: Sendable, Equatable {
    static let format: UInt8 = 1
    /// Leases go to a page until it has so many, or so many bytes.
    static let capacity = 16
    static let fullBytes = 16_384

    var leases: [LeaseRecord] = []

    /// About the bytes that the page takes.
    var weight: Int {
        leases.reduce(0) { $0 + $1.engineRecord.count + $1.id.utf8.count + $1.tokenID.utf8.count + 160 }
    }

    var isFull: Bool { leases.count >= Self.capacity || weight >= Self.fullBytes }

    init() {}

    init(record: [UInt8]) throws(RecordFault) {
        var fault: RecordFault?
        var leases: [LeaseRecord] = []
        record.withUnsafeBytes { bytes in
            do throws(RecordFault) {
                var reader = try RecordReader(ByteView(bytes))
                guard reader.format == Self.format else { throw RecordFault() }
                let count = try reader.int()
                guard count >= 0, count <= record.count else { throw RecordFault() }
                leases.reserveCapacity(min(count, Self.capacity))
                for _ in 0..<count { leases.append(try LeaseRecord(from: &reader)) }
                try reader.finish()
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        self.leases = leases
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        writer.put(leases.count)
        for lease in leases { lease.write(into: &writer) }
        return writer.record
    }
}
