package import EngineKit
internal import Storage
internal import Synchronization

/// Making, ending, tuning and moving mounts, one after the other.
extension MountTable {
    /// Seconds that requests which use a mount may take to end before it goes.
    private static let drainSeconds = 30
    private static let migrationsKept = 100

    /// Makes a mount.
    package func mount(_ wish: MountDescription) async throws(MountFault) {
        try await changes.run { () async throws(MountFault) in try await self.add(wish) }
    }

    /// Ends a mount, once what it gave out is taken back.
    package func unmount(_ path: String) async throws(MountFault) {
        try await changes.run { () async throws(MountFault) in try await self.remove(path) }
    }

    /// Changes a mount.
    package func tune(_ path: String, _ change: MountTuning) async throws(MountFault) -> [String] {
        try await changes.run { () async throws(MountFault) in try await self.apply(change, to: path) }
    }

    /// Moves a mount with its data.
    package func remount(from source: String, to target: String) async throws(MountFault) -> MountMigration {
        try await changes.run { () async throws(MountFault) in try await self.move(source, target) }
    }

    /// A move of this run.
    package func migration(_ id: String) -> MountMigration? { migrations.withLock { $0.first { $0.id == id } } }

    // MARK: - One change each

    private func add(_ given: MountDescription) async throws(MountFault) {
        let wish = Self.spelledOut(given)
        let path = try MountNames.normalised(wish.path)
        var description = wish
        description.path = path
        guard !wish.type.isEmpty else { throw .typeMissing }
        if MountNames.isReserved(path) && path != "auth/token/" { throw .reservedPath(MountNames.shown(path)) }
        if MountNames.houseTypes.contains(wish.type) { throw .typeNotMountable(wish.type) }
        guard let factory = (description.isAuth ? authFactories : factories)[wish.type] else {
            throw .unknownType(wish.type)
        }
        description.settleVersion()
        try check(description)
        if let taken = conflict(with: path) { throw .pathInUse(MountNames.shown(taken)) }
        description.accessor = try MountNames.accessor(wish.type, isAuth: description.isAuth)
        description.uuid = try MountNames.uuid()
        let view = StorageView(storage, prefix: Self.prefix(description.uuid))
        let engine: any SecretsEngine
        do { engine = try await factory(description, view) } catch { throw .storage }
        if description.lockout != LockoutSettings(), !(engine is any LoginLocking) {
            await engine.close()
            throw .lockoutNotOffered(wish.type)
        }
        do throws(MountFault) { try await store(MountRecord(description)) } catch {
            await engine.close()
            throw error
        }
        publish(Mount(resolve(description), engine, view))
    }

    // Compatibility: these two types are another way to write the option. **Source** system wire facts §6.
    private static func spelledOut(_ given: MountDescription) -> MountDescription {
        guard given.type == "kv-v1" || given.type == "kv-v2" else { return given }
        var wish = given
        wish.options["version"] = given.type == "kv-v2" ? "2" : "1"
        wish.type = "kv"
        return wish
    }

    private func remove(_ path: String) async throws(MountFault) {
        let path = try MountNames.normalised(path)
        if path == "auth/token/" { throw .tokenMethodStays }
        if MountNames.isReserved(path) { throw .cannotUnmount(path) }
        guard let mount = self[path] else { return }
        try await takeBack(mount)
        // From here on the mount is going, whatever happens: what this run leaves, the next start removes.
        do throws(MountFault) {
            do throws(LeaseFault) { try await mount.engine.retire() } catch { throw MountFault.leases(error.text) }
            try await store(MountRecord(mount.description, isEnding: true))
        } catch {
            mount.life.reopen()
            throw error
        }
        withdraw(path)
        await mount.engine.close()
        do {
            try await mount.storage.removeAll()
            try await storage.commit(Self.removal(of: mount.description.uuid))
        } catch {
            throw .storage
        }
    }

    private func apply(_ change: MountTuning, to path: String) async throws(MountFault) -> [String] {
        let path = try MountNames.normalised(path)
        guard let mount = self[path] else { throw .nothingToTune(path) }
        var description = mount.description
        try description.apply(change)
        try check(description)
        if change.lockout != nil, description.isAuth, !(mount.engine is any LoginLocking) {
            throw .lockoutNotOffered(description.type)
        }
        try await store(MountRecord(description, isHouse: mount.isHouse))
        publish(mount.changed(to: resolve(description)))
        return try await mount.engine.adopt(description)
    }

