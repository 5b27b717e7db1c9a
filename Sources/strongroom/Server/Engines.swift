internal import AppRoleAuth
internal import DatabaseEngine
internal import Dispatching
internal import EngineKit
internal import KVEngine
internal import MariaDBPlugin
internal import PostgreSQLPlugin
internal import RedisPlugin
internal import Storage
internal import SystemEngine
internal import TransitEngine
internal import UserpassAuth
internal import Vocabulary

/// What can be mounted, and what answers below `sys/`: one list for the development server and the durable one.
///
/// A new secrets engine, auth method or area of `sys/` is one line here. What they need of the house, the mounts and
/// the tokens for instance, they take from the `OpenServer`.
enum Engines {
    /// Secrets engines, by the type that `sys/mounts` takes.
    static let secrets: [String: MountTable.Factory] = [
        "transit": { _, view in
            let engine = Transit(storage: view, now: ServerProcess.now)
            try await engine.open()
            return engine
        },
        "kv": { _, view in try await secrets(view) },
        "kv-v1": { _, view in try await secrets(view) },
        "kv-v2": { _, view in try await secrets(view, version: .versioned) },
        "generic": { _, view in try await secrets(view, typeName: "generic") },
    ]

    /// Secrets engines that need something of the house; `database` makes passwords by the policies that are kept.
    static func engines(passwords: any PasswordMaking) -> [String: MountTable.Factory] {
        [
            "database": { _, view in
                let engine = DatabaseSecrets(
                    storage: view, plugins: [PostgreSQLDatabase(), MariaDBDatabase(), RedisDatabase()],
                    passwords: passwords, now: ServerProcess.now)
                try await engine.open()
                return engine
            }
        ]
    }

    private static func secrets(
        _ view: StorageView, typeName: String = "kv", version: KVVersion = .plain
    ) async throws -> any SecretsEngine {
        let engine = KeyValue(storage: view, typeName: typeName, version: version)
        try await engine.open()
        return engine
    }

    /// Auth methods, by the type that `sys/auth` takes.
    static let authMethods: [String: MountTable.Factory] = [
        "userpass": { about, view in
            try Userpass(storage: view, lockout: about.lockout, now: ServerProcess.now)
        },
        "approle": { _, view in try await AppRole.open(storage: view) },
    ]

    /// The areas of `sys/` that have an engine of their own, by the first segment below `sys/`.
    static func sections(
        _ open: OpenServer, _ facts: ServerFacts, _ reports: (any ServerReports)?
    ) -> [String: any SecretsEngine] {
        let policies = PolicyPaths(policies: open.policies, callers: open.tokens)
        let leases = LeasePaths(leases: open.leases) { [clock = open.clock] in clock.unixSeconds }
        return [
            "leases": leases, "renew": leases, "revoke": leases, "revoke-prefix": leases, "revoke-force": leases,
            "quotas": QuotaPaths(quotas: open.quotas, mounts: open.mounts),
            "wrapping": WrappingPaths(store: open.tokens), "policy": policies, "policies": policies,
            "capabilities": policies, "capabilities-self": policies, "capabilities-accessor": policies,
            "audit": AuditSections.devices(open.audit), "audit-hash": AuditSections.hash(open.audit),
            "config": ConfigurationSection.make(open.audit, reports: reports),
            "metrics": MetricsSection.make(open.metrics, traffic: open.mounts), "tools": ToolsSection.make(),
            "locked-users": LockedUsersSection.make(open.mounts),
            "replication": StandingSections.replication(),
            "plugins": StandingSections.plugins(
                auth: authMethods.keys.sorted(), secret: (secrets.keys + ["database"]).sorted()),
        ]
    }

    /// Puts in what the house mounts itself: `sys/` with its sections, tokens, identity, cubbyholes.
    static func installHouse(
        in open: OpenServer, _ facts: ServerFacts, seal: (any SealControl)? = nil,
        snapshots: (any SnapshotControl)? = nil, reports: (any ServerReports)? = nil,
        profiler: (any Profiling)? = nil
    ) throws(MountFault) {
        let system = SystemPaths(
            facts: facts, mounts: open.mounts, rights: open.policies, seal: seal, reports: reports,
            counts: HouseCounts(open: open), now: ServerProcess.now)
        var sections = sections(open, facts, reports)
        sections["pprof"] = ProfileSection.make(profiler)
        if let snapshots { sections["storage"] = SnapshotPaths(snapshots) }
        try open.mounts.install(
            system, at: "sys/", about: "system endpoints used for control, policy and debugging",
            sections: sections)
        try open.mounts.install(open.tokenMethod, at: "auth/token/", about: "token based credentials")
        try open.mounts.install(open.identityPaths, at: "identity/", about: "identity store")
        try open.mounts.install(open.cubbyhole, at: "cubbyhole/", about: "per-token private secret storage")
    }
}
