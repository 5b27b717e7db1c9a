internal import Bytes
package import EngineKit
internal import Storage
internal import Vocabulary

/// Secret ids of a role: `secret/<uid>/<digest>` the record, `accessor/<uid>/<accessor>` the digest.
///
/// Both lie in folders of their role, so that no request about one role reaches a secret id of another
/// (CVE-2023-24999).
extension AppRole {
    static func accessors(_ role: RoleRecord) -> String { "accessor/\(role.uid)/" }
    private static func secrets(_ uid: String) -> String { "secret/\(uid)/" }

    func secretPath(_ role: RoleRecord, _ secretID: String) throws(AppRoleError) -> String {
        Self.secrets(role.uid) + (try digest("secret", secretID))
    }

    func secret(_ path: String) async throws(AppRoleError) -> (secret: SecretIDRecord, revision: UInt64)? {
        do throws(StorageError) {
            let found = try await storage.record(path) { (reader) throws(RecordFault) in
                try SecretIDRecord(from: &reader)
            }
            return found.map { ($0.value, $0.revision) }
        } catch {
            throw .storage
        }
    }

    func makeSecretID(
        _ name: RoleName, _ wish: SecretIDWish, into body: inout ByteWriter
    ) async throws(AppRoleError) -> EngineReply {
        let role = try await existing(name)
        guard role.bindsSecretID else { throw .secretIDNotBound }
        let secretID: String
        if let custom = wish.custom { secretID = custom } else { secretID = try Self.uuid() }
        let record = try wish.record(for: role, accessor: try Self.uuid(), now: now())
        let path = try secretPath(role, secretID)
        var writer = RecordWriter(format: 1)
        writer.put(text: path)
        var batch = WriteBatch()
        batch.put(StorageKey(path), record.record)
        batch.put(StorageKey(Self.accessors(role) + record.accessor), writer.record)
        batch.require(.absent, at: StorageKey(path))
        guard try await commit(batch) else { throw .secretIDInUse }
        JSON.object([
            "secret_id": .string(secretID), "secret_id_accessor": .string(record.accessor),
            "secret_id_ttl": .int(record.seconds), "secret_id_num_uses": .int(record.usesLeft),
        ]).write(into: &body)
        return EngineReply()
    }

    /// Where the record of a handle is, in the role's own folder; nil for an accessor that the role does not know.
    private func path(_ role: RoleRecord, _ handle: Handle) async throws(AppRoleError) -> String? {
        switch handle {
        case .secretID(let secretID): return try secretPath(role, secretID)
        case .accessor(let accessor):
            // No accessor leads out of the folder.
            guard !accessor.utf8.contains(UInt8(ascii: "/")) else { return nil }
            do throws(StorageError) {
                return try await storage.record(Self.accessors(role) + accessor) { (r) throws(RecordFault) in
                    try r.text()
                }?.value
            } catch {
                throw .storage
            }
        }
    }

    func lookup(
        _ name: RoleName, _ handle: Handle, into body: inout ByteWriter
    ) async throws(AppRoleError) -> EngineReply {
        let role = try await existing(name)
        guard let path = try await path(role, handle), let (secret, _) = try await secret(path),
            !secret.isOver(at: now())
        else {
            if case .accessor = handle { throw .unknownAccessor }
            return .noContent
        }
        secret.write(into: &body)
        return EngineReply()
    }

    func destroy(_ name: RoleName, _ handle: Handle) async throws(AppRoleError) -> EngineReply {
        let role = try await existing(name)
        guard let path = try await path(role, handle), let (secret, _) = try await secret(path) else {
            if case .accessor = handle { throw .unknownAccessor }
            return .noContent
        }
        _ = try await commit(Self.removal(of: secret, at: path, role))
        return .noContent
    }

    static func removal(of secret: SecretIDRecord, at path: String, _ role: RoleRecord) -> WriteBatch {
        var batch = WriteBatch()
        batch.delete(StorageKey(path))
        batch.delete(StorageKey(accessors(role) + secret.accessor))
        return batch
    }

    // MARK: - Logging in

    func login(
        roleID: String, secretID: String, from address: PeerAddress
    ) async throws(AppRoleError) -> EngineReply {
        guard let name = try await roleName(roleID), let role = try await role(name)?.role, role.roleID == roleID else {
            throw .badRoleID
        }
        var login = Login(aliasName: roleID, displayName: "approle")
        login.token = role.token.parameters
        if role.bindsSecretID {
            guard !secretID.isEmpty else { throw .missingSecretID }
            let secret = try await use(secretID, of: role, from: address)
            login.metadata = secret.metadata
            if !secret.tokenCIDRs.isEmpty { login.token.boundCIDRs = secret.tokenCIDRs }
        } else if !CIDRs.admit(role.secretIDCIDRs ?? [], address) {
            throw .addressNotAllowed
        }
        guard role.token.admits(address), CIDRs.admit(login.token.boundCIDRs, address) else { throw .addressNotAllowed }
        login.policies = role.token.parameters.policies
        login.metadata["role_name"] = name.text
        var record = RecordWriter(format: 1)
        record.put(text: name.text)
        record.put(text: role.uid)
        login.record = record.record
        var reply = EngineReply()
        reply.grant = .login(login)
        return reply
    }

