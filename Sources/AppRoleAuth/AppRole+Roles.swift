internal import Bytes
internal import EngineKit
internal import Primitives
internal import Storage

/// Keeping roles: `role/<name>` the role, `role-id/<digest>` which role a role id means.
extension AppRole {
    static let attempts = 32

    /// A role, with the revision of what is stored.
    func role(_ name: RoleName) async throws(AppRoleError) -> (role: RoleRecord, revision: UInt64)? {
        do throws(StorageError) {
            let found = try await storage.record(RoleRecord.path(name)) { (reader) throws(RecordFault) in
                try RoleRecord(from: &reader)
            }
            return found.map { ($0.value, $0.revision) }
        } catch {
            throw .storage
        }
    }

    func existing(_ name: RoleName) async throws(AppRoleError) -> RoleRecord {
        guard let role = try await role(name)?.role else { throw .unknownRole(name) }
        return role
    }

    func commit(_ batch: WriteBatch) async throws(AppRoleError) -> Bool {
        do throws(StorageError) { return try await storage.commitUnlessChanged(batch) } catch { throw .storage }
    }

    func digest(_ kind: StaticString, _ text: String) throws(AppRoleError) -> String {
        do throws(CryptoError) { return try digests.digest(kind, text) } catch { throw .noRandomness }
    }

    func roleIDPath(_ roleID: String) throws(AppRoleError) -> String { "role-id/" + (try digest("role", roleID)) }

    static func uuid() throws(AppRoleError) -> String {
        var writer = ByteWriter(capacity: 36)
        do throws(CryptoError) {
            try writer.append(room: 36) { (out) throws(CryptoError) in
                try RandomSource.uuid(into: out)
                return 36
            }
        } catch {
            throw .noRandomness
        }
        return writer.view.string
    }

    func names(
        in folder: String, after: String?, limit: Int, into body: inout ByteWriter
    ) async throws(AppRoleError) -> EngineReply {
        let page: FolderPage
        do throws(StorageError) { page = try await storage.names(in: folder, after: after, limit: limit) } catch {
            throw .storage
        }
        guard !page.names.isEmpty else { throw .nothingThere }
        JSON.object(["keys": .array(page.names.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }

    /// Changes a role in one commit; a new role id moves with it. Asked again when somebody else was faster.
    private func changing(
        _ name: RoleName, _ body: (inout RoleRecord?) async throws(AppRoleError) -> Void
    ) async throws(AppRoleError) {
        try await turns.holding(name.text) { () async throws(AppRoleError) in
            for _ in 0..<Self.attempts {
                let found = try await role(name)
                var changed = found?.role
                try await body(&changed)
                guard let changed else { return }
                let key = StorageKey(RoleRecord.path(name))
                var batch = WriteBatch()
                batch.put(key, changed.record)
                batch.require(found.map { .revision($0.revision) } ?? .absent, at: key)
                if changed.roleID != found?.role.roleID {
                    let place = StorageKey(try roleIDPath(changed.roleID))
                    if try await stored(place.path) { throw .roleIDInUse }
                    var writer = RecordWriter(format: 1)
                    writer.put(text: name.text)
                    batch.put(place, writer.record)
                    batch.require(.absent, at: place)
                    if let old = found?.role.roleID { batch.delete(StorageKey(try roleIDPath(old))) }
                }
                if try await commit(batch) { return }
            }
            throw .contention
        }
    }

    func stored(_ path: String) async throws(AppRoleError) -> Bool {
        do throws(StorageError) { return try await storage.read(path) != nil } catch { throw .storage }
    }

    func write(_ name: RoleName, _ change: RoleChange) async throws(AppRoleError) -> EngineReply {
        let wanted = try change.roleID()
        try await changing(name) { (role) throws(AppRoleError) in
            var next: RoleRecord
            if let known = role {
                next = known
                if let wanted { next.roleID = wanted }
            } else if let wanted {
                next = RoleRecord(uid: try Self.uuid(), roleID: wanted)
            } else {
                next = RoleRecord(uid: try Self.uuid(), roleID: try Self.uuid())
            }
            try change.apply(to: &next)
            role = next
        }
        return .noContent
    }

    func setRoleID(_ name: RoleName, _ roleID: String) async throws(AppRoleError) -> EngineReply {
        try await changing(name) { (role) throws(AppRoleError) in
            guard role != nil else { throw .unknownRole(name) }
            role?.roleID = roleID
        }
        return .noContent
    }

    func delete(_ name: RoleName) async throws(AppRoleError) -> EngineReply {
        let uid = try await turns.holding(name.text) { () async throws(AppRoleError) -> String? in
            guard let (role, revision) = try await role(name) else { return nil }
            var batch = WriteBatch()
            batch.delete(StorageKey(RoleRecord.path(name)))
            batch.delete(StorageKey(try roleIDPath(role.roleID)))
            batch.require(.revision(revision), at: StorageKey(RoleRecord.path(name)))
            guard try await commit(batch) else { throw .contention }
            return role.uid
        }
        // From here on nobody logs in with them; what a crash leaves, tidying removes.
        if let uid { try await forget(uid) }
        return .noContent
    }

    // MARK: - Single parts

    func readField(
        _ name: RoleName, _ field: RoleField, into body: inout ByteWriter
    ) async throws(AppRoleError) -> EngineReply {
        guard let role = try await role(name)?.role else { throw .nothingThere }
        let cidrs = (role.secretIDCIDRs ?? []).map { JSON.string(CIDRs.short($0)) }
        let value: JSON =
            switch field {
            case .token(.boundCIDRs): .array(role.token.parameters.boundCIDRs.map { .string(CIDRs.short($0)) })
            case .token(let field): role.token.value(field)
            case .bindSecretID: .bool(role.bindsSecretID)
            case .secretIDCIDRs, .boundCIDRList: .array(cidrs)
            case .secretIDUses: .int(role.secretIDUses)
            case .secretIDSeconds: .int(role.secretIDSeconds)
            case .localSecretIDs: .bool(role.hasLocalSecretIDs)
            }
        JSON.object([field.name: value]).write(into: &body)
        return EngineReply()
    }

    func writeField(
        _ name: RoleName, _ field: RoleField, _ change: RoleChange
    ) async throws(AppRoleError) -> EngineReply {
        try await changing(name) { (role) throws(AppRoleError) in
            guard var next = role else { throw .unknownRole(name) }
            try change.apply(to: &next, only: field)
            role = next
        }
        return .noContent
    }

    func resetField(_ name: RoleName, _ field: RoleField) async throws(AppRoleError) -> EngineReply {
        try await changing(name) { (role) throws(AppRoleError) in
            guard var next = role else { throw .unknownRole(name) }
            switch field {
            case .token(let field): next.token.reset(field)
            case .bindSecretID: next.bindsSecretID = true
            case .secretIDCIDRs, .boundCIDRList: next.secretIDCIDRs = nil
            case .secretIDUses: next.secretIDUses = 0
            case .secretIDSeconds: next.secretIDSeconds = 0
            case .localSecretIDs: break
            }
            guard next.isConstrained else { throw .noConstraint }
            role = next
        }
        return .noContent
    }
}
