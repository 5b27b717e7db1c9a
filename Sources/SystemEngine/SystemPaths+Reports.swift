internal import Bytes
internal import EngineKit

/// What the composition root tells: host-info, config/state/sanitized, version-history, in-flight-req.
/// **Source** system wire facts §12.
extension SystemPaths {
    func report(_ command: ReportCommand, into body: inout ByteWriter) async throws(SystemError) -> EngineReply {
        if case .count(let counter) = command { return try count(counter, into: &body) }
        guard let reports else { throw .unsupportedPath }
        switch command {
        case .count: throw .unsupportedPath
        case .host:
            let host = await reports.hostInfo()
            host.write(into: &body)
            return EngineReply()
        case .configuration:
            reports.sanitizedConfiguration().write(into: &body)
            return EngineReply(form: .mirrored)
        case .versions:
            let versions = await reports.versionHistory()
            describe(versions).write(into: &body)
            return EngineReply()
        case .requests: return try requestsInFlight(into: &body)
        }
    }

    /// Compatibility: what consoles ask. Clients are not told apart month by month, and the settings say so.
    private func count(_ counter: Counter, into body: inout ByteWriter) throws(SystemError) -> EngineReply {
        guard let counts else { throw .unsupportedPath }
        let data: [String: JSON]
        switch counter {
        case .tokens: data = ["counters": .object(["service_tokens": .object(["total": .int(counts.serviceTokens)])])]
        case .entities: data = ["counters": .object(["entities": .object(["total": .int(counts.entities)])])]
        case .requests: data = ["counters": .object(["requests": .object(["total": .int(counts.requests)])])]
        // Nothing was counted: as the field's server answers before the first month.
        case .activity: return .noContent
        case .settings:
            data = [
                "enabled": "default-disabled", "queries_available": false, "reporting_enabled": false,
                "retention_months": .int(0), "default_report_months": .int(12),
            ]
        }
        JSON.object(data).write(into: &body)
        return EngineReply()
    }

    private func describe(_ versions: [InstalledVersion]) -> JSON {
        var details: [String: JSON] = [:]
        var previous: JSON = .null
        for version in versions {
            details[version.version] = .object([
                "build_date": .string(version.buildDate), "previous_version": previous,
                "timestamp_installed": .string(Self.timestamp(version.installedUnixSeconds)),
            ])
            previous = .string(version.version)
        }
        return .object(["keys": .array(versions.map { .string($0.version) }), "key_info": .object(details)])
    }

    func requestsInFlight(into body: inout ByteWriter) throws(SystemError) -> EngineReply {
        guard let reports else { throw .unsupportedPath }
        var members: [String: JSON] = [:]
        for request in reports.requestsInFlight() {
            members[request.id] = .object([
                "client_id": .string(""), "client_remote_address": .string(request.clientAddress),
                "request_method": .string(request.method), "request_path": .string(request.path),
                "start_time": .string(
                    Self.timestamp(request.startedUnixSeconds, nanoseconds: request.startedNanoseconds)),
            ])
        }
        JSON.object(members).write(into: &body)
        return EngineReply(form: .bare)
    }
}