    private func roleName(_ roleID: String) async throws(AppRoleError) -> RoleName? {
        do throws(StorageError) {
            let path: String
            do throws(AppRoleError) { path = try roleIDPath(roleID) } catch { throw StorageError.unavailable }
            let found = try await storage.record(path) { (r) throws(RecordFault) in try r.text() }
            return found.flatMap { RoleName(text: $0.value) }
        } catch {
            throw .storage
        }
    }

    /// Takes one use of a secret id, and the secret id away with the last one. Of two logins that race for the last
    /// use,
    /// one gets it: the commit is on the condition that nobody else took one since.
    private func use(
        _ secretID: String, of role: RoleRecord, from address: PeerAddress
    ) async throws(AppRoleError) -> SecretIDRecord {
        let path = try secretPath(role, secretID)
        guard let (first, _) = try await secret(path), !first.isOver(at: now()) else { throw .badSecretID }
        guard CIDRs.admit(first.cidrs, address), CIDRs.admit(role.secretIDCIDRs ?? [], address) else {
            throw .addressNotAllowed
        }
        if first.usesLeft == 0 { return first }
        return try await turns.holding(path) { () async throws(AppRoleError) -> SecretIDRecord in
            for _ in 0..<Self.attempts {
                guard let (known, revision) = try await secret(path), !known.isOver(at: now()) else {
                    throw .badSecretID
                }
                var batch = WriteBatch()
                if known.usesLeft > 1 {
                    var next = known
                    next.usesLeft -= 1
                    next.updated = now()
                    batch.put(StorageKey(path), next.record)
                } else {
                    batch = Self.removal(of: known, at: path, role)
                }
                batch.require(.revision(revision), at: StorageKey(path))
                if try await commit(batch) { return known }
            }
            throw .contention
        }
    }

    /// Asks whether role and secret id still stand.
    package func renewLogin(_ login: Login) async throws(LeaseFault) -> Login {
        let (name, uid) = login.record.withUnsafeBytes { bytes -> (RoleName?, String) in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == 1, let name = try? reader.text(),
                let uid = try? reader.text()
            else { return (nil, "") }
            return (RoleName(text: name), uid)
        }
        guard let name else { throw .refused("the login cannot be renewed") }
        let role: RoleRecord?
        do throws(AppRoleError) { role = try await self.role(name)?.role } catch {
            throw .unavailable("the role cannot be read")
        }
        guard let role, role.uid == uid else { throw .refused("role does not exist during renewal") }
        var renewed = login
        renewed.token = role.token.parameters
        if !login.token.boundCIDRs.isEmpty { renewed.token.boundCIDRs = login.token.boundCIDRs }
        return renewed
    }

    // MARK: - Tidying

    /// Removes every secret id of a role.
    func forget(_ uid: String) async throws(AppRoleError) {
        for folder in [Self.secrets(uid), "accessor/\(uid)/"] {
            while true {
                let paths: [String]
                do throws(StorageError) { paths = try await storage.list(under: folder, limit: 1000) } catch {
                    throw .storage
                }
                if paths.isEmpty { break }
                var batch = WriteBatch()
                for path in paths { batch.delete(StorageKey(path)) }
                _ = try await commit(batch)
            }
        }
    }

    /// Removes secret ids whose time is over, and those of roles that are gone. What fails is tried again next time.
    func tidy() async {
        var alive: [String: RoleRecord] = [:]
        var after: String?
        while let page = try? await storage.names(in: RoleRecord.folder, after: after, limit: 1000), !page.names.isEmpty
        {
            for text in page.names {
                guard let name = RoleName(text: text), let role = try? await role(name)?.role else { continue }
                alive[role.uid] = role
            }
            after = page.names.last
        }
        for role in alive.values { try? await removeExpired(role) }
        for folder in ["secret/", "accessor/"] {
            guard let uids = try? await storage.names(in: folder, limit: 1_000_000).names else { continue }
            for uid in uids.map({ String($0.dropLast()) }) where alive[uid] == nil {
                // A role that was made since then is alive too: its folder stays while its record says so.
                if await isGone(uid) { try? await forget(uid) }
            }
        }
    }

    private func isGone(_ uid: String) async -> Bool {
        var after: String?
        while true {
            guard let page = try? await storage.names(in: RoleRecord.folder, after: after, limit: 1000) else {
                return false
            }
            guard let last = page.names.last else { return true }
            for text in page.names {
                guard let name = RoleName(text: text), let role = try? await role(name)?.role else { return false }
                if role.uid == uid { return false }
            }
            after = last
        }
    }

    private func removeExpired(_ role: RoleRecord) async throws(AppRoleError) {
        var after: String?
        let folder = Self.secrets(role.uid)
        while true {
            let paths: [String]
            do throws(StorageError) { paths = try await storage.list(under: folder, after: after, limit: 500) } catch {
                throw .storage
            }
            guard let last = paths.last else { return }
            for path in paths {
                guard let (secret, revision) = try await secret(path), secret.isOver(at: now()) else { continue }
                var batch = Self.removal(of: secret, at: path, role)
                batch.require(.revision(revision), at: StorageKey(path))
                _ = try await commit(batch)
            }
            after = last
        }
    }
}
