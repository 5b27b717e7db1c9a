internal import Bytes

/// One quota: a rate of requests, or a number of leases, for a part of the paths.
package struct QuotaRule: Sendable, Equatable {
    /// The kinds of quota.
    package enum Kind: String, Sendable {
        /// So many requests in an interval.
        case rateLimit = "rate-limit"
        /// So many leases at once.
        case leaseCount = "lease-count"
    }

    /// By what requests are told apart.
    package enum Grouping: String, Sendable {
        /// Each client address for itself.
        case address = "ip"
        /// All requests together.
        case together = "none"
    }

    /// The name.
    package var name: String
    /// The kind.
    package var kind: Kind
    /// Empty for everything, a mount, or a path below one; a `*` at the end takes in all that begins so.
    package var path = ""
    /// The role that it holds for, on paths of a mount that end with it; empty for all.
    package var role = ""
    /// Requests in an interval, in thousandths.
    package var milliRate = 0
    /// **Units** seconds.
    package var intervalSeconds = 1
    /// How long whoever went over stays out; 0 for not at all. **Units** seconds.
    package var blockSeconds = 0
    /// By what requests are told apart.
    package var grouping = Grouping.address
    /// The most leases.
    package var maxLeases = 0

    /// A quota of that name.
    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// How closely the rule describes its paths: everything, a mount, a path, a role; the closest one decides.
    func rank(mountLength: Int) -> Int {
        if path.isEmpty { return role.isEmpty ? 0 : 1 }
        let length = path.utf8.count
        let isBelowMount = length > mountLength
        return (role.isEmpty ? 0 : 2 << 20) + (isBelowMount ? 1 << 20 : 0) + length
    }

    /// Whether it holds for a path; `mountLength` is the length of the mount's path, with its slash.
    func covers(_ request: ByteView, mountLength: Int) -> Bool {
        if !role.isEmpty {
            guard Self.ends(request, with: role) else { return false }
        }
        if path.isEmpty { return true }
        var path = path
        return path.withUTF8 { bytes in
            let rule = ByteView(UnsafeRawBufferPointer(bytes))
            if rule[rule.count - 1] == UInt8(ascii: "*") || rule[rule.count - 1] == UInt8(ascii: "/") {
                let isGlob = rule[rule.count - 1] == UInt8(ascii: "*")
                let stem = isGlob ? rule.slice(0, rule.count - 1) : rule
                return request.slice(0, stem.count).equalsVariableTime(stem)
            }
            // A path is meant with everything below it, and no other path that merely begins so.
            guard request.slice(0, rule.count).equalsVariableTime(rule) else { return false }
            return request.count == rule.count || request[rule.count] == UInt8(ascii: "/")
        }
    }

    private static func ends(_ request: ByteView, with role: String) -> Bool {
        var role = role
        return role.withUTF8 { bytes in
            let wanted = ByteView(UnsafeRawBufferPointer(bytes))
            let from = request.count - wanted.count
            return from > 0 && request[from - 1] == UInt8(ascii: "/")
                && request.dropFirst(from).equalsVariableTime(wanted)
        }
    }
}

extension QuotaRule {
    private static let format: UInt8 = 1

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        for text in [name, kind.rawValue, path, role, grouping.rawValue] { writer.put(text: text) }
        for number in [milliRate, intervalSeconds, blockSeconds, maxLeases] { writer.put(number) }
        return writer.record
    }

    init?(record: [UInt8]) {
        let rule = record.withUnsafeBytes { bytes -> QuotaRule? in
            do throws(RecordFault) {
                var reader = try RecordReader(ByteView(bytes))
                guard reader.format == Self.format else { return nil }
                let name = try reader.view().string
                guard let kind = Kind(rawValue: try reader.view().string) else { return nil }
                var rule = QuotaRule(name: name, kind: kind)
                rule.path = try reader.view().string
                rule.role = try reader.view().string
                guard let grouping = Grouping(rawValue: try reader.view().string) else { return nil }
                rule.grouping = grouping
                rule.milliRate = try reader.int()
                rule.intervalSeconds = try reader.int()
                rule.blockSeconds = try reader.int()
                rule.maxLeases = try reader.int()
                try reader.finish()
                return rule
            } catch {
                return nil
            }
        }
        guard let rule else { return nil }
        self = rule
    }
}
