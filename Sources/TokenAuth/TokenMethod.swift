package import Bytes
package import EngineKit
package import Storage
package import Tokens
package import Vocabulary

/// `auth/token/`: tokens made by tokens, looked up, renewed and revoked, and the roles that they are made by.
package final class TokenMethod: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        let work: Work
        /// Who asks, and with which token.
        let caller: Caller?
        let token: SealSecret
        let mount: MountPoint
        let client: ClientFacts
    }

    enum Work: Sendable {
        case create(TokenWish, CreationPath)
        case lookup(Subject)
        case renew(Subject, increment: Int?, warnings: [String])
        case revoke(Subject)
        case revokeOrphan(SealSecret)
        case listAccessors
        case tidy
        case listRoles
        case readRole(String)
        case writeRole(String, @Sendable (inout TokenRole) throws(TokenAuthError) -> [String])
        case deleteRole(String)
    }

    /// Which token is meant.
    enum Subject: Sendable {
        case caller
        case token(SealSecret)
        case accessor(String)
    }

    /// Which of the paths makes the token.
    enum CreationPath: Sendable, Equatable {
        case plain
        case orphan
        case role(String)
    }

    package let typeName = "token"
    let store: TokenStore
    let storage: StorageView
    let rights: any RightsGranting
    let identity: any IdentityDirectory
    /// Those of the names that no policy has.
    let unknownPolicies: @Sendable ([String]) -> [String]

    /// The method over its part of storage, where the roles are.
    package init(
        store: TokenStore, storage: StorageView, rights: any RightsGranting,
        identity: any IdentityDirectory = NoIdentity(),
        unknownPolicies: @escaping @Sendable ([String]) -> [String] = { _ in [] }
    ) {
        self.store = store
        self.storage = storage
        self.rights = rights
        self.identity = identity
        self.unknownPolicies = unknownPolicies
    }

    package func resolve(_ request: EngineRequest) throws(TokenAuthError) -> Command {
        Command(
            work: try Self.work(request), caller: request.caller, token: SealSecret(copying: request.token),
            mount: request.mount, client: request.client)
    }

    package func capability(for command: Command) -> Capability {
        switch command.work {
        case .create, .renew, .revoke, .revokeOrphan, .tidy: .update
        case .lookup(.caller): .read
        case .lookup: .update
        case .listAccessors, .listRoles: .list
        case .readRole: .read
        case .writeRole: .create
        case .deleteRole: .delete
        }
    }

    package func storedCapability(for command: Command) async throws(TokenAuthError) -> Capability {
        guard case .writeRole(let name, _) = command.work else { return capability(for: command) }
        return try await role(name) == nil ? .create : .update
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(TokenAuthError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(TokenAuthError) -> EngineReply {
        switch command.work {
        case .create(let wish, let path): return try await create(wish, path, command)
        case .lookup(let subject): return try await lookup(subject, command, into: &body)
        case .renew(let subject, let increment, let warnings):
            return try await renew(subject, increment, warnings, command)
        case .revoke(let subject): return try await revoke(subject, command)
        case .revokeOrphan(let token): return try await revokeOrphan(token)
        case .listAccessors: return try await listAccessors(into: &body)
        case .tidy:
            await store.tick(now: store.now())
            return EngineReply(
                status: 202, warnings: ["Tidy operation successfully started. What it could not do is tried again."])
        case .listRoles: return try await listRoles(into: &body)
        case .readRole(let name): return try await readRole(name, into: &body)
        case .writeRole(let name, let change): return try await writeRole(name, change)
        case .deleteRole(let name): return try await deleteRole(name)
        }
    }

    /// Runs an action of the store with this room's errors.
    func asking<T: Sendable>(_ action: () async throws(TokenError) -> T) async throws(TokenAuthError) -> T {
        do throws(TokenError) { return try await action() } catch { throw .store(error) }
    }
}
