package import Bytes
package import EngineKit
internal import Primitives
package import Storage
internal import Synchronization
package import Vocabulary

/// Roles by which machines log in: a role id that may be known, and secret ids that may not.
///
/// **Concurrency** any number of requests at once; a secret id's uses are counted in storage, exactly.
package final class AppRole: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        enum Work {
            case list(after: String?, limit: Int)
            case read(RoleName)
            case write(RoleName, RoleChange)
            case delete(RoleName)
            case readRoleID(RoleName)
            case setRoleID(RoleName, String)
            case readField(RoleName, RoleField)
            case writeField(RoleName, RoleField, RoleChange)
            case resetField(RoleName, RoleField)
            case makeSecretID(RoleName, SecretIDWish)
            case listAccessors(RoleName, after: String?, limit: Int)
            case lookup(RoleName, Handle)
            case destroy(RoleName, Handle)
            case tidy
            case login(roleID: String, secretID: String, PeerAddress)
        }

        let work: Work
        let capability: Capability
    }

    /// What names a secret id.
    enum Handle: Sendable {
        case secretID(String)
        case accessor(String)
    }

    package let typeName = "approle"
    let storage: StorageView
    let now: @Sendable () -> Timestamp
    let turns = NamedTurns()
    let digests: SaltedDigests
    private let lastTidy = Atomic<Int>(0)

    /// Opens the mount: reads its key, or makes one.
    package static func open(
        storage: StorageView, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws(AppRoleError) -> AppRole {
        let key: [UInt8]
        do throws(StorageError) {
            if let found = try await storage.record("salt", { (r) throws(RecordFault) in try r.view().array }) {
                key = found.value
            } else {
                var writer = RecordWriter(format: 1)
                guard let fresh = try? RandomSource.secret(count: 32).exposing({ $0.array }) else { throw .unavailable }
                writer.put(bytes: fresh)
                var batch = WriteBatch()
                batch.put(StorageKey("salt"), writer.record)
                batch.require(.absent, at: StorageKey("salt"))
                try await storage.commit(batch)
                key = fresh
            }
        } catch {
            throw .storage
        }
        do throws(CryptoError) {
            let digests = try SaltedDigests(key: key)
            return AppRole(storage: storage, digests: digests, now: now)
        } catch {
            throw .noRandomness
        }
    }

    private init(storage: StorageView, digests: SaltedDigests, now: @escaping @Sendable () -> Timestamp) {
        self.storage = storage
        self.digests = digests
        self.now = now
    }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        request.operation == .write && request.path.equals("login")
    }

    // MARK: - Resolving

    package func resolve(_ request: EngineRequest) throws(AppRoleError) -> Command {
        guard let endpoint = RoleEndpoint(request.path) else { throw .unsupportedPath }
        let capability: Capability =
            switch request.operation {
            case .read: .read
            case .list: .list
            case .delete: .delete
            case .patch: .patch
            case .write: .update
            }
        return Command(work: try work(endpoint, request), capability: capability)
    }

    private func work(_ endpoint: RoleEndpoint, _ request: EngineRequest) throws(AppRoleError) -> Command.Work {
        switch (endpoint, request.operation) {
        case (.list, .list), (.list, .read):
            let page = try RoleFields.page(request)
            return .list(after: page.after, limit: page.limit)
        case (.role(let name), .read): return .read(name)
        case (.role(let name), .write): return .write(name, try RoleChange(request))
        case (.role(let name), .delete): return .delete(name)
        case (.roleID(let name), .read): return .readRoleID(name)
        case (.roleID(let name), .write):
            guard let roleID = try RoleChange(request).roleID() else { throw .missingRoleID }
            return .setRoleID(name, roleID)
        case (.field(let name, let field), .read): return .readField(name, field)
        case (.field(_, .localSecretIDs), _): throw .unsupportedOperation
        case (.field(let name, let field), .write): return .writeField(name, field, try RoleChange(request))
        case (.field(let name, let field), .delete): return .resetField(name, field)
        case (.secretIDs(let name), .write): return .makeSecretID(name, try SecretIDWish(request, isCustom: false))
        case (.secretIDs(let name), .list):
            let page = try RoleFields.page(request)
            return .listAccessors(name, after: page.after, limit: page.limit)
        case (.customSecretID(let name), .write):
            return .makeSecretID(name, try SecretIDWish(request, isCustom: true))
        case (.lookup(let name), .write): return .lookup(name, .secretID(try RoleFields.secretID(request)))
        case (.destroy(let name), .write), (.destroy(let name), .delete):
            return .destroy(name, .secretID(try RoleFields.secretID(request)))
        case (.lookupAccessor(let name), .write): return .lookup(name, .accessor(try RoleFields.accessor(request)))
        case (.destroyAccessor(let name), .write), (.destroyAccessor(let name), .delete):
            return .destroy(name, .accessor(try RoleFields.accessor(request)))
        case (.tidy, .write): return .tidy
        case (.login, .write):
            let (roleID, secretID) = try RoleFields.login(request)
            return .login(roleID: roleID, secretID: secretID, request.client.address)
        default: throw .unsupportedOperation
        }
    }

    package func capability(for command: Command) -> Capability { command.capability }

    package func storedCapability(for command: Command) async throws(AppRoleError) -> Capability {
        guard case .write(let name, _) = command.work else { return command.capability }
        return try await role(name) == nil ? .create : .update
    }

    // MARK: - Performing

    package func perform(_ command: Command, into body: inout ByteWriter) throws(AppRoleError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(AppRoleError) -> EngineReply {
        switch command.work {
        case .list(let after, let limit):
            return try await names(in: RoleRecord.folder, after: after, limit: limit, into: &body)
        case .read(let name):
            guard let role = try await role(name)?.role else { throw .nothingThere }
            JSON.object(role.members).write(into: &body)
            return EngineReply()
        case .write(let name, let change): return try await write(name, change)
        case .delete(let name): return try await delete(name)
        case .readRoleID(let name):
            guard let role = try await role(name)?.role else { throw .nothingThere }
            JSON.object(["role_id": .string(role.roleID)]).write(into: &body)
            return EngineReply()
        case .setRoleID(let name, let roleID): return try await setRoleID(name, roleID)
        case .readField(let name, let field): return try await readField(name, field, into: &body)
        case .writeField(let name, let field, let change): return try await writeField(name, field, change)
        case .resetField(let name, let field): return try await resetField(name, field)
        case .makeSecretID(let name, let wish): return try await makeSecretID(name, wish, into: &body)
        case .listAccessors(let name, let after, let limit):
            let role = try await existing(name)
            return try await names(in: Self.accessors(role), after: after, limit: limit, into: &body)
        case .lookup(let name, let handle): return try await lookup(name, handle, into: &body)
        case .destroy(let name, let handle): return try await destroy(name, handle)
        case .tidy:
            Task { await tidy() }
            return EngineReply(
                status: 202, warnings: ["Tidy operation successfully started: expired secret IDs are being removed."])
        case .login(let roleID, let secretID, let address):
            return try await login(roleID: roleID, secretID: secretID, from: address)
        }
    }

    package func maintain(nowUnixSeconds: Int) async {
        guard nowUnixSeconds &- lastTidy.load(ordering: .relaxed) >= 3600 else { return }
        lastTidy.store(nowUnixSeconds, ordering: .relaxed)
        await tidy()
    }
}
