internal import Bytes
internal import EngineKit

/// Health, leader, init, seal-status, unseal and seal. **Source** system wire facts §2.
extension SystemPaths {
    // MARK: - Resolving

    private static let healthTable = FieldTable(
        "activecode", "standbycode", "sealedcode", "uninitcode", "drsecondarycode", "performancestandbycode",
        "standbyok", "perfstandbyok")

    static func health(_ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, healthTable)
            var codes = HealthCodes()
            codes.active = try status(parameters, 0) ?? codes.active
            codes.sealed = try status(parameters, 2) ?? codes.sealed
            codes.uninitialized = try status(parameters, 3) ?? codes.uninitialized
            return .health(codes)
        } catch {
            throw .parameters(error)
        }
    }

    /// A status that may go out with a body, or 204; nil for others.
    private static func status(_ parameters: Parameters, _ index: Int) throws(ParameterFault) -> Int? {
        guard let code = try parameters.int(index), (200...599).contains(code), code != 304 else { return nil }
        return code
    }

    private static let initializationTable = FieldTable(
        "secret_shares", "secret_threshold", "recovery_shares", "recovery_threshold", "pgp_keys",
        "recovery_pgp_keys", "root_token_pgp_key", "stored_shares")

    static func initialize(_ request: EngineRequest) throws(SystemError) -> Command {
        try withParameters(request, initializationTable) { (parameters) throws(ParameterFault) in
            if (4...6).contains(where: { parameters.isFilled($0) }) { return nil }
            return .seal(
                .initialize(
                    InitializationWish(
                        shares: try parameters.int(0) ?? 0, threshold: try parameters.int(1) ?? 0,
                        recoveryShares: try parameters.int(2) ?? 0, recoveryThreshold: try parameters.int(3) ?? 0)))
        } orThrow: {
            .pgpKeysUnsupported
        }
    }

    private static let unsealTable = FieldTable("key", "reset", "migrate")

    static func unseal(_ request: EngineRequest) throws(SystemError) -> Command {
        try withParameters(request, unsealTable) { (parameters) throws(ParameterFault) in
            if try parameters.bool(1) ?? false { return .seal(.resetUnseal) }
            let migrate = try parameters.bool(2) ?? false
            return try parameters.secret(0).map { .seal(.unseal($0, migrate: migrate)) }
        } orThrow: {
            .unsealKeyMissing
        }
    }

    /// What `body` makes of the parameters; what `otherwise` says when it makes nothing.
    static func withParameters<R>(
        _ request: EngineRequest, _ table: FieldTable, _ body: (Parameters) throws(ParameterFault) -> R?,
        orThrow otherwise: () -> SystemError
    ) throws(SystemError) -> R {
        let result: R?
        do throws(ParameterFault) { result = try body(Parameters(request, table)) } catch { throw .parameters(error) }
        guard let result else { throw otherwise() }
        return result
    }

    // MARK: - Performing

    func perform(_ command: SealCommand, into body: inout ByteWriter) async throws(SealControlFault) -> EngineReply {
        switch command {
        case .initializationStatus:
            let isInitialized = try await seal.status().isInitialized
            JSON.object(["initialized": .bool(isInitialized)]).write(into: &body)
        case .initialize(let wish):
            write(try await seal.initialize(wish), into: &body)
        case .status:
            describe(try await seal.status()).write(into: &body)
        case .unseal(let key, let migrate):
            describe(try await seal.unseal(keyText: key, migrate: migrate)).write(into: &body)
        case .resetUnseal:
            describe(try await seal.resetUnseal()).write(into: &body)
        case .seal:
            try await seal.seal()
            return .noContent
        }
        return EngineReply(form: .bare)
    }

    private func write(_ report: InitializationReport, into body: inout ByteWriter) {
        body.append("{")
        body.append(shares: report.shares, hexName: "keys", base64Name: "keys_base64")
        if !report.recoveryShares.isEmpty {
            body.append(",")
            body.append(shares: report.recoveryShares, hexName: "recovery_keys", base64Name: "recovery_keys_base64")
        }
        body.append(",\"root_token\":")
        body.append(jsonSecret: report.rootToken)
        body.append("}")
    }

    private func describe(_ report: SealReport) -> JSON {
        var members: [String: JSON] = [
            "type": .string(report.type), "initialized": .bool(report.isInitialized), "sealed": .bool(report.isSealed),
            "t": .int(report.threshold), "n": .int(report.shares), "progress": .int(report.progress),
            "nonce": .string(report.nonce), "version": .string(facts.compatibilityVersion),
            "strongroom_version": .string(facts.version), "migration": .bool(report.isMigrating),
            "recovery_seal": .bool(report.isRecoverySeal), "storage_type": .string(facts.storageType),
        ]
        if !report.isSealed { members.merge(cluster) { $1 } }
        if let reason = report.reason { members["strongroom_reason"] = .string(reason) }
        return .object(members)
    }

    private var cluster: [String: JSON] {
        [
            "cluster_name": .string(facts.clusterName),
            "cluster_id": .string(reports?.clusterID ?? facts.clusterID),
        ]
    }

    /// `status` is nil for an open database.
    func health(_ codes: HealthCodes, _ status: SealReport?, into body: inout ByteWriter) -> EngineReply {
        let (isInitialized, isSealed) = (status?.isInitialized ?? true, status?.isSealed ?? false)
        let replication: JSON = .string(isSealed ? "unknown" : "disabled")
        var members: [String: JSON] = [
            "initialized": .bool(isInitialized), "sealed": .bool(isSealed), "standby": .bool(isSealed),
            "performance_standby": .bool(false), "replication_performance_mode": replication,
            "replication_dr_mode": replication, "server_time_utc": .int(now()),
            "version": .string(facts.compatibilityVersion), "strongroom_version": .string(facts.version),
        ]
        if !isSealed { members.merge(cluster) { $1 } }
        let code = !isInitialized ? codes.uninitialized : isSealed ? codes.sealed : codes.active
        if code == 204 { return .noContent }
        JSON.object(members).write(into: &body)
        return EngineReply(status: code, form: .bare)
    }

    func leader(into body: inout ByteWriter) -> EngineReply {
        JSON.object([
            "ha_enabled": .bool(false), "is_self": .bool(false), "active_time": .string("0001-01-01T00:00:00Z"),
            "leader_address": .string(""), "leader_cluster_address": .string(""),
            "performance_standby": .bool(false), "performance_standby_last_remote_wal": .int(0),
        ]).write(into: &body)
        return EngineReply(form: .bare)
    }
}
