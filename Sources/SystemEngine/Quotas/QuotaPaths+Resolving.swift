internal import Bytes
package import EngineKit
internal import Quotas
internal import Vocabulary

extension QuotaPaths {
    private static let table = FieldTable(
        "path", "rate", "interval", "block_interval", "group_by", "role", "max_leases", "name", "type", "inheritable",
        "rate_limit_exempt_paths", "absolute_rate_limit_exempt_paths", "enable_rate_limit_audit_logging",
        "enable_rate_limit_response_headers")

    /// Parses the request.
    package func resolve(_ request: EngineRequest) throws(QuotaPathError) -> Command {
        // The path begins with the section's own name.
        let path = request.path.string.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let head = path.first else { throw .unsupportedPath }
        if head == "config", path.count == 1 { return try configuration(request) }
        guard let kind = QuotaRule.Kind(rawValue: String(head)), path.count <= 2 else { throw .unsupportedPath }
        let name = path.count == 2 ? String(path[path.index(after: path.startIndex)]) : ""
        if name.isEmpty {
            guard request.operation == .list else { throw .unsupportedOperation }
            return .list(kind)
        }
        switch request.operation {
        case .read: return .read(kind, name)
        case .delete: return .remove(kind, name)
        case .write: return .write(try rule(kind, name, request))
        case .list, .patch: throw .unsupportedOperation
        }
    }

    private func configuration(_ request: EngineRequest) throws(QuotaPathError) -> Command {
        switch request.operation {
        case .read: return .readConfiguration
        case .write:
            do throws(ParameterFault) {
                let parameters = try Parameters(request, Self.table)
                let absolute = try parameters.strings(11)
                return .configure(exempt: try parameters.strings(10) ?? absolute)
            } catch {
                throw .parameters(error)
            }
        case .list, .delete, .patch: throw .unsupportedOperation
        }
    }

    private func rule(
        _ kind: QuotaRule.Kind, _ name: String, _ request: EngineRequest
    ) throws(QuotaPathError) -> QuotaRule {
        let isSound = name.utf8.allSatisfy { byte in
            byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80
                || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
        guard isSound, name.utf8.count <= 128 else { throw .malformedName }
        var rule = quotas.rule(kind, name) ?? QuotaRule(name: name, kind: kind)
        let rate: Double?
        do throws(ParameterFault) {
            let parameters = try Parameters(request, Self.table)
            if let path = try parameters.string(0) { rule.path = path }
            if let role = try parameters.string(5) { rule.role = role }
            rate = try parameters.string(1).map { Double($0) ?? .nan }
            if let seconds = try parameters.durationSeconds(2) { rule.intervalSeconds = seconds }
            if let seconds = try parameters.durationSeconds(3) { rule.blockSeconds = seconds }
            if let most = try parameters.int(6) { rule.maxLeases = most }
            if let grouping = try parameters.string(4) {
                guard let known = QuotaRule.Grouping(rawValue: grouping) else {
                    throw parameters.conversion(4, "\"ip\" or \"none\"")
                }
                rule.grouping = known
            }
        } catch {
            throw .parameters(error)
        }
        rule.path = try normalised(rule.path)
        switch kind {
        case .rateLimit:
            if let rate {
                guard rate > 0, rate <= 1e9 else { throw .invalid(field: "rate") }
                rule.milliRate = max(Int(rate * 1000), 1)
            }
            guard rule.milliRate > 0 else { throw .invalid(field: "rate") }
            if rule.intervalSeconds == 0 { rule.intervalSeconds = 1 }
            guard rule.intervalSeconds <= 1 << 30 else { throw .invalid(field: "interval") }
            guard rule.blockSeconds <= 1 << 30 else { throw .invalid(field: "block_interval") }
        case .leaseCount:
            guard rule.maxLeases > 0 else { throw .invalid(field: "max_leases") }
        }
        return rule
    }

    /// A path is empty, or below a mount; the path of a mount ends with a slash.
    private func normalised(_ path: String) throws(QuotaPathError) -> String {
        if path.isEmpty { return path }
        guard path.utf8.count <= 1024 else { throw .invalid(field: "path") }
        let folder = path.hasSuffix("/") || path.hasSuffix("*") ? path : path + "/"
        let known = mounts.mounts.map(\.path)
        if known.contains(folder) { return folder }
        let isBelow = known.contains { folder.utf8.starts(with: $0.utf8) }
        guard isBelow else { throw .invalidMount(folder) }
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

extension QuotaRule {
    /// As `sys/quotas` tells it.
    var json: JSON {
        var members: [String: JSON] = [
            "name": .string(name), "path": .string(path), "type": .string(kind.rawValue), "role": .string(role),
            "inheritable": .bool(path.isEmpty),
        ]
        switch kind {
        case .rateLimit:
            let whole = milliRate % 1000 == 0
            members["rate"] = .raw(whole ? "\(milliRate / 1000)" : "\(Double(milliRate) / 1000)")
            members["interval"] = .int(intervalSeconds)
            members["block_interval"] = .int(blockSeconds)
            members["group_by"] = .string(grouping.rawValue)
        case .leaseCount: members["max_leases"] = .int(maxLeases)
        }
        return .object(members)
    }
}
