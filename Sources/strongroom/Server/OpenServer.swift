internal import Auditing
internal import Barrier
internal import Dispatching
internal import EngineKit
internal import Logging
internal import Storage
internal import Synchronization

/// What exists only while the storage is unsealed: mounts and tokens. Opened after each unsealing, closed before each
/// sealing; requests see it through the gate. The one place that knows how tokens are kept.
///
/// **Concurrency** opening and closing take turns; the gate is one atomic.
final class OpenServer: SealGate {
    let mounts: MountTable
    /// Who asks.
    let tokens = RootTokens()
    /// Records requests.
    let audit: AuditBroker
    /// The cluster's name for itself, and the releases that ran here.
    let identity = ServerIdentity()
    let storage: any StorageBackend
    private let isStorageSealed: @Sendable () -> Bool
    private let log: Logger
    private let isOpen = Atomic<Bool>(false)
    private let turns = Turns()

    /// The inside of a server over `storage`, which may be sealed from time to time.
    init(storage: any StorageBackend, log: Logger, isStorageSealed: @escaping @Sendable () -> Bool = { false }) {
        self.storage = storage
        self.log = log
        self.isStorageSealed = isStorageSealed
        audit = AuditBroker { log.warning("\($0)") }
        mounts = MountTable(storage: storage, factories: Engines.all)
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
                try await tokens.load(from: storage)
                try await audit.load(from: storage)
                try await mounts.load()
                isOpen.store(true, ordering: .releasing)
                log.info("unsealed", metadata: ["mounts": "\(mounts.mounts.count)"])
            } catch {
                await mounts.unload()
                tokens.unload()
                await audit.unload()
                log.error("cannot open what is stored", metadata: ["reason": "\(error)"])
                throw error
            }
        }
    }

    /// Shuts the gate, ends the engines and forgets the tokens.
    func close() async {
        try? await turns.run { [self] in
            guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
            await mounts.unload()
            tokens.unload()
            // The request that seals is answered yet, and its answer recorded.
            audit.unloadSoon()
            log.info("sealing")
        }
    }

    /// Periodic work of the engines, while there are any.
    func maintain() async {
        if !isSealed { await mounts.maintain(nowUnixSeconds: ServerProcess.now()) }
    }

    /// Makes a root token in `storage`, which is this server's or becomes part of it before it is opened.
    func makeRootToken(
        in storage: any StorageBackend, length: Int = TokenText.length
    ) async throws(StorageError) -> String {
        try await tokens.make(in: storage, length: length, nowUnixSeconds: ServerProcess.now())
    }

    /// Makes a root token with a text that somebody chose: the development server's.
    func adoptRootToken(_ text: String) async throws(StorageError) {
        try await tokens.adopt(text, in: storage, nowUnixSeconds: ServerProcess.now())
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
