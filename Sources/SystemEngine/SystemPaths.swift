package import Bytes
package import EngineKit
internal import Vocabulary

/// `sys/`: mounts, health, the seal and what shares authorise, key terms, reports about the server.
///
/// The paths are in the table `endpoints`; each file beside this one has the commands of one subject.
package final class SystemPaths: SecretsEngine {
    let facts: ServerFacts
    let control: any MountControl
    let rights: any RightsGranting
    let seal: any SealControl
    let reports: (any ServerReports)?
    let counts: (any ServerCounts)?
    let now: @Sendable () -> Int

    package let typeName = "system"
    /// Mount paths are given with and without their slash.
    package let takesFolderWrites = true

    /// The engine; `now` gives Unix seconds. Without `seal` it is a development server's, which is never sealed.
    /// `rights` decide which mounts a caller is shown.
    package init(
        facts: ServerFacts, mounts: any MountControl, rights: any RightsGranting = RootRights(),
        seal: (any SealControl)? = nil, reports: (any ServerReports)? = nil,
        counts: (any ServerCounts)? = nil, now: @escaping @Sendable () -> Int
    ) {
        self.rights = rights
        self.facts = facts
        control = mounts
        self.seal = seal ?? DevelopmentSeal()
        self.reports = reports
        self.counts = counts
        self.now = now
    }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        guard let endpoint = Self.endpoint(request.path), endpoint.resolver(request.operation) != nil else {
            return false
        }
        return endpoint.access != .tokens || !endpoint.opensBy.isDisjoint(with: request.client.rules)
    }

    package func tellsCallersMore(_ request: EngineRequest) -> Bool {
        Self.endpoint(request.path)?.access == .everybody
    }

    package func isAllowedWhileSealed(_ request: EngineRequest) -> Bool {
        Self.endpoint(request.path)?.access == .everybodyAlways
    }

    package func resolve(_ request: EngineRequest) throws(SystemError) -> Command {
        guard let endpoint = Self.endpoint(request.path) else { throw .unsupportedPath }
        guard let resolver = endpoint.resolver(request.operation) else { throw .unsupportedOperation }
        return try resolver(request)
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(SystemError) -> Handling {
        switch command {
        case .mounts(let command):
            if let reply = try answer(command, into: &body) { .done(reply) } else { .needsStorage }
        case .leader: .done(leader(into: &body))
        // There is no other node to step down for.
        case .stepDown: .done(.noContent)
        // Load balancers ask often: an open database is told without suspension.
        case .health(let codes) where !seal.isSealed: .done(health(codes, nil, into: &body))
        case .report(.requests): .done(try requestsInFlight(into: &body))
        case .health, .seal, .rekey, .rootGeneration, .terms, .report: .needsStorage
        }
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(SystemError) -> EngineReply {
        switch command {
        case .mounts(let command):
            if let reply = try answer(command, into: &body) { return reply }
            return try await perform(command, into: &body)
        case .report(let command): return try await report(command, into: &body)
        default: break
        }
        do throws(SealControlFault) {
            switch command {
            case .health(let codes):
                let status = try await seal.status()
                return health(codes, status, into: &body)
            case .seal(let command): return try await perform(command, into: &body)
            case .rekey(let kind, let command): return try await perform(command, kind, into: &body)
            case .rootGeneration(let command): return try await perform(command, into: &body)
            case .terms(let command): return try await perform(command, into: &body)
            default: break
            }
        } catch {
            throw .seal(error)
        }
        guard case .done(let reply) = try perform(command, into: &body) else { throw .unsupportedOperation }
        return reply
    }
}
