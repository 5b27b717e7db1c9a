package import Bytes
package import EngineKit
package import Primitives
package import Storage
package import Vocabulary

/// Users with passwords, and a second factor for who wants it.
///
/// **Concurrency** any number of requests at once; passwords are hashed on threads of their own, few at a time.
package final class Userpass: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        enum Work {
            case list(after: String?, limit: Int)
            case read(UserName)
            case write(UserName, UserChange)
            case delete(UserName)
            case setPassword(UserName, ByteView)
            case setPolicies(UserName, EngineRequest)
            case readFactor(UserName)
            case makeFactor(UserName, issuer: String)
            case deleteFactor(UserName)
            case login(UserName?, LoginAttempt)
            case readFactorConfig
            case writeFactorConfig(String)
            case writeDuoAccess([String: String])
            case readDuoConfig
            case writeDuoConfig([String: String])
        }

        let work: Work
        let capability: Capability
    }

    package let typeName = "userpass"
    let storage: StorageView
    let now: @Sendable () -> Int
    let cost: Argon2id.Cost
    let turns = NamedTurns()
    /// Who failed, and who is locked out.
    package let guarding: LoginGuard
    private let standardRules: LoginGuard.Rules
    // What unknown users are checked against: the same work, a hash that no password has.
    let nobody: PasswordHash
    // The same as a record, which is read for them as a known user's is.
    private let nobodyRecord: [UInt8]

    /// An engine over its part of storage. Throws when there is no randomness.
    package init(
        storage: StorageView, cost: Argon2id.Cost = .standard, rules: LoginGuard.Rules = LoginGuard.Rules(),
        lockout: LockoutSettings = LockoutSettings(), now: @escaping @Sendable () -> Int
    ) throws(UserpassError) {
        self.storage = storage
        self.now = now
        self.cost = cost
        standardRules = rules
        guarding = LoginGuard(lockout.rules(rules))
        do throws(CryptoError) { nobody = try PasswordHash.ofNobody(cost: cost) } catch { throw .noRandomness }
        nobodyRecord = UserRecord(password: nobody).record
    }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        request.operation == .write && request.path.hasPrefix("login/")
    }

    /// The hash that an unknown user's password is checked against.
    func hashOfNobody() -> PasswordHash {
        nobodyRecord.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)),
                let user = try? UserRecord(from: &reader)
            else { return nobody }
            return user.password
        }
    }

    // MARK: - Resolving

    package func resolve(_ request: EngineRequest) throws(UserpassError) -> Command {
        guard let endpoint = UserEndpoint(request.path) else { throw .unsupportedPath }
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

    private func work(_ endpoint: UserEndpoint, _ request: EngineRequest) throws(UserpassError) -> Command.Work {
        switch (endpoint, request.operation) {
        case (.list, .list), (.list, .read):
            let page = try UserFields.page(request)
            return .list(after: page.after, limit: page.limit)
        case (.user(let name), .read): return .read(name)
        case (.user(let name), .write): return .write(name, try UserChange(request))
        case (.user(let name), .delete): return .delete(name)
        case (.password(let name), .write):
            guard let password = try UserFields.password(request) else { throw .missingPassword }
            return .setPassword(name, password)
        case (.policies(let name), .write): return .setPolicies(name, request)
        case (.factor(let name), .read): return .readFactor(name)
        case (.factor(let name), .write): return .makeFactor(name, issuer: try UserFields.issuer(request))
        case (.factor(let name), .delete): return .deleteFactor(name)
        case (.login(let name), .write): return .login(name, try LoginAttempt(request))
        case (.factorConfig, .read): return .readFactorConfig
        case (.factorConfig, .write): return .writeFactorConfig(try UserFields.factorType(request))
        case (.duoAccess, .write): return .writeDuoAccess(try UserFields.texts(request, UserFields.duoAccess))
        case (.duoConfig, .read): return .readDuoConfig
        case (.duoConfig, .write): return .writeDuoConfig(try UserFields.texts(request, UserFields.duoConfig))
        default: throw .unsupportedOperation
        }
    }

    package func capability(for command: Command) -> Capability { command.capability }

    package func storedCapability(for command: Command) async throws(UserpassError) -> Capability {
        guard case .write(let name, _) = command.work else { return command.capability }
        return try await user(name) == nil ? .create : .update
    }

    // MARK: - Performing

    package func perform(_ command: Command, into body: inout ByteWriter) throws(UserpassError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(UserpassError) -> EngineReply {
        switch command.work {
        case .list(let after, let limit): return try await list(after: after, limit: limit, into: &body)
        case .read(let name):
            guard let (user, _) = try await user(name) else { throw .nothingThere }
            JSON.object(user.token.members).write(into: &body)
            return EngineReply()
        case .write(let name, let change): return try await write(name, change)
        case .delete(let name): return try await delete(name)
        case .setPassword(let name, let password): return try await setPassword(name, password)
        case .setPolicies(let name, let request): return try await setPolicies(name, request)
        case .readFactor(let name):
            guard let (user, _) = try await user(name) else { throw .nothingThere }
            JSON.object(["enabled": .bool(user.factor != nil)]).write(into: &body)
            return EngineReply()
        case .makeFactor(let name, let issuer): return try await makeFactor(name, issuer: issuer, into: &body)
        case .deleteFactor(let name): return try await deleteFactor(name)
        case .login(let name, let attempt): return try await login(name, attempt)
        case .readFactorConfig:
            JSON.object(["type": .string(try await legacy(.type)["type"] ?? "")]).write(into: &body)
            return EngineReply()
        case .writeFactorConfig(let type): return try await setLegacy(.type, ["type": type])
        case .writeDuoAccess(let values): return try await setLegacy(.access, values)
        case .readDuoConfig:
            let known = try await legacy(.config)
            var members: [String: JSON] = [:]
            for name in UserFields.duoConfig.names.map(\.description) {
                members[name] = .string(known[name] ?? (name == "username_format" ? "%s" : ""))
            }
            JSON.object(members).write(into: &body)
            return EngineReply()
        case .writeDuoConfig(let values): return try await setLegacy(.config, values)
        }
    }
}

/// **Concurrency** short locks.
extension Userpass: LoginLocking {
    package func lockedNames() -> [String] { guarding.locked(now: now()) }

    package func unlock(_ name: String) {
        guard let name = Self.name(name) else { return }
        guarding.clear(name.text)
    }

    /// Follows what the mount was tuned to.
    package func adopt(_ description: MountDescription) async throws(MountFault) -> [String] {
        guarding.adopt(description.lockout.rules(standardRules))
        return []
    }
}
