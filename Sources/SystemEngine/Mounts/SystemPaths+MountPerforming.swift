internal import Bytes
internal import EngineKit
internal import Policies
internal import Vocabulary

/// Answers about mounts. **Source** system wire facts §6, §6.1, §7.
extension SystemPaths {
    /// What memory can answer; nil for the rest.
    func answer(_ command: MountCommand, into body: inout ByteWriter) throws(SystemError) -> EngineReply? {
        switch command {
        case .list(let auth):
            JSON.object(described(control.mounts.filter { $0.isAuth == auth })).write(into: &body)
            return EngineReply(form: .mirrored)
        case .read(let path):
            let wanted = path.hasSuffix("/") ? path : path + "/"
            guard let point = control.point(at: wanted) else { throw .noMount(wanted) }
            point.description.json.write(into: &body)
            return EngineReply(form: .mirrored)
        case .readTuning(let path):
            let wanted = path.hasSuffix("/") ? path : path + "/"
            guard let point = control.point(at: wanted) else { throw .mount(.nothingToTune(wanted)) }
            point.tuningJSON.write(into: &body)
            return EngineReply(form: .mirrored)
        case .migration(let id):
            guard let migration = control.migration(id) else { throw .nothingThere }
            JSON.object([
                "migration_id": .string(migration.id),
                "migration_info": .object([
                    "source_mount": .string(migration.source), "target_mount": .string(migration.target),
                    "status": .string(migration.status),
                ]),
            ]).write(into: &body)
            return EngineReply()
        case .uiMounts(let caller): return listForUI(caller, into: &body)
        case .uiMount(let path, let caller): return try describeForUI(path, caller, into: &body)
        case .resultantACL(let caller):
            Self.resultantACL(of: rights.rules(of: caller)).write(into: &body)
            return EngineReply()
        case .enable, .disable, .tune, .move, .specification: return nil
        }
    }

    /// What changes mounts.
    func perform(_ command: MountCommand, into body: inout ByteWriter) async throws(SystemError) -> EngineReply {
        do throws(MountFault) {
            switch command {
            case .enable(let wish, let tuning, let warnings):
                try await control.mount(try wish.tuned(by: tuning))
                return warnings.isEmpty ? .noContent : EngineReply(warnings: warnings)
            case .disable(let path): try await control.unmount(path)
            case .tune(let path, let tuning, let warnings):
                let all = try await control.tune(path, tuning) + warnings
                return all.isEmpty ? .noContent : EngineReply(warnings: all)
            case .move(let from, let to):
                let migration = try await control.remount(from: from, to: to)
                JSON.object(["migration_id": .string(migration.id)]).write(into: &body)
                return EngineReply()
            case .specification(let caller): return specification(for: caller, into: &body)
            default: break
            }
        } catch {
            throw .mount(error)
        }
        return .noContent
    }

    private func described(_ mounts: [MountDescription]) -> [String: JSON] {
        Dictionary(mounts.map { ($0.shownPath, $0.json) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: - For user interfaces, and for the command line before it reads or writes

    /// The paths of what the caller may see. **Cost** some milliseconds, so it is no work for an event loop.
    private func specification(for caller: Caller?, into body: inout ByteWriter) -> EngineReply {
        let rules = caller.map { rights.rules(of: $0) }
        var document = OpenAPIDocument(version: facts.version)
        for mount in control.mounts where rules?.reaches(mount.path) ?? false || mount.listingVisibility == "unauth" {
            document.add(control.describedPaths(at: mount.path), of: mount)
        }
        document.json.write(into: &body)
        return EngineReply(form: .bare)
    }

    private func listForUI(_ caller: Caller?, into body: inout ByteWriter) -> EngineReply {
        let rules = caller.map { rights.rules(of: $0) }
        var (auth, secret): ([String: JSON], [String: JSON]) = ([:], [:])
        for mount in control.mounts {
            let json: JSON
            if let rules, rules.reaches(mount.path) || mount.listingVisibility == "unauth" {
                json = mount.json
            } else if mount.listingVisibility == "unauth" {
                json = mount.briefJSON
            } else {
                continue
            }
            if mount.isAuth { auth[mount.shownPath] = json } else { secret[mount.shownPath] = json }
        }
        JSON.object(["auth": .object(auth), "secret": .object(secret)]).write(into: &body)
        return EngineReply()
    }

    private func describeForUI(
        _ path: String, _ caller: Caller?, into body: inout ByteWriter
    ) throws(SystemError) -> EngineReply {
        guard let caller else { throw .permissionDenied }
        let wanted = path.hasSuffix("/") ? path : path + "/"
        guard let mount = control.holder(of: wanted), rights.rules(of: caller).reaches(mount.path),
            case .object(var members) = mount.json
        else { throw .preflight(wanted) }
        members["path"] = .string(mount.path)
        JSON.object(members).write(into: &body)
        return EngineReply()
    }

    private static func resultantACL(of rules: any AccessRules) -> JSON {
        if rules.isRoot { return .object(["root": .bool(true)]) }
        var (exact, globs): ([String: JSON], [String: JSON]) = ([:], [:])
        for rule in (rules as? CompiledACL)?.rules ?? [] {
            let names = rule.capabilities.names
            let json = JSON.object(["capabilities": .array(names.map { .string($0) })])
            let isGlob = rule.path.hasSuffix("*")
            if isGlob { globs[String(rule.path.dropLast())] = json } else { exact[rule.path] = json }
        }
        return .object(["exact_paths": .object(exact), "glob_paths": .object(globs), "root": .bool(false)])
    }
}

extension AccessRules {
    /// Whether the bearer may do something at or below a mount.
    fileprivate func reaches(_ path: String) -> Bool {
        if isRoot { return true }
        var path = path
        return path.withUTF8 { touches(below: ByteView(UnsafeRawBufferPointer($0))) }
    }
}

extension CapabilitySet {
    /// The names, sorted.
    fileprivate var names: [String] {
        if contains(.deny) { return ["deny"] }
        let all: [(CapabilitySet, String)] = [
            (.create, "create"), (.delete, "delete"), (.list, "list"), (.patch, "patch"), (.read, "read"),
            (.sudo, "sudo"), (.update, "update"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
