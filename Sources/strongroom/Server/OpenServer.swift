internal import Barrier
internal import Dispatching
internal import EngineKit
internal import Logging
internal import Storage
internal import Synchronization
internal import SystemEngine
internal import TransitEngine
internal import Vocabulary

/// What exists only while the storage is unsealed: mounts and tokens. Opened after each unsealing, closed before each
/// sealing; requests see it through the gate.
///
/// **Concurrency** opening and closing take turns; the gate is one atomic.
final class OpenServer: SealGate {
    let mounts: MountTable
    let tokens = RootTokens()
    private let storage: SealedStorage
    private let log: Logger
    private let isOpen = Atomic<Bool>(false)
    private let turns = Turns()

    init(storage: SealedStorage, log: Logger) {
        self.storage = storage
        self.log = log
        mounts = MountTable(
            storage: storage,
            factories: [
                "transit": { view in
                    let engine = Transit(storage: view, now: ServerProcess.now)
                    try await engine.open()
                    return engine
                }
            ])
    }

    /// Whether requests have to wait for an unsealing.
    var isSealed: Bool { !isOpen.load(ordering: .acquiring) }

    /// Loads tokens and mounts, if the storage is unsealed and they are not loaded yet. What fails is logged and told;
    /// the gate stays shut then.
    func open() async throws {
        try await turns.run { [self] in
            guard !storage.isSealed, !isOpen.load(ordering: .acquiring) else { return }
            do {
                try await tokens.load(from: storage)
                try await mounts.load()
                isOpen.store(true, ordering: .releasing)
                log.info("unsealed", metadata: ["mounts": "\(mounts.mounts.count)"])
            } catch {
                await mounts.unload()
                tokens.unload()
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
            log.info("sealing")
        }
    }

    /// Periodic work of the engines, while there are any.
    func maintain() async {
        if !isSealed { await mounts.maintain(nowUnixSeconds: ServerProcess.now()) }
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
