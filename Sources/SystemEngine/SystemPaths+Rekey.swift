internal import Bytes
internal import EngineKit
internal import Vocabulary

/// New shares by old shares. **Source** system wire facts §4.
extension SystemPaths {
    // MARK: - Resolving

    private static let startTable = FieldTable(
        "secret_shares", "secret_threshold", "require_verification", "backup", "pgp_keys", "stored_shares")

    static func startRekey(_ request: EngineRequest) throws(SystemError) -> RekeyCommand {
        var refusal = SystemError.pgpKeysUnsupported
        return try withParameters(request, startTable) { (parameters) throws(ParameterFault) in
            if parameters.isFilled(4) { return nil }
            if try parameters.bool(3) ?? false {
                refusal = .backupWithoutKeys
                return nil
            }
            return .start(
                RekeyWish(
                    shares: try parameters.int(0) ?? 0, threshold: try parameters.int(1) ?? 0,
                    requiresVerification: try parameters.bool(2) ?? false))
        } orThrow: {
            refusal
        }
    }

    private static let keyTable = FieldTable("key", "nonce")

    static func updateRekey(_ request: EngineRequest) throws(SystemError) -> RekeyCommand {
        let (key, nonce) = try keyAndNonce(request)
        return .update(key, nonce: nonce)
    }

    static func verifyRekey(_ request: EngineRequest) throws(SystemError) -> RekeyCommand {
        let (key, nonce) = try keyAndNonce(request)
        return .verify(key, nonce: nonce)
    }

    static func keyAndNonce(_ request: EngineRequest) throws(SystemError) -> (SealSecret, String) {
        try withParameters(request, keyTable) { (parameters) throws(ParameterFault) in
            let nonce = try parameters.string(1) ?? ""
            return try parameters.secret(0).map { ($0, nonce) }
        } orThrow: {
            .keyMissing
        }
    }

    // MARK: - Performing

    func perform(
        _ command: RekeyCommand, _ kind: ShareKind, into body: inout ByteWriter
    ) async throws(SealControlFault) -> EngineReply {
        switch command {
        case .status: describe(try await seal.rekeyStatus(kind)).write(into: &body)
        case .start(let wish): describe(try await seal.startRekey(kind, wish)).write(into: &body)
        case .update(let key, let nonce):
            switch try await seal.updateRekey(kind, keyText: key, nonce: nonce) {
            case .progress(let report): describe(report).write(into: &body)
            case .complete(let nonce, let shares, let verificationNonce):
                write(shares, nonce: nonce, verificationNonce, into: &body)
            }
        case .verificationStatus: describe(try await seal.verificationStatus(kind)).write(into: &body)
        case .restartVerification: describe(try await seal.restartVerification(kind)).write(into: &body)
        case .verify(let key, let nonce):
            let report = try await seal.verifyRekey(kind, keyText: key, nonce: nonce)
            if report.isComplete {
                JSON.object(["nonce": .string(report.nonce), "complete": .bool(true)]).write(into: &body)
            } else {
                describe(report).write(into: &body)
            }
        case .cancel:
            try await seal.cancelRekey(kind)
            return .noContent
        case .backup:
            // So that a server without recovery shares says so.
            _ = try await seal.rekeyStatus(kind)
            throw SealControlFault(.invalidRequest, "no backed-up keys found")
        case .deleteBackup:
            _ = try await seal.rekeyStatus(kind)
            return .noContent
        }
        return EngineReply(form: .bare)
    }

    private func describe(_ report: RekeyReport) -> JSON {
        var members: [String: JSON] = [
            "nonce": .string(report.nonce), "started": .bool(report.isStarted), "t": .int(report.threshold),
            "n": .int(report.shares), "progress": .int(report.progress), "required": .int(report.required),
            "pgp_fingerprints": .null, "backup": .bool(false),
            "verification_required": .bool(report.requiresVerification),
        ]
        if !report.verificationNonce.isEmpty { members["verification_nonce"] = .string(report.verificationNonce) }
        return .object(members)
    }

    private func describe(_ report: VerificationReport) -> JSON {
        .object([
            "nonce": .string(report.nonce), "started": .bool(true), "t": .int(report.threshold),
            "n": .int(report.shares), "progress": .int(report.progress),
        ])
    }

    private func write(
        _ shares: [SealSecret], nonce: String, _ verificationNonce: String?, into body: inout ByteWriter
    ) {
        body.append("{\"backup\":false,\"complete\":true,")
        body.append(shares: shares, hexName: "keys", base64Name: "keys_base64")
        body.append(",\"nonce\":")
        body.append(jsonString: nonce)
        body.append(",\"pgp_fingerprints\":null")
        if let verificationNonce {
            body.append(",\"verification_nonce\":")
            body.append(jsonString: verificationNonce)
        }
        body.append(",\"verification_required\":")
        body.append(verificationNonce == nil ? "false}" : "true}")
    }
}
