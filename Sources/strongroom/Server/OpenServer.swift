internal import Auditing
internal import Barrier
internal import CubbyholeEngine
internal import Dispatching
internal import EngineKit
internal import Identity
internal import IdentityEngine
internal import Leases
internal import Logging
internal import Policies
internal import Primitives
internal import Quotas
internal import Storage
internal import Synchronization
internal import SystemEngine
internal import TokenAuth
internal import Tokens
internal import Vocabulary

/// What exists only while the storage is unsealed: mounts and tokens. Opened after each unsealing, closed before each
/// sealing; requests see it through the gate. The one place that knows how tokens are kept.
///
/// **Concurrency** opening and closing take turns; the gate is one atomic.
final class OpenServer: SealGate {
    let mounts: MountTable
    /// Who asks.
    let tokens: TokenStore
    /// Records requests.
    let audit: AuditBroker
    /// What they may do.
    let policies: PolicyStore
    /// Who they are, whatever way they log in.
    let entities: IdentityStore
    /// `identity/`: entities, groups, identity tokens.
    let identityPaths: IdentityPaths
    /// Where clients find the server: the issuer of identity tokens, unless another is set.
    let address = PublicAddress()
    /// What was given out for a time.
    let leases: LeaseManager
    /// Bounds on requests and leases.
    let quotas: QuotaTable
    /// What tokens keep for themselves.
    let cubbyhole: Cubbyhole
    /// Tokens made by tokens.
    let tokenMethod: TokenMethod
    /// The time by which tokens and leases live.
    let clock = SteadyClock()
    /// The numbers of `sys/metrics`.
    let metrics = MetricsBoard()
    /// The cluster's name for itself, and the releases that ran here.
    let identity = ServerIdentity()
    let storage: any StorageBackend
    /// Audit devices that must be there.
    private let audits: [DeviceWish]
    private let isStorageSealed: @Sendable () -> Bool
    private let log: Logger
    private let isOpen = Atomic<Bool>(false)
    private let turns = Turns()
    private let clocks = Mutex<[Task<Void, Never>]>([])

    /// How long tokens and leases live where their mount does not say. **Units** seconds.
    struct Lives {
        var standard = MountTable.systemLeaseSeconds
        var longest = MountTable.systemLeaseSeconds
    }

    /// The inside of a server over `storage`, which may be sealed from time to time.
    init(
        storage: any StorageBackend, lives: Lives = Lives(), audits: [DeviceWish] = [], log: Logger,
        isStorageSealed: @escaping @Sendable () -> Bool = { false }
    ) {
        self.storage = storage
        self.log = log
        self.audits = audits
        self.isStorageSealed = isStorageSealed
        let audit = AuditBroker { log.warning("\($0)") }
        self.audit = audit
        metrics.add { AuditNumbers.read(audit) }
        let passwords = LatePasswords()
        mounts = MountTable(
            storage: storage,
            factories: Engines.secrets.merging(Engines.engines(passwords: passwords)) { first, _ in first },
            authFactories: Engines.authMethods, systemDefaultSeconds: lives.standard,
            systemMaxSeconds: lives.longest)
        let now = { @Sendable [clock] in clock.unixSeconds }
        let entities = IdentityStore(storage: StorageView(storage, prefix: "core/identity/")) { [weak mounts] in
            mounts?.mount(ofAccessor: $0)
        }
        let (tokens, policies) = (
            TokenStore(storage: Self.tokenStorage(storage), mounts: mounts, identity: entities, now: now),
            PolicyStore(storage: StorageView(storage, prefix: "core/policy/"), identity: entities) { buffer in
                (try? RandomSource.fillSecret(buffer)) != nil
            }
        )
        identityPaths = IdentityPaths(
            store: entities, storage: StorageView(storage, prefix: "house/identity/"),
            defaultIssuer: { [address] in address.value }, now: now)
        passwords.attach(policies)
        quotas = QuotaTable(storage: StorageView(storage, prefix: "core/quotas/")) { [clock] in clock.unixNanoseconds }
        leases = LeaseManager(storage: storage, engines: mounts, tokens: tokens, quotas: quotas, now: now)
        cubbyhole = Cubbyhole(storage: StorageView(storage, prefix: "house/cubbyhole/")) {
            (caller) async throws(TokenFault) in try await tokens.answer(keptFor: caller)
        }
        tokenMethod = TokenMethod(
            store: tokens, storage: StorageView(storage, prefix: "house/auth/token/"), rights: policies,
            identity: entities, unknownPolicies: { policies.unknown(among: $0) })
        (self.tokens, self.policies, self.entities) = (tokens, policies, entities)
        tokens.attach(cubbyhole)
        tokens.attach(leases)
        mounts.connect(leases: leases, watchers: [entities])
    }

