internal import Bytes
internal import EngineKit

/// Key terms: key-status, rotate, rotate/config. **Source** system wire facts §5.
extension SystemPaths {
    private static let configurationTable = FieldTable("max_operations", "interval", "enabled")

    static func configureRotation(_ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, configurationTable)
            return .terms(
                .configure(
                    RotationChange(
                        maxOperations: try parameters.int(0), intervalSeconds: try parameters.durationSeconds(1),
                        isEnabled: try parameters.bool(2))))
        } catch {
            throw .parameters(error)
        }
    }

    func perform(_ command: TermCommand, into body: inout ByteWriter) async throws(SealControlFault) -> EngineReply {
        switch command {
        case .status:
            let report = try await seal.keyStatus()
            JSON.object([
                "term": .int(report.term), "install_time": .string(Self.timestamp(report.installedUnixSeconds)),
                "encryptions": .int(report.encryptions),
            ]).write(into: &body)
            return EngineReply(form: .mirrored)
        case .rotate:
            try await seal.rotate()
            return .noContent
        case .configuration:
            let configuration = try await seal.rotationConfiguration()
            JSON.object([
                "max_operations": .int(configuration.maxOperations),
                "interval": .int(configuration.intervalSeconds), "enabled": .bool(configuration.isEnabled),
            ]).write(into: &body)
            return EngineReply()
        case .configure(let change):
            var configuration = try await seal.rotationConfiguration()
            configuration.maxOperations = change.maxOperations ?? configuration.maxOperations
            configuration.intervalSeconds = change.intervalSeconds ?? configuration.intervalSeconds
            configuration.isEnabled = change.isEnabled ?? configuration.isEnabled
            try await seal.setRotationConfiguration(configuration)
            return .noContent
        }
    }

    /// RFC 3339 in UTC; the zero time for years that it cannot spell.
    static func timestamp(_ seconds: Int, nanoseconds: Int = 0) -> String {
        var writer = ByteWriter(capacity: 40)
        if !TimestampText.append(seconds: seconds, nanoseconds: nanoseconds, to: &writer) {
            return "0001-01-01T00:00:00Z"
        }
        return writer.view.string
    }
}
