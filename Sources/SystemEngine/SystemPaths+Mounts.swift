internal import Bytes
internal import EngineKit

extension SystemPaths {
    // MARK: - Resolving

    static func mount(_ request: EngineRequest) -> Command { .mount(mountPath(request)) }
    static func disable(_ request: EngineRequest) -> Command { .disable(mountPath(request)) }
    static func uiMounts(_ request: EngineRequest) -> Command { .uiMounts(all: request.isAuthenticated) }
    static func uiMount(_ request: EngineRequest) -> Command { .uiMount(request.path.dropFirst(19).string) }

    private static func mountPath(_ request: EngineRequest) -> String { request.path.dropFirst(7).string }

    private static let mountTable = FieldTable(
        "type", "description", "config", "options", "local", "seal_wrap", "external_entropy_access", "plugin_name",
        "plugin_version")
    private static let configTable = FieldTable(
        "default_lease_ttl", "max_lease_ttl", "force_no_cache", "listing_visibility", "audit_non_hmac_request_keys",
        "audit_non_hmac_response_keys", "passthrough_request_headers", "allowed_response_headers")

    static func enable(_ request: EngineRequest) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, mountTable)
            var wish = MountDescription(
                path: mountPath(request), type: try parameters.string(0) ?? "", accessor: "", uuid: "",
                about: try parameters.string(1) ?? "")
            wish.isLocal = try parameters.bool(4) ?? false
            wish.isSealWrapped = try parameters.bool(5) ?? false
            let config = parameters[2]
            if config.kind == .object {
                var inner = request
                inner.body = parameters.raw(config)
                let settings = try Parameters(inner, configTable)
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

    // MARK: - Performing

    func listMounts(into body: inout ByteWriter) -> EngineReply {
        JSON.object(described(control.mounts)).write(into: &body)
        return EngineReply(form: .mirrored)
    }

    func describeMount(_ path: String, into body: inout ByteWriter) throws(SystemError) -> EngineReply {
        let wanted = path.hasSuffix("/") ? path : path + "/"
        guard let mount = control.mounts.first(where: { $0.path == wanted }) else { throw .noMount(wanted) }
        mount.json.write(into: &body)
        return EngineReply(form: .mirrored)
    }

    func listMountsForUI(all: Bool, into body: inout ByteWriter) -> EngineReply {
        let secret: JSON = .object(all ? described(control.mounts) : [:])
        JSON.object(["auth": .object([:]), "secret": secret]).write(into: &body)
        return EngineReply()
    }

    func describeMountForUI(_ path: String, into body: inout ByteWriter) throws(SystemError) -> EngineReply {
        let wanted = path.hasSuffix("/") ? path : path + "/"
        guard let mount = control.mounts.first(where: { wanted.hasPrefix($0.path) }) else {
            throw .preflight(wanted)
        }
        guard case .object(var members) = mount.json else { throw .unsupportedPath }
        members["path"] = .string(mount.path)
        JSON.object(members).write(into: &body)
        return EngineReply()
    }

    func enable(_ wish: MountDescription, _ warnings: [String]) async throws(SystemError) -> EngineReply {
        do throws(MountFault) { try await control.mount(wish) } catch { throw .mount(error) }
        return warnings.isEmpty ? .noContent : EngineReply(warnings: warnings)
    }

    func disable(_ path: String) async throws(SystemError) -> EngineReply {
        do throws(MountFault) { try await control.unmount(path) } catch { throw .mount(error) }
        return .noContent
    }

    private func described(_ mounts: [MountDescription]) -> [String: JSON] {
        Dictionary(mounts.map { ($0.path, $0.json) }, uniquingKeysWith: { first, _ in first })
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
