package import Bytes
package import EngineKit
package import Vocabulary

/// What `sys/` tells about the server itself.
package struct ServerFacts: Sendable {
    /// Strongroom's own version.
    package var version: String
    /// The level of the field's API that is served: what clients compare with.
    package var compatibilityVersion = "1.18.0"
    /// Kind of storage, for instance `inmem`.
    package var storageType: String
    /// Name and id of the cluster.
    package var clusterName: String
    /// Random, made at first start.
    package var clusterID: String

    /// Facts about a server.
    package init(version: String, storageType: String, clusterName: String, clusterID: String) {
        self.version = version
        self.storageType = storageType
        self.clusterName = clusterName
        self.clusterID = clusterID
    }
}

/// What can go wrong under `sys/`.
package enum SystemError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// A mount cannot be made or ended.
    case mount(MountFault)
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation
    /// Nothing is mounted there.
    case noMount(String)
    /// The UI's question for a path that belongs to no mount.
    case preflight(String)

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .mount(let fault): fault.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .noMount: .invalidRequest
        case .preflight: .permissionDenied
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .mount(let fault): fault.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .noMount(let path): "No secret engine mount at \(path)"
        case .preflight(let path):
            "preflight capability check returned 403, please ensure client's policies grant access to path \"\(path)\""
        }
    }
}