    private func move(_ source: String, _ target: String) async throws(MountFault) -> MountMigration {
        let (from, to) = (try MountNames.normalised(source), try MountNames.normalised(target))
        for path in [from, to] where MountNames.isReserved(path) { throw .cannotRemount(path) }
        guard let mount = self[from] else { throw .nothingToMove(from) }
        var description = mount.description
        description.path = to
        guard description.isAuth == mount.description.isAuth else { throw .movedAcrossKinds }
        if let taken = conflict(with: to) { throw .existingMount(taken) }
        try await takeBack(mount)
        defer { mount.life.reopen() }
        try await store(MountRecord(description))
        republish(mount.changed(to: resolve(description)), insteadOf: from)
        let migration = MountMigration(id: try MountNames.uuid(), source: from, target: to, status: "success")
        migrations.withLock { migrations in
            migrations.append(migration)
            if migrations.count > Self.migrationsKept { migrations.removeFirst() }
        }
        return migration
    }

    /// Shuts a mount, and takes back what it has given out; when that fails it is open again.
    private func takeBack(_ mount: Mount) async throws(MountFault) {
        mount.life.close()
        let (leases, watchers) = connections.withLock { ($0.leases, $0.watchers) }
        do throws(MountFault) {
            guard await mount.life.drain(seconds: Self.drainSeconds) else { throw .stillInUse }
            do throws(LeaseFault) { try await leases?.revokeAll(of: mount.point) } catch {
                throw MountFault.leases(error.text)
            }
            for watcher in watchers { try await watcher.mountEnds(mount.description) }
        } catch {
            mount.life.reopen()
            throw error
        }
    }

    private func check(_ description: MountDescription) throws(MountFault) {
        let (standard, longest) = (description.defaultLeaseSeconds, description.maxLeaseSeconds)
        if longest > 0 && standard > longest { throw .defaultLeaseAboveMax }
        if longest == 0 && standard > systemMaxSeconds { throw .defaultLeaseAboveSystem(maxSeconds: systemMaxSeconds) }
        guard ["", "unauth", "hidden"].contains(description.listingVisibility) else { throw .unknownVisibility }
        guard ["", "default-service", "default-batch", "service", "batch"].contains(description.tokenType) else {
            throw .unknownTokenType
        }
        if !description.tokenType.isEmpty && !description.isAuth { throw .tokenTypeOfSecrets }
        let lockout = description.lockout
        if lockout != LockoutSettings() && !description.isAuth { throw .lockoutOfSecrets }
        for number in [lockout.threshold, lockout.lockSeconds, lockout.resetSeconds] where (number ?? 0) < 0 {
            throw .malformedLockout
        }
    }
}

extension MountDescription {
    /// Compatibility: the types that name a version are shown as the type and its option. **Source** system wire facts
    /// §6.
    fileprivate mutating func settleVersion() {
        guard type == "kv-v1" || type == "kv-v2" else { return }
        options["version"] = type == "kv-v1" ? "1" : "2"
        type = "kv"
    }

    /// Takes over what the change says.
    package mutating func apply(_ change: MountTuning) throws(MountFault) {
        if let options = change.options {
            if let next = options["version"], let old = self.options["version"], old != "1", old != next {
                throw .cannotDowngrade
            }
            self.options.merge(options) { $1 }
        }
        defaultLeaseSeconds = change.defaultLeaseSeconds ?? defaultLeaseSeconds
        maxLeaseSeconds = change.maxLeaseSeconds ?? maxLeaseSeconds
        about = change.about ?? about
        listingVisibility = change.listingVisibility ?? listingVisibility
        tokenType = change.tokenType ?? tokenType
        plainRequestKeys = change.plainRequestKeys ?? plainRequestKeys
        plainResponseKeys = change.plainResponseKeys ?? plainResponseKeys
        passedRequestHeaders = change.passedRequestHeaders ?? passedRequestHeaders
        allowedResponseHeaders = change.allowedResponseHeaders ?? allowedResponseHeaders
        forcesNoCache = change.forcesNoCache ?? forcesNoCache
        if let lockout = change.lockout { self.lockout = self.lockout.changed(by: lockout) }
    }
}
