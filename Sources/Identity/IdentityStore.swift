internal import Bytes
package import EngineKit
internal import Primitives
package import Storage
internal import Synchronization
internal import Vocabulary

/// Entities and groups: records in storage, a picture of them in memory.
///
/// **Concurrency** reading is from memory, behind a short lock; changes go one after the other, are stored first, and
/// hold for the next request of every token then: `generation` rises.
package final class IdentityStore: Sendable {
    /// Finds the mount of an accessor.
    package typealias MountFinder = @Sendable (String) -> MountDescription?

    private struct State {
        var picture = IdentityPicture()
        // What was asked for since the last change.
        var rights: [String: EntityRights] = [:]
    }

    private static let maxRights = 100_000
    private static let (entityFolder, groupFolder) = ("entity/", "group/")
    let storage: StorageView
    /// Finds the mount of an accessor.
    package let mount: MountFinder
    let turns = Turns()
    private let state = Mutex(State())
    private let changes = Atomic<UInt64>(1)

    /// A store over its part of storage; `load` reads it.
    package init(storage: StorageView, mount: @escaping MountFinder) {
        self.storage = storage
        self.mount = mount
    }

    // MARK: - Reading

    /// Asks the picture. **Cost** a short lock; the closure must not wait.
    package func read<Result>(_ body: (IdentityPicture) -> sending Result) -> sending Result {
        state.withLock { body($0.picture) }
    }

    // MARK: - Storage

    /// Reads everything from storage. Called after each unsealing.
    package func load() async throws(IdentityFault) {
        try await turns.run { () async throws(IdentityFault) in
            var picture = IdentityPicture()
            try await self.each(in: Self.entityFolder) { bytes throws(RecordFault) in
                picture.put(try Entity(record: bytes))
            }
            try await self.each(in: Self.groupFolder) { bytes throws(RecordFault) in
                picture.put(try Group(record: bytes))
            }
            self.adopt { $0 = picture }
        }
    }

    private func each(
        in folder: String, _ body: (ByteView) throws(RecordFault) -> Void
    ) async throws(IdentityFault) {
        var cursor: String?
        do {
            while true {
                let page = try await storage.entries(under: folder, after: cursor, limit: 1000)
                if page.isEmpty { return }
                for item in page { try item.entry.value.withUnsafeBytes { try body(ByteView($0)) } }
                cursor = page.last?.key.path
            }
        } catch {
            throw .storage
        }
    }

    /// Forgets everything. Called before each sealing.
    package func unload() { adopt { $0 = IdentityPicture() } }

    private func adopt(_ change: (inout IdentityPicture) -> Void) {
        state.withLock {
            change(&$0.picture)
            $0.rights = [:]
            changes.add(1, ordering: .acquiringAndReleasing)
        }
    }

    /// What one change does.
    package struct Change {
        /// The picture before; the closure finds what it needs in it.
        package let picture: IdentityPicture
        var entities: [String: Entity?] = [:]
        var groups: [String: Group?] = [:]

        mutating func put(_ entity: Entity) { entities[entity.id] = .some(entity) }
        mutating func put(_ group: Group) {
            var group = group
            if let old = picture.groups[group.id] { group.modifyIndex = old.modifyIndex &+ 1 }
            groups[group.id] = .some(group)
        }
        mutating func removeEntity(_ id: String) { entities[id] = .some(nil) }
        mutating func removeGroup(_ id: String) { groups[id] = .some(nil) }
        var isEmpty: Bool { entities.isEmpty && groups.isEmpty }
    }

    /// Changes one after the other: what the closure puts is stored, whole or not at all, and then holds.
    func change<Result: Sendable>(
        _ body: @Sendable (inout Change) throws(IdentityFault) -> Result
    ) async throws(IdentityFault) -> Result {
        try await turns.run { () async throws(IdentityFault) in
            var change = Change(picture: self.state.withLock { $0.picture })
            let result = try body(&change)
            if change.isEmpty { return result }
            var batch = WriteBatch()
            for (id, entity) in change.entities {
                let key = StorageKey(Self.entityFolder + id)
                if let entity { batch.put(key, entity.record) } else { batch.delete(key) }
            }
            for (id, group) in change.groups {
                let key = StorageKey(Self.groupFolder + id)
                if let group { batch.put(key, group.record) } else { batch.delete(key) }
            }
            do throws(StorageError) { try await self.storage.commit(batch) } catch { throw .storage }
            let (entities, groups) = (change.entities, change.groups)
            // A picture that is held twice would be copied to be changed.
            change = Change(picture: IdentityPicture())
            self.adopt { picture in
                // What goes makes room for names that come.
                for id in entities.keys { picture.removeEntity(id) }
                for id in groups.keys { picture.removeGroup(id) }
                for case let entity? in entities.values { picture.put(entity) }
                for case let group? in groups.values { picture.put(group) }
            }
            return result
        }
    }

    static func newID() throws(IdentityFault) -> String {
        var writer = ByteWriter(capacity: 36)
        do throws(CryptoError) {
            try writer.append(room: 36) { (output) throws(CryptoError) in
                try RandomSource.uuid(into: output)
                return 36
            }
        } catch {
            throw .noRandomness
        }
        return writer.view.string
    }
}