    private static func tokenStorage(_ storage: any StorageBackend) -> StorageView {
        StorageView(storage, prefix: "core/token/")
    }

    /// What the stages of a request ask.
    var stages: AccessStages {
        var stages = AccessStages(tokens: tokens, rights: policies)
        (stages.leases, stages.quotas) = (leases, quotas)
        stages.wrapping = tokens
        stages.audit = audit
        return stages
    }

    /// Whether requests have to wait for an unsealing.
    var isSealed: Bool { !isOpen.load(ordering: .acquiring) }

    /// Loads tokens and mounts, if the storage is unsealed and they are not loaded yet. What fails is logged and told;
    /// the gate stays shut then.
    func open() async throws {
        try await turns.run { [self] in
            guard !isStorageSealed(), !isOpen.load(ordering: .acquiring) else { return }
            do {
                try await identity.load(from: storage)
                try await tokens.open()
                try await entities.load()
                try await identityPaths.open()
                try await policies.load()
                try await audit.load(from: storage)
                try await enableAudits()
                try await mounts.load()
                try await quotas.load()
                try await leases.load()
                startClocks()
                isOpen.store(true, ordering: .releasing)
                log.info("unsealed", metadata: ["mounts": "\(mounts.mounts.count)"])
            } catch {
                await forget()
                await audit.unload()
                log.error("cannot open what is stored", metadata: ["reason": "\(error)"])
                throw error
            }
        }
    }

    /// Enables the audit devices of the configuration that are not there yet. One that cannot be enabled keeps the gate
    /// shut: nothing is done without the record that somebody wanted.
    private func enableAudits() async throws {
        for wish in audits {
            let path = wish.path.hasSuffix("/") ? wish.path : wish.path + "/"
            if audit.devices.contains(where: { $0.wish.path == path }) { continue }
            do throws(AuditFault) { try await audit.enable(wish) } catch {
                throw StartFault.configuration("audit \"\(wish.type)\" \"\(wish.path)\": \(error.wireText)")
            }
        }
    }

    /// Shuts the gate, ends the engines and forgets the tokens.
    func close() async {
        try? await turns.run { [self] in
            guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
            await forget()
            // The request that seals is answered yet, and its answer recorded.
            audit.unloadSoon()
            log.info("sealing")
        }
    }

    private func forget() async {
        let ticking = clocks.withLock { clocks in
            defer { clocks = [] }
            return clocks
        }
        for task in ticking { task.cancel() }
        await mounts.unload()
        leases.unload()
        quotas.unload()
        policies.unload()
        identityPaths.unload()
        entities.unload()
        tokens.close()
    }

    /// Tokens and leases come to their end while the storage is open.
    private func startClocks() {
        let ending = Task { [leases] in await leases.run() }
        let ticking = Task { [tokens] in
            while !Task.isCancelled {
                await tokens.tick(now: tokens.now())
                try? await Task.sleep(for: .seconds(1))
            }
        }
        clocks.withLock { $0 = [ending, ticking] }
    }

    /// Periodic work of the engines, while there are any.
    func maintain() async {
        if !isSealed { await mounts.maintain(nowUnixSeconds: ServerProcess.now()) }
    }

    /// Makes a root token in `storage`, which is this server's or becomes part of it before it is opened.
    func makeRootToken(
        in storage: any StorageBackend, length: Int = TokenText.length
    ) async throws(StorageError) -> String {
        guard let token = TokenText.make(length: length) else { throw .unavailable }
        try await adoptRootToken(token, in: storage)
        return token
    }

    /// Makes a root token with a text that somebody chose: the development server's.
    func adoptRootToken(_ text: String, in storage: (any StorageBackend)? = nil) async throws(StorageError) {
        let isOpen = isOpen.load(ordering: .acquiring)
        do throws(TokenError) {
            let store =
                isOpen
                ? tokens
                : TokenStore(storage: Self.tokenStorage(storage ?? self.storage), mounts: mounts, now: tokens.now)
            if !isOpen { try await store.open() }
            _ = try await store.makeRoot(spelled: SealSecret(exposing: text), now: tokens.now())
        } catch {
            if case .storage(let error) = error { throw error }
            throw .unavailable
        }
    }
}

/// Runs asynchronous work one after the other.
actor Turns {
    private var last: Task<Void, Never>?

    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let before = last
        let task = Task {
            await before?.value
            try await work()
        }
        last = Task { _ = await task.result }
        try await task.value
    }
}