/// `sys/`: mounts, health, seal status.
package final class SystemPaths: SecretsEngine {
    /// A resolved request.
    package enum Command: Sendable {
        /// Reads.
        case mounts
        case mount(String)
        case uiMounts(all: Bool)
        case uiMount(String)
        case sealStatus
        case health(activeCode: Int)
        /// Changes.
        case enable(MountDescription, warnings: [String])
        case disable(String)
    }

    private let facts: ServerFacts
    private let control: any MountControl
    private let now: @Sendable () -> Int

    package let typeName = "system"
    /// Mount paths are given with and without their slash.
    package let takesFolderWrites = true

    /// The engine; `now` gives Unix seconds.
    package init(facts: ServerFacts, mounts: any MountControl, now: @escaping @Sendable () -> Int) {
        self.facts = facts
        control = mounts
        self.now = now
    }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        request.operation == .read
            && (request.path.equals("health") || request.path.equals("seal-status")
                || request.path.equals("internal/ui/mounts"))
    }

    package func resolve(_ request: EngineRequest) throws(SystemError) -> Command {
        let path = request.path
        if path.equals("health") { return try only(.read, request, try health(request)) }
        if path.equals("seal-status") { return try only(.read, request, .sealStatus) }
        if path.equals("mounts") { return try only(.read, request, .mounts) }
        if path.equals("internal/ui/mounts") {
            return try only(.read, request, .uiMounts(all: request.isAuthenticated))
        }
        if path.hasPrefix("internal/ui/mounts/") {
            return try only(.read, request, .uiMount(path.dropFirst(19).string))
        }
        guard path.hasPrefix("mounts/"), path.count > 7 else { throw .unsupportedPath }
        let mount = path.dropFirst(7).string
        switch request.operation {
        case .read: return .mount(mount)
        case .write: return try enable(mount, request)
        case .delete: return .disable(mount)
        case .list: throw .unsupportedOperation
        }
    }

    private func only(
        _ operation: Operation, _ request: EngineRequest, _ command: @autoclosure () throws(SystemError) -> Command
    ) throws(SystemError) -> Command {
        guard request.operation == operation else { throw .unsupportedOperation }
        return try command()
    }

    private static let healthTable = FieldTable(
        "activecode", "standbycode", "sealedcode", "uninitcode", "drsecondarycode", "performancestandbycode",
        "standbyok", "perfstandbyok")

    private func health(_ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let code = try Parameters(request, Self.healthTable).int(0) ?? 200
            return .health(activeCode: (200...599).contains(code) ? code : 200)
        } catch {
            throw .parameters(error)
        }
    }

    private static let mountTable = FieldTable(
        "type", "description", "config", "options", "local", "seal_wrap", "external_entropy_access", "plugin_name",
        "plugin_version")
    private static let configTable = FieldTable(
        "default_lease_ttl", "max_lease_ttl", "force_no_cache", "listing_visibility", "audit_non_hmac_request_keys",
        "audit_non_hmac_response_keys", "passthrough_request_headers", "allowed_response_headers")

    private func enable(_ path: String, _ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, Self.mountTable)
            var wish = MountDescription(
                path: path, type: try parameters.string(0) ?? "", accessor: "", uuid: "",
                about: try parameters.string(1) ?? "")
            wish.isLocal = try parameters.bool(4) ?? false
            wish.isSealWrapped = try parameters.bool(5) ?? false
            let config = parameters[2]
            if config.kind == .object {
                var inner = request
                inner.body = parameters.raw(config)
                let settings = try Parameters(inner, Self.configTable)
                wish.defaultLeaseSeconds = try settings.durationSeconds(0) ?? 0
                wish.maxLeaseSeconds = try settings.durationSeconds(1) ?? 0
            } else if config.isPresent && config.kind != .null {
                throw parameters.conversion(2, "a map")
            }
            return .enable(wish, warnings: parameters.warnings(replaced: ["path"]))
        } catch {
            throw .parameters(error)
        }
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .mounts, .mount, .uiMounts, .uiMount, .sealStatus, .health: .read
        case .enable: .update
        case .disable: .delete
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(SystemError) -> Handling {
        switch command {
        case .mounts:
            JSON.object(described(control.mounts)).write(into: &body)
            return .done(EngineReply(form: .mirrored))
        case .mount(let path):
            let wanted = path.hasSuffix("/") ? path : path + "/"
            guard let mount = control.mounts.first(where: { $0.path == wanted }) else { throw .noMount(wanted) }
            mount.json.write(into: &body)
            return .done(EngineReply(form: .mirrored))
        case .uiMounts(let all):
            let secret: JSON = .object(all ? described(control.mounts) : [:])
            JSON.object(["auth": .object([:]), "secret": secret]).write(into: &body)
            return .done(EngineReply())
        case .uiMount(let path):
            let wanted = path.hasSuffix("/") ? path : path + "/"
            guard let mount = control.mounts.first(where: { wanted.hasPrefix($0.path) }) else {
                throw .preflight(wanted)
            }
            guard case .object(var members) = mount.json else { throw .unsupportedPath }
            members["path"] = .string(mount.path)
            JSON.object(members).write(into: &body)
            return .done(EngineReply())
        case .sealStatus:
            sealStatus.write(into: &body)
            return .done(EngineReply(form: .bare))
        case .health(let code):
            health.write(into: &body)
            return .done(EngineReply(status: code, form: .bare))
        case .enable, .disable: return .needsStorage
        }
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(SystemError) -> EngineReply {
        do throws(MountFault) {
            switch command {
            case .enable(let wish, let warnings):
                try await control.mount(wish)
                return warnings.isEmpty ? .noContent : EngineReply(warnings: warnings)
            case .disable(let path):
                try await control.unmount(path)
                return .noContent
            default: break
            }
        } catch {
            throw .mount(error)
        }
        guard case .done(let reply) = try perform(command, into: &body) else { throw .unsupportedOperation }
        return reply
    }

    private func described(_ mounts: [MountDescription]) -> [String: JSON] {
        Dictionary(mounts.map { ($0.path, $0.json) }, uniquingKeysWith: { first, _ in first })
    }

    private var sealStatus: JSON {
        .object([
            "type": .string("shamir"), "initialized": .bool(true), "sealed": .bool(false), "t": .int(1), "n": .int(1),
            "progress": .int(0), "nonce": .string(""), "version": .string(facts.compatibilityVersion),
            "strongroom_version": .string(facts.version), "migration": .bool(false),
            "recovery_seal": .bool(false), "storage_type": .string(facts.storageType),
            "cluster_name": .string(facts.clusterName), "cluster_id": .string(facts.clusterID),
        ])
    }

    private var health: JSON {
        .object([
            "initialized": .bool(true), "sealed": .bool(false), "standby": .bool(false),
            "performance_standby": .bool(false), "replication_performance_mode": .string("disabled"),
            "replication_dr_mode": .string("disabled"), "server_time_utc": .int(now()),
            "version": .string(facts.compatibilityVersion), "strongroom_version": .string(facts.version),
            "cluster_name": .string(facts.clusterName), "cluster_id": .string(facts.clusterID),
        ])
    }
}

extension MountDescription {
    /// The mount as the wire shows it. **Source** system wire facts §6.
    fileprivate var json: JSON {
        .object([
            "accessor": .string(accessor), "uuid": .string(uuid), "type": .string(type),
            "description": .string(about), "local": .bool(isLocal), "seal_wrap": .bool(isSealWrapped),
            "external_entropy_access": .bool(false),
            "options": options.isEmpty ? .null : .object(options.mapValues { .string($0) }),
            "config": .object([
                "default_lease_ttl": .int(defaultLeaseSeconds), "max_lease_ttl": .int(maxLeaseSeconds),
                "force_no_cache": .bool(false),
            ]),
        ])
    }
}