extension IdentityStore: IdentityDirectory {
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    package func standing(of entityID: String) -> EntityStanding {
        state.withLock { state in
            guard let entity = state.picture.entity(id: entityID) else { return .absent }
            if entity.isDisabled { return .disabled }
            if let known = state.rights[entity.id] { return .active(known) }
            let rights = state.picture.rights(of: entity)
            if state.rights.count >= Self.maxRights { state.rights = [:] }
            state.rights[entity.id] = rights
            return .active(rights)
        }
    }

    package func admit(_ login: Login, at mount: MountDescription) async throws(TokenFault) -> String? {
        if login.aliasName.isEmpty { return nil }
        // Most logins change nothing: then nothing is waited for.
        if let known = read({ Self.settled($0, login, mount) }) { return try Self.admitted(known) }
        let entity: Entity
        do throws(IdentityFault) {
            entity = try await change { (change) throws(IdentityFault) in try Self.admit(login, mount, &change) }
        } catch {
            throw TokenFault(error.faultClass, error.wireText)
        }
        return try Self.admitted(entity)
    }

    private static func admitted(_ entity: Entity) throws(TokenFault) -> String {
        if entity.isDisabled { throw TokenFault(.permissionDenied, "permission denied") }
        return entity.id
    }

    /// The login's entity, if the login changes nothing of it and its groups.
    private static func settled(_ picture: IdentityPicture, _ login: Login, _ mount: MountDescription) -> Entity? {
        guard let entity = picture.entity(alias: login.aliasName, at: mount.accessor) else { return nil }
        if entity.isDisabled { return entity }
        let alias = entity.aliases.first { $0.mountAccessor == mount.accessor }
        guard alias?.metadata == login.aliasMetadata else { return nil }
        return picture.externalGroups(at: mount.accessor).allSatisfy { name, id in
            let isMember = picture.groups[id]?.memberEntityIDs.contains(entity.id) ?? false
            return isMember == login.groupAliases.contains(name)
        } ? entity : nil
    }

    private static func admit(
        _ login: Login, _ mount: MountDescription, _ change: inout Change
    ) throws(IdentityFault) -> Entity {
        let now = Timestamp.now()
        var entity: Entity
        if let known = change.picture.entity(alias: login.aliasName, at: mount.accessor) {
            entity = known
            if entity.isDisabled { return entity }
            for index in entity.aliases.indices where entity.aliases[index].mountAccessor == mount.accessor {
                guard entity.aliases[index].metadata != login.aliasMetadata else { continue }
                entity.aliases[index].metadata = login.aliasMetadata
                entity.aliases[index].updated = now
                change.put(entity)
            }
        } else {
            entity = Entity(id: try newID(), name: try newName(change.picture), created: now)
            var alias = Alias(id: try newID(), name: login.aliasName, mount: mount, created: now)
            alias.metadata = login.aliasMetadata
            entity.aliases = [alias]
            change.put(entity)
        }
        for (name, id) in change.picture.externalGroups(at: mount.accessor) {
            guard var group = change.picture.groups[id] else { continue }
            let isMember = group.memberEntityIDs.contains(entity.id)
            guard isMember != login.groupAliases.contains(name) else { continue }
            if isMember {
                group.memberEntityIDs.removeAll { $0 == entity.id }
            } else {
                group.memberEntityIDs.append(entity.id)
            }
            group.updated = now
            change.put(group)
        }
        return entity
    }

    static func newName(_ picture: IdentityPicture) throws(IdentityFault) -> String {
        while true {
            let name = "entity_" + (try newID()).prefix(8)
            if picture.entity(name: name) == nil { return name }
        }
    }
}
