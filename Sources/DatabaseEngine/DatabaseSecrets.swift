package import Bytes
package import EngineKit
internal import Primitives
package import Storage
internal import Synchronization
package import Vocabulary

/// The database engine: users that are made on demand and end with their lease, and users whose password changes by
/// time.
///
/// **Layout** below the mount: `config/<name>`, `role/<name>`, `static-role/<name>`, and `wal/<id>`, the users that are
/// being made. **Concurrency** changes of one name take turns; the databases are asked on threads of their own.
package final class DatabaseSecrets: SecretsEngine {
    let storage: StorageView
    let plugins: [any DatabasePlugin]
    let passwords: (any PasswordMaking)?
    let now: @Sendable () -> Int
    /// How long a user that may still be made by a broken connection is looked for. **Units** seconds.
    let secondLookSeconds: Int
    let turns = NamedTurns()
    /// Tells this run's write-ahead entries from those that an earlier run left.
    let run: String
    let pools = Mutex<[String: LinkPool]>([:])
    // The static roles, with the time of their next rotation.
    let rotations = Mutex<[String: Int]>([:])
    private let work = Mutex<Task<Void, Never>?>(nil)

    package let typeName = "database"

    /// An engine over its part of storage; `now` gives Unix seconds.
    package init(
        storage: StorageView, plugins: [any DatabasePlugin], passwords: (any PasswordMaking)? = nil,
        secondLookSeconds: Int = 60, now: @escaping @Sendable () -> Int
    ) {
        self.storage = storage
        self.plugins = plugins
        self.passwords = passwords
        self.now = now
        self.secondLookSeconds = secondLookSeconds
        run = (try? RandomText.uuid()) ?? String(now())
    }

    /// Reads what is due when, and starts to rotate and to tidy.
    package func open() async throws(DatabaseError) {
        for name in try await names("static-role/") {
            guard let role: StaticRole = try await stored("static-role/" + name) else { continue }
            rotations.withLock { $0[name] = role.pendingPassword.isEmpty ? role.nextRotation : 0 }
        }
        let task = Task { [weak self] in
            // By a clock, not by counted rounds: on a busy machine a round may take seconds.
            var nextTidying = ContinuousClock.now
            while !Task.isCancelled {
                guard let self else { return }
                if ContinuousClock.now >= nextTidying {
                    await self.undoAbandoned()
                    nextTidying = .now + .seconds(5)
                }
                await self.rotateDue()
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        work.withLock { $0 = task }
    }

    package func close() async {
        work.withLock { $0.take() }?.cancel()
        let pools = pools.withLock { pools in
            defer { pools = [:] }
            return Array(pools.values)
        }
        for pool in pools { await pool.close() }
    }

    /// A resolved request.
    package enum Command: Sendable {
        case config(String, ConfigurationCommand)
        case listConfigurations
        case reset(String)
        case rotateRoot(String)
        case role(String, RoleCommand)
        case listRoles
        case credentials(role: String, displayName: String, mount: MountPoint)
        case staticRole(String, StaticRoleCommand)
        case listStaticRoles
        case staticCredentials(String)
        case rotateRole(String)
    }

    /// On `config/:name`.
    package enum ConfigurationCommand: Sendable {
        case read, remove
        case write(ConfigurationWish)
    }

    /// On `roles/:name`.
    package enum RoleCommand: Sendable {
        case read, remove
        case write(RoleWish)
    }

    /// On `static-roles/:name`.
    package enum StaticRoleCommand: Sendable {
        case read, remove
        case write(StaticRoleWish)
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .config(_, .read), .role(_, .read), .staticRole(_, .read), .credentials, .staticCredentials: .read
        case .config(_, .remove), .role(_, .remove), .staticRole(_, .remove): .delete
        case .config(_, .write), .role(_, .write), .staticRole(_, .write): .create
        case .listConfigurations, .listRoles, .listStaticRoles: .list
        case .reset, .rotateRoot, .rotateRole: .update
        }
    }

    package func storedCapability(for command: Command) async throws(DatabaseError) -> Capability {
        let path: String
        switch command {
        case .config(let name, .write): path = "config/" + name
        case .role(let name, .write): path = "role/" + name
        case .staticRole(let name, .write): path = "static-role/" + name
        default: return capability(for: command)
        }
        return try await read(path) == nil ? .create : .update
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(DatabaseError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(DatabaseError) -> EngineReply {
        switch command {
        case .config(let name, .read): return try await readConfiguration(name, into: &body)
        case .config(let name, .write(let wish)): return try await configure(name, wish)
        case .config(let name, .remove): return try await removeConfiguration(name)
        case .listConfigurations: return try await list("config/", into: &body)
        case .reset(let name): return try await reset(name)
        case .rotateRoot(let name): return try await rotateRoot(name)
        case .role(let name, .read): return try await readRole(name, into: &body)
        case .role(let name, .write(let wish)): return try await writeRole(name, wish)
        case .role(let name, .remove): return try await remove("role/" + name)
        case .listRoles: return try await list("role/", into: &body)
        case .credentials(let role, let displayName, let mount):
            return try await makeUser(role, displayName, mount, into: &body)
        case .staticRole(let name, .read): return try await readStaticRole(name, into: &body)
        case .staticRole(let name, .write(let wish)): return try await writeStaticRole(name, wish)
        case .staticRole(let name, .remove): return try await removeStaticRole(name)
        case .listStaticRoles: return try await list("static-role/", into: &body)
        case .staticCredentials(let name): return try await tellStaticUser(name, into: &body)
        case .rotateRole(let name): return try await rotateNow(name)
        }
    }

    package func mayLease(_ command: Command) -> Bool {
        if case .credentials = command { true } else { false }
    }
}
