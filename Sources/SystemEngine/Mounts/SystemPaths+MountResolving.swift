internal import Bytes
internal import EngineKit

/// Parameters of what is asked about mounts. **Source** system wire facts §6, §7.
extension SystemPaths {
    static func mount(_ request: EngineRequest) throws(SystemError) -> Command {
        if let path = tunedPath(request, "mounts/") { return .mounts(.readTuning(path)) }
        return .mounts(.read(path(request, "mounts/")))
    }

    static func authMount(_ request: EngineRequest) throws(SystemError) -> Command {
        if let path = tunedPath(request, "auth/") { return .mounts(.readTuning("auth/" + path)) }
        return .mounts(.read("auth/" + path(request, "auth/")))
    }

    static func disable(_ request: EngineRequest) throws(SystemError) -> Command {
        let path = path(request, "mounts/")
        // To end an auth method takes sudo on its own path.
        if path.hasPrefix("auth/") { throw .mount(.cannotUnmount(path.hasSuffix("/") ? path : path + "/")) }
        return .mounts(.disable(path))
    }
    static func disableAuth(_ request: EngineRequest) -> Command {
        .mounts(.disable("auth/" + path(request, "auth/")))
    }

    static func uiMounts(_ request: EngineRequest) -> Command { .mounts(.uiMounts(request.caller)) }
    static func uiMount(_ request: EngineRequest) -> Command {
        .mounts(.uiMount(path(request, "internal/ui/mounts/"), request.caller))
    }
    static func resultantACL(_ request: EngineRequest) throws(SystemError) -> Command {
        guard let caller = request.caller else { throw .permissionDenied }
        return .mounts(.resultantACL(caller))
    }
    static func migration(_ request: EngineRequest) -> Command {
        .mounts(.migration(path(request, "remount/status/")))
    }

    static func enableMount(_ request: EngineRequest) throws(SystemError) -> Command {
        if let path = tunedPath(request, "mounts/") { return try tune(request, path) }
        let path = path(request, "mounts/")
        // Auth methods have a path of their own to be enabled by.
        if path.hasPrefix("auth/") { throw .mount(.reservedPath(path.hasSuffix("/") ? path : path + "/")) }
        return try enable(request, path)
    }

    static func enableAuthMount(_ request: EngineRequest) throws(SystemError) -> Command {
        if let path = tunedPath(request, "auth/") { return try tune(request, "auth/" + path) }
        return try enable(request, "auth/" + path(request, "auth/"))
    }

    private static func path(_ request: EngineRequest, _ head: StaticString) -> String {
        request.path.dropFirst(head.utf8CodeUnitCount).string
    }

    /// The path in front of `/tune`, if that is how the request's ends.
    private static func tunedPath(_ request: EngineRequest, _ head: StaticString) -> String? {
        let path = path(request, head)
        guard path.hasSuffix("/tune") else { return nil }
        return String(path.dropLast("/tune".count))
    }

    private static let mountTable = FieldTable(
        "type", "description", "config", "options", "local", "seal_wrap", "external_entropy_access", "plugin_name",
        "plugin_version")

    private static func enable(_ request: EngineRequest, _ path: String) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, mountTable)
            var type = try parameters.string(0) ?? ""
            // Compatibility: what was named so before types named plugins.
            if type == "plugin" { type = try parameters.string(7) ?? "" }
            var wish = MountDescription(
                path: path, type: type, accessor: "", uuid: "", about: try parameters.string(1) ?? "")
            wish.isLocal = try parameters.bool(4) ?? false
            wish.isSealWrapped = try parameters.bool(5) ?? false
            wish.options = try parameters.stringMap(3) ?? [:]
            var tuning = MountTuning()
            let config = parameters[2]
            if config.kind == .object {
                var inner = request
                inner.body = parameters.raw(config)
                tuning = try self.tuning(try Parameters(inner, tuningTable), inner)
                // What the mount is told about itself stands outside.
                (tuning.about, tuning.options) = (nil, nil)
            } else if config.isPresent && config.kind != .null {
                throw parameters.conversion(2, "a map")
            }
            return .mounts(.enable(wish, tuning, warnings: parameters.warnings(replaced: ["path"])))
        } catch {
            throw .parameters(error)
        }
    }

    private static let tuningTable = FieldTable(
        "default_lease_ttl", "max_lease_ttl", "description", "options", "listing_visibility", "token_type",
        "audit_non_hmac_request_keys", "audit_non_hmac_response_keys", "passthrough_request_headers",
        "allowed_response_headers", "force_no_cache", "plugin_version", "user_lockout_config", "plugin_name",
        "identity_token_key", "trim_request_trailing_slashes")

    private static func tune(_ request: EngineRequest, _ path: String) throws(SystemError) -> Command {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, tuningTable)
            return .mounts(
                .tune(path, try tuning(parameters, request), warnings: parameters.warnings(replaced: ["path"])))
        } catch {
            throw .parameters(error)
        }
    }

    private static func tuning(
        _ parameters: Parameters, _ request: EngineRequest
    ) throws(ParameterFault) -> MountTuning {
        var tuning = MountTuning()
        tuning.defaultLeaseSeconds = try leaseSeconds(parameters, 0)
        tuning.maxLeaseSeconds = try leaseSeconds(parameters, 1)
        tuning.about = try parameters.string(2)
        tuning.options = try parameters.stringMap(3)
        tuning.listingVisibility = try parameters.string(4)
        tuning.tokenType = try parameters.string(5)
        tuning.plainRequestKeys = try parameters.strings(6)
        tuning.plainResponseKeys = try parameters.strings(7)
        tuning.passedRequestHeaders = try parameters.strings(8)
        tuning.allowedResponseHeaders = try parameters.strings(9)
        tuning.forcesNoCache = try parameters.bool(10)
        tuning.lockout = try lockout(parameters, request)
        return tuning
    }

    private static let lockoutTable = FieldTable(
        "lockout_threshold", "lockout_duration", "lockout_counter_reset_duration", "lockout_disable")

    private static func lockout(
        _ parameters: Parameters, _ request: EngineRequest
    ) throws(ParameterFault) -> LockoutSettings? {
        let config = parameters[12]
        guard config.isPresent, config.kind != .null else { return nil }
        guard config.kind == .object else { throw parameters.conversion(12, "a map") }
        var inner = request
        inner.body = parameters.raw(config)
        let values = try Parameters(inner, lockoutTable)
        var lockout = LockoutSettings()
        lockout.threshold = try values.int(0)
        lockout.lockSeconds = try values.durationSeconds(1)
        lockout.resetSeconds = try values.durationSeconds(2)
        lockout.isDisabled = try values.bool(3)
        return lockout
    }

    /// A duration, or the word that stands for the system's.
    private static func leaseSeconds(_ parameters: Parameters, _ index: Int) throws(ParameterFault) -> Int? {
        if parameters[index].kind == .string, try parameters.string(index) == "system" { return 0 }
        return try parameters.durationSeconds(index)
    }

    private static let moveTable = FieldTable("from", "to")

    static func move(_ request: EngineRequest) throws(SystemError) -> Command {
        let parameters: Parameters
        do throws(ParameterFault) { parameters = try Parameters(request, moveTable) } catch {
            throw .parameters(error)
        }
        guard let from = try? parameters.string(0), let to = try? parameters.string(1), !from.isEmpty, !to.isEmpty
        else { throw .moveIncomplete }
        return .mounts(.move(from: from, to: to))
    }
}
