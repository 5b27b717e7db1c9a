internal import Bytes
internal import EngineKit
internal import Vocabulary

/// A root token by shares, for those who have lost theirs. **Source** system wire facts §3.
///
/// It works without a token. So that nobody without shares can hinder those who have them, the nonce of an attempt is
/// told only to who begins it and to callers with a token: without it, an attempt can neither be cancelled nor spoilt
/// by wrong shares.
extension SystemPaths {
    // MARK: - Resolving

    static func generationStatus(_ request: EngineRequest) -> Command {
        .rootGeneration(.status(isKnown: request.isAuthenticated))
    }

    private static let startTable = FieldTable("otp", "pgp_key")

    static func startGeneration(_ request: EngineRequest) throws(SystemError) -> Command {
        try withParameters(request, startTable) { (parameters) throws(ParameterFault) in
            if parameters.isFilled(1) { return nil }
            return .rootGeneration(.start(otp: try parameters.secret(0)))
        } orThrow: {
            .pgpKeysUnsupported
        }
    }

    static func updateGeneration(_ request: EngineRequest) throws(SystemError) -> Command {
        let (key, nonce) = try keyAndNonce(request)
        return .rootGeneration(.update(key, nonce: nonce, isKnown: request.isAuthenticated))
    }

    private static let cancelTable = FieldTable("nonce")

    static func cancelGeneration(_ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let nonce = try Parameters(request, cancelTable).string(0) ?? ""
            return .rootGeneration(.cancel(nonce: nonce.isEmpty ? nil : nonce, isKnown: request.isAuthenticated))
        } catch {
            throw .parameters(error)
        }
    }

    // MARK: - Performing

    func perform(
        _ command: RootGenerationCommand, into body: inout ByteWriter
    ) async throws(SealControlFault) -> EngineReply {
        switch command {
        case .status(let isKnown):
            var report = try await seal.rootGenerationStatus()
            if !isKnown { report.nonce = "" }
            write(report, into: &body)
        case .start(let otp): write(try await seal.startRootGeneration(otp: otp), into: &body)
        case .update(let key, let nonce, let isKnown):
            do throws(SealControlFault) {
                write(try await seal.updateRootGeneration(keyText: key, nonce: nonce), into: &body)
            } catch {
                throw isKnown ? error : error.forStrangers
            }
        case .cancel(let nonce, let isKnown):
            try await cancel(nonce: nonce, isKnown: isKnown)
            return .noContent
        }
        return EngineReply(form: .bare)
    }

    private func cancel(nonce: String?, isKnown: Bool) async throws(SealControlFault) {
        if isKnown { return try await seal.cancelRootGeneration(nonce: nil) }
        if let nonce { return try await seal.cancelRootGeneration(nonce: nonce) }
        // Nothing is to be cancelled: clients do that to be sure.
        guard try await seal.rootGenerationStatus().isStarted else { return }
        throw SealControlFault(
            .permissionDenied, "cancelling a root generation needs its nonce, as the parameter 'nonce', or a token")
    }

    private func write(_ report: RootGenerationReport, into body: inout ByteWriter) {
        body.append("{\"complete\":")
        body.append(report.encodedToken == nil ? "false" : "true")
        for name in ["encoded_root_token", "encoded_token"] as [StaticString] {
            append(report.encodedToken, name, to: &body)
        }
        body.append(",\"nonce\":")
        body.append(jsonString: report.nonce)
        append(report.otp, "otp", to: &body)
        body.append(",\"otp_length\":")
        body.append(decimal: report.otpLength)
        body.append(",\"pgp_fingerprint\":\"\",\"progress\":")
        body.append(decimal: report.progress)
        body.append(",\"required\":")
        body.append(decimal: report.required)
        body.append(",\"started\":")
        body.append(report.isStarted ? "true}" : "false}")
    }

    private func append(_ secret: SealSecret?, _ name: StaticString, to body: inout ByteWriter) {
        body.append(",\"")
        body.append(name)
        body.append("\":")
        if let secret { body.append(jsonSecret: secret) } else { body.append("\"\"") }
    }
}
