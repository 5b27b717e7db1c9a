package import Bytes
package import EngineKit
package import Quotas
package import Vocabulary

/// `sys/quotas`: rates of requests and numbers of leases. **Source** system wire facts §12.
package final class QuotaPaths: SecretsEngine {
    let quotas: QuotaTable
    let mounts: any MountControl

    package let typeName = "system"

    /// The section.
    package init(quotas: QuotaTable, mounts: any MountControl) {
        self.quotas = quotas
        self.mounts = mounts
    }

    /// A resolved request.
    package enum Command: Sendable, Equatable {
        case read(QuotaRule.Kind, String)
        case list(QuotaRule.Kind)
        case write(QuotaRule)
        case remove(QuotaRule.Kind, String)
        case readConfiguration
        case configure(exempt: [String]?)
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .read, .readConfiguration: .read
        case .list: .list
        case .write, .configure: .update
        case .remove: .delete
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(QuotaPathError) -> Handling {
        switch command {
        case .read(let kind, let name):
            guard let rule = quotas.rule(kind, name) else { throw .nothingThere }
            rule.json.write(into: &body)
            return .done(EngineReply())
        case .list(let kind):
            let names = quotas.names(kind)
            guard !names.isEmpty else { throw .nothingThere }
            JSON.object(["keys": .array(names.map { .string($0) })]).write(into: &body)
            return .done(EngineReply())
        case .readConfiguration:
            let paths = JSON.array(quotas.exemptions.map { .string($0) })
            JSON.object([
                "enable_rate_limit_audit_logging": .bool(false), "enable_rate_limit_response_headers": .bool(false),
                "rate_limit_exempt_paths": paths, "absolute_rate_limit_exempt_paths": paths,
            ]).write(into: &body)
            return .done(EngineReply())
        case .write, .remove, .configure: return .needsStorage
        }
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(QuotaPathError) -> EngineReply {
        do throws(QuotaFault) {
            switch command {
            case .write(let rule): try await quotas.put(rule)
            case .remove(let kind, let name): try await quotas.remove(kind, name)
            case .configure(let paths): if let paths { try await quotas.exempt(paths) }
            case .read, .list, .readConfiguration: break
            }
        } catch {
            throw .quota(error)
        }
        if case .done(let reply) = try perform(command, into: &body) { return reply }
        return .noContent
    }
}

/// What can go wrong on the quota paths.
package enum QuotaPathError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// The table did not take it.
    case quota(QuotaFault)
    /// A rate or a number that is none.
    case invalid(field: String)
    /// Nothing is mounted there.
    case invalidMount(String)
    /// The name is none.
    case malformedName
    /// There is no such quota.
    case nothingThere
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .quota(let fault): fault.faultClass
        case .invalid, .invalidMount, .malformedName: .invalidRequest
        case .nothingThere: .nothingThere
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .quota(let fault): fault.wireText
        case .invalid(let field): "'\(field)' is invalid"
        case .invalidMount(let path): "invalid mount path \"\(path)\""
        case .malformedName: "names of quotas are made of letters, digits, '.', '_' and '-'"
        case .nothingThere: ""
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        }
    }
}
