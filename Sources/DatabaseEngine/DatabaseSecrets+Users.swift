internal import Bytes
package import EngineKit
internal import Storage
internal import Synchronization

/// Users with a lease.
extension DatabaseSecrets {
    /// A write-ahead entry of this run is abandoned when it is older. **Units** seconds.
    private static let longestMaking = 900

    func username(
        _ configuration: DatabaseConfiguration, role: String, displayName: String
    ) throws(DatabaseError) -> String {
        let template =
            configuration.usernameTemplate.isEmpty ? UsernameTemplate.usual : configuration.usernameTemplate
        do throws(UsernameTemplate.Fault) {
            return try UsernameTemplate.fill(
                template,
                UsernameTemplate.Facts(
                    displayName: Self.sound(displayName), roleName: Self.sound(role), unixSeconds: now()))
        } catch {
            switch error {
            case .syntax(let text): throw .invalidTemplate(text)
            case .noRandomness: throw .noRandomness
            }
        }
    }

    /// Without what could mean something to a database: names of bearers come from anywhere.
    private static func sound(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || "._@-".unicodeScalars.contains(scalar))
            }.map(Character.init))
    }

    func makeUser(
        _ roleName: String, _ displayName: String, _ mount: MountPoint, into body: inout ByteWriter
    ) async throws(DatabaseError) -> EngineReply {
        guard let role: DatabaseRole = try await stored("role/" + roleName) else { throw .unknownRole(roleName) }
        let configuration = try await usable(role.database)
        guard configuration.allows(roleName) else { throw .roleNotAllowed(roleName) }
        let seconds = Self.seconds(role, mount)
        var user = DatabaseUser(
            name: try username(configuration, role: roleName, displayName: displayName),
            password: try newPassword(configuration.passwordPolicy))
        // The lease is a little younger than the user.
        user.expirationUnixSeconds = now() &+ seconds &+ 5
        let (path, revision) = try await note(user, role)
        do throws(DatabaseError) {
            try await perform(.create(user, statements: role.creation), on: role.database, configuration)
        } catch {
            // Undone now if that goes, else by the entry. What the database refused, it will not do later.
            let isCertain = if case .database(.refused) = error { true } else { false }
            await undo(path, isCertain: isCertain)
            throw error
        }
        var leased = LeasedUser()
        (leased.database, leased.role, leased.username) = (role.database, roleName, user.name)
        leased.revocation = role.revocation
        JSON.object(["username": .string(user.name), "password": .string(user.password)]).write(into: &body)
        var reply = EngineReply()
        reply.grant = .secret(
            SecretGrant(
                terms: LeaseTerms(ttlSeconds: seconds, maxSeconds: role.maxSeconds), record: leased.record,
                writeAhead: WriteAheadEntry(path: path, revision: revision)))
        return reply
    }

    private static func seconds(_ role: DatabaseRole, _ mount: MountPoint) -> Int {
        let most = role.maxSeconds > 0 ? min(role.maxSeconds, mount.maxLeaseSeconds) : mount.maxLeaseSeconds
        return max(min(role.defaultSeconds > 0 ? role.defaultSeconds : mount.defaultLeaseSeconds, most), 1)
    }

    // MARK: - Write-ahead

    private func note(_ user: DatabaseUser, _ role: DatabaseRole) async throws(DatabaseError) -> (String, UInt64) {
        var entry = PendingUser()
        (entry.database, entry.username, entry.run) = (role.database, user.name, run)
        (entry.rollback, entry.revocation, entry.notedUnixSeconds) = (role.rollback, role.revocation, now())
        let path: String
        do throws(UsernameTemplate.Fault) { path = "wal/" + (try RandomText.uuid()) } catch { throw .noRandomness }
        return (path, try await store(entry, at: path))
    }

    /// Ends a user that no lease was recorded for, and the entry. The entry is changed first: from then on, no lease
    /// can be recorded for it. False when it has to be tried again.
    ///
    /// Unless it `isCertain` that nothing is under way any more, the entry stays for a second look: a statement of a
    /// connection that broke may still be carried out after the user was looked for.
    @discardableResult
    func undo(_ path: String, isCertain: Bool) async -> Bool {
        do throws(DatabaseError) {
            guard let entry = try await read(path) else { return true }
            guard var pending = PendingUser(stored: entry.value) else { return false }
            if !pending.isUndone {
                pending.isUndone = true
                var batch = WriteBatch()
                batch.require(.revision(entry.revision), at: StorageKey(path))
                batch.put(StorageKey(path), pending.record)
                // Recorded after all: then there is nothing to undo.
                do throws(StorageError) { try await storage.commit(batch) } catch { return false }
            }
            try await end(pending)
            if isCertain || pending.askedUnixSeconds > 0 {
                _ = try await remove(path)
            } else {
                pending.askedUnixSeconds = now()
                try await store(pending, at: path)
            }
            return true
        } catch {
            return false
        }
    }

    private func end(_ pending: PendingUser) async throws(DatabaseError) {
        // Without configuration there is nobody to ask any more.
        guard let known: DatabaseConfiguration = try await stored("config/" + pending.database) else { return }
        let user = DatabaseUser(name: pending.username)
        let configuration = known.pendingPassword.isEmpty ? known : try await usable(pending.database)
        if !pending.rollback.isEmpty {
            do throws(DatabaseError) {
                try await perform(.delete(user, statements: pending.rollback), on: pending.database, configuration)
            } catch {
                if case .database(.refused) = error {} else { throw error }
            }
        }
        try await perform(.delete(user, statements: pending.revocation), on: pending.database, configuration)
    }

    /// Undoes what an earlier run, or a request that went wrong, has left.
    func undoAbandoned() async {
        guard let paths = try? await names("wal/") else { return }
        var undone = 0
        for name in paths where undone < 1000 {
            let path = "wal/" + name
            guard let entry = try? await read(path), let pending = PendingUser(stored: entry.value) else { continue }
            guard isAbandoned(pending) else { continue }
            // When the database is away, the rest can wait, too.
            guard await undo(path, isCertain: false) else { return }
            undone += 1
        }
    }

    private func isAbandoned(_ pending: PendingUser) -> Bool {
        if pending.askedUnixSeconds > 0 { return now() &- pending.askedUnixSeconds >= secondLookSeconds }
        return pending.isUndone || pending.run != run || now() &- pending.notedUnixSeconds > Self.longestMaking
    }

    /// The mount goes for good: what is half made is undone now, for nobody will look again.
    package func retire() async throws(LeaseFault) {
        do throws(DatabaseError) {
            for name in try await names("wal/") where await !undo("wal/" + name, isCertain: true) {
                throw DatabaseError.halfMade
            }
        } catch {
            throw .unavailable(error.wireText)
        }
    }

    // MARK: - Leases

    /// Lets the user of a lease live on, if its role still wants that.
    package func renew(_ lease: LeasedSecret, incrementSeconds: Int?) async throws(LeaseFault) -> LeaseTerms {
        guard let leased = LeasedUser(stored: lease.record) else { throw .refused("the lease's record is damaged") }
        do throws(DatabaseError) {
            guard let role: DatabaseRole = try await stored("role/" + leased.role) else {
                throw .unknownRole(leased.role)
            }
            let configuration = try await usable(leased.database)
            let seconds = incrementSeconds ?? lease.terms.ttlSeconds
            let user = DatabaseUser(name: leased.username, expirationUnixSeconds: now() &+ seconds &+ 5)
            try await perform(.renew(user, statements: role.renewal), on: leased.database, configuration)
            return LeaseTerms(
                ttlSeconds: role.defaultSeconds > 0 ? role.defaultSeconds : lease.terms.ttlSeconds,
                maxSeconds: role.maxSeconds > 0 ? role.maxSeconds : lease.terms.maxSeconds)
        } catch {
            throw Self.leaseFault(error)
        }
    }

    /// Ends the user of a lease.
    package func revoke(_ lease: LeasedSecret) async throws(LeaseFault) {
        guard let leased = LeasedUser(stored: lease.record) else { throw .refused("the lease's record is damaged") }
        do throws(DatabaseError) {
            let configuration = try await usable(leased.database)
            try await perform(
                .delete(DatabaseUser(name: leased.username), statements: leased.revocation), on: leased.database,
                configuration)
        } catch {
            throw Self.leaseFault(error)
        }
    }

    private static func leaseFault(_ error: DatabaseError) -> LeaseFault {
        switch error {
        case .database(.unavailable(let text)), .database(.login(let text)): .unavailable(text)
        case .storage, .noRandomness: .unavailable(error.wireText)
        default: .refused(error.wireText)
        }
    }
}
