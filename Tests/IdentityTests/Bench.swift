import EngineKit
import Identity
import Storage
import TestAids
import Testing
import Vocabulary

/// A store over storage, with two auth methods and a secrets engine to know.
struct Bench {
    static let people = mount("auth/people/", "userpass", "auth_userpass_1")
    static let machines = mount("auth/machines/", "approle", "auth_approle_1")
    static let secrets = mount("kv/", "kv", "kv_1")

    let backend: any StorageBackend
    let store: IdentityStore

    init(_ backend: any StorageBackend = InMemoryStorage()) async throws {
        self.backend = backend
        store = IdentityStore(storage: StorageView(backend, prefix: "core/identity/")) { accessor in
            [Self.people, Self.machines, Self.secrets].first { $0.accessor == accessor }
        }
        try await store.load()
    }

    private static func mount(_ path: String, _ type: String, _ accessor: String) -> MountDescription {
        MountDescription(path: path, type: type, accessor: accessor, uuid: accessor, about: "")
    }

    /// Another store over the same storage, as after a restart.
    func restarted() async throws -> Bench { try await Bench(backend) }

    static func login(_ name: String, groups: [String] = [], metadata: [String: String] = [:]) -> Login {
        var login = Login(aliasName: name, displayName: name)
        (login.groupAliases, login.aliasMetadata) = (groups, metadata)
        return login
    }

    func admit(_ name: String, groups: [String] = [], at mount: MountDescription = people) async throws -> String {
        try #require(try await store.admit(Self.login(name, groups: groups), at: mount))
    }

    func entity(_ name: String, policies: [String] = []) async throws -> String {
        var wish = EntityWish()
        (wish.name, wish.policies) = (name, policies)
        return try await store.put(wish).id
    }

    func group(
        _ name: String, policies: [String]? = nil, type: String? = nil, entities: [String]? = nil,
        groups: [String]? = nil
    ) async throws -> String {
        var wish = GroupWish()
        (wish.name, wish.policies, wish.type) = (name, policies, type)
        (wish.memberEntityIDs, wish.memberGroupIDs) = (entities, groups)
        return try await store.put(wish).id
    }

    func alias(_ name: String, of id: String, at mount: MountDescription = people) async throws -> Outcome {
        var wish = AliasWish()
        (wish.name, wish.mountAccessor, wish.canonicalID) = (name, mount.accessor, id)
        return try await store.put(wish)
    }

    func groupAlias(_ name: String, of id: String, at mount: MountDescription = people) async throws -> Outcome {
        var wish = AliasWish()
        (wish.name, wish.mountAccessor, wish.canonicalID) = (name, mount.accessor, id)
        return try await store.putGroupAlias(wish)
    }

    /// What an entity has now; nil when it is gone or may do nothing.
    func policies(_ id: String) -> [String]? {
        if case .active(let rights) = store.standing(of: id) { rights.policies } else { nil }
    }

    func fault(_ work: () async throws -> Void) async -> IdentityFault? {
        do {
            try await work()
            return nil
        } catch {
            return error as? IdentityFault
        }
    }
}
