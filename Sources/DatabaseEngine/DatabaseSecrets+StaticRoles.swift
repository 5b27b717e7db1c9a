internal import Bytes
internal import EngineKit
internal import Synchronization
internal import Vocabulary

/// What of a static role is to change; nil stays.
package struct StaticRoleWish: Sendable {
    var database: String?
    var username: String?
    var rotation: [String]?
    var periodSeconds: Int?
    var schedule: String?
    var windowSeconds: Int?
    var skipsFirstRotation = false
}

extension DatabaseSecrets {
    private static let shortestPeriod = 5

    func writeStaticRole(_ name: String, _ wish: StaticRoleWish) async throws(DatabaseError) -> EngineReply {
        try await turns.holding("static-role/" + name) { () async throws(DatabaseError) in
            let old: StaticRole? = try await stored("static-role/" + name)
            var role = old ?? StaticRole()
            role.database = wish.database ?? role.database
            role.username = wish.username ?? role.username
            role.rotation = wish.rotation ?? role.rotation
            if let seconds = wish.periodSeconds, seconds > 0 { (role.periodSeconds, role.schedule) = (seconds, "") }
            if let schedule = wish.schedule, !schedule.isEmpty { (role.schedule, role.periodSeconds) = (schedule, 0) }
            role.windowSeconds = wish.windowSeconds ?? role.windowSeconds
            if role.database.isEmpty { throw .databaseMissing }
            if role.username.isEmpty { throw .usernameMissing }
            if let old, old.username != role.username { throw .usernameFixed }
            if role.schedule.isEmpty && role.periodSeconds == 0 { throw .rotationMissing }
            if !role.schedule.isEmpty && RotationSchedule(role.schedule) == nil { throw .invalidSchedule }
            if role.schedule.isEmpty && role.periodSeconds < Self.shortestPeriod { throw .periodTooShort }
            let configuration = try await usable(role.database)
            guard configuration.allows(name) else { throw .roleNotAllowed(name) }
            let now = now()
            if old == nil && !wish.skipsFirstRotation {
                role = try await rotated(name, role, configuration, isNew: true)
            } else {
                role.nextRotation = role.rotation(after: role.lastRotation > 0 ? max(role.lastRotation, 0) : now)
                if role.nextRotation <= now { role.nextRotation = role.rotation(after: now) }
                try await store(role, at: "static-role/" + name)
            }
            rotations.withLock { $0[name] = role.nextRotation }
        }
        return .noContent
    }

    /// Sets a new password. It is stored before the database gets it, and becomes the role's once the database has it;
    /// whatever ends in between is gone on with.
    private func rotated(
        _ name: String, _ old: StaticRole, _ configuration: DatabaseConfiguration, isNew: Bool = false
    ) async throws(DatabaseError) -> StaticRole {
        var role = old
        let path = "static-role/" + name
        if role.pendingPassword.isEmpty {
            role.pendingPassword = try newPassword(configuration.passwordPolicy)
            try await store(role, at: path)
        }
        let user = DatabaseUser(name: role.username, password: role.pendingPassword)
        do throws(DatabaseError) {
            try await perform(.setPassword(user, statements: role.rotation), on: role.database, configuration)
        } catch {
            if case .database(.refused) = error {
                // The database said no: the old password still holds, and a new role is not made.
                role.pendingPassword = ""
                if isNew { _ = try await remove(path) } else { try await store(role, at: path) }
            }
            throw error
        }
        (role.password, role.pendingPassword) = (role.pendingPassword, "")
        role.lastRotation = now()
        role.nextRotation = role.rotation(after: role.lastRotation)
        try await store(role, at: path)
        return role
    }

    func removeStaticRole(_ name: String) async throws(DatabaseError) -> EngineReply {
        // After a rotation that is under way: it would put the role back.
        try await turns.holding("static-role/" + name) { () async throws(DatabaseError) in
            _ = try await remove("static-role/" + name)
            rotations.withLock { $0[name] = nil }
        }
        return .noContent
    }

    private func rotate(_ name: String) async throws(DatabaseError) {
        try await turns.holding("static-role/" + name) { () async throws(DatabaseError) in
            guard let role: StaticRole = try await stored("static-role/" + name) else { throw .unknownStaticRole }
            let next = try await rotated(name, role, try await usable(role.database))
            rotations.withLock { $0[name] = next.nextRotation }
        }
    }

    func rotateNow(_ name: String) async throws(DatabaseError) -> EngineReply {
        try await rotate(name)
        return .noContent
    }

    /// Rotates what is due. What fails is tried again after ten seconds.
    func rotateDue() async {
        let now = now()
        let due = rotations.withLock { $0.filter { $0.value <= now }.map(\.key).sorted().prefix(64) }
        await withTaskGroup(of: Void.self) { group in
            for name in due {
                group.addTask { [self] in
                    if await isOutsideWindow(name, now) { return }
                    if (try? await rotate(name)) == nil {
                        rotations.withLock { if $0[name] != nil { $0[name] = self.now() &+ 10 } }
                    }
                }
            }
        }
    }

    /// Whether a rotation by schedule has missed its window; it then waits for the next time.
    private func isOutsideWindow(_ name: String, _ now: Int) async -> Bool {
        let found: StaticRole?? = try? await stored("static-role/" + name)
        guard let role = found ?? nil,
            role.windowSeconds > 0, !role.schedule.isEmpty, role.pendingPassword.isEmpty,
            now &- role.nextRotation > role.windowSeconds
        else { return false }
        rotations.withLock { $0[name] = role.rotation(after: now) }
        return true
    }

    /// Waits for a rotation that is under way, so that nobody is told a password that has just been changed.
    func tellStaticUser(_ name: String, into body: inout ByteWriter) async throws(DatabaseError) -> EngineReply {
        let role = try await turns.holding("static-role/" + name) { () async throws(DatabaseError) -> StaticRole in
            guard let role: StaticRole = try await stored("static-role/" + name) else {
                throw .unknownRole(name)
            }
            // The last rotation did not end: it is not known which password holds before it has.
            if role.pendingPassword.isEmpty { return role }
            let next = try await rotated(name, role, try await usable(role.database))
            rotations.withLock { $0[name] = next.nextRotation }
            return next
        }
        var members: [String: JSON] = [
            "username": .string(role.username), "password": .string(role.password),
            "last_vault_rotation": .string(Timestamp(seconds: role.lastRotation).text),
            "ttl": .int(max(role.nextRotation &- now(), 0)),
        ]
        Self.tellRotation(role, &members)
        JSON.object(members).write(into: &body)
        return EngineReply()
    }

    func readStaticRole(_ name: String, into body: inout ByteWriter) async throws(DatabaseError) -> EngineReply {
        guard let role: StaticRole = try await stored("static-role/" + name) else { throw .nothingThere }
        var members: [String: JSON] = [
            "db_name": .string(role.database), "username": .string(role.username),
            "rotation_statements": .array(role.rotation.map { .string($0) }), "credential_type": .string("password"),
            "last_vault_rotation": role.lastRotation == 0
                ? .null : .string(Timestamp(seconds: role.lastRotation).text),
        ]
        Self.tellRotation(role, &members)
        JSON.object(members).write(into: &body)
        return EngineReply()
    }

    private static func tellRotation(_ role: StaticRole, _ members: inout [String: JSON]) {
        if role.schedule.isEmpty {
            members["rotation_period"] = .int(role.periodSeconds)
        } else {
            members["rotation_schedule"] = .string(role.schedule)
            if role.windowSeconds > 0 { members["rotation_window"] = .int(role.windowSeconds) }
        }
    }
}
