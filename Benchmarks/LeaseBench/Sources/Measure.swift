internal import Barrier
internal import Bytes
internal import EngineKit
internal import Foundation
internal import Leases
internal import SQLiteStorage
internal import Storage
internal import Synchronization
internal import Vocabulary

/// One process's part of the measurement, in a folder that outlives it.
struct Measure {
    let folder: String
    let leases: Int
    let due: Int

    /// The time at which all leases are recorded; those that are due live for a minute, the others for a month.
    private static let start = 1_800_000_000

    private struct Opened {
        let backend: SQLiteBackend
        let storage: SealedStorage
        let manager: LeaseManager
        let engines: StillEngines
    }

    private func open(now: Int) async throws -> Opened {
        let backend = try await SQLiteBackend.open(directory: folder + "/data")
        let storage = SealedStorage(backend) { now }
        let key = [UInt8](repeating: 0x5A, count: RootKey.length)
        let root = try key.withUnsafeBytes { try RootKey(SecretBytes(copying: ByteView($0))) }
        if try await storage.sealRecord() == nil { try await storage.initialize(root: root, sealRecord: [1]) }
        try await storage.unseal(root)
        let engines = StillEngines()
        let manager = LeaseManager(storage: storage, engines: engines) { now }
        try await manager.load()
        return Opened(backend: backend, storage: storage, manager: manager, engines: engines)
    }

    /// Records the leases.
    func fill() async throws -> [String: Double] {
        let opened = try await open(now: Self.start)
        let began = ContinuousClock.now
        let turns = Turns()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2048 {
                group.addTask { try await register(opened.manager, turns) }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        await opened.backend.close()
        return ["leases": Double(leases), "recordedPerSecond": Double(leases) / seconds]
    }

    private func register(_ manager: LeaseManager, _ turns: Turns) async throws {
        while true {
            let number = turns.next()
            guard number < leases else { return }
            let mount = Self.mounts[number % Self.mounts.count]
            let isDue = number < due
            let grant = SecretGrant(
                terms: LeaseTerms(ttlSeconds: isDue ? 60 : 2_592_000, maxSeconds: 2_600_000),
                record: Array("v-token-role-abcdefghijklmnopqrst-\(number)".utf8) + [UInt8](repeating: 7, count: 80))
            _ = try await manager.register(
                grant, path: "\(mount.path)creds/role-\(number / 7 % 100)", mount: mount,
                caller: Caller(tokenID: "token-\(number / 10 % 100_000)"))
        }
    }

    private static let mounts = (0..<4).map { number in
        MountPoint(
            MountDescription(path: "database\(number)/", type: "database", accessor: "", uuid: "", about: ""),
            systemDefaultSeconds: 3600, systemMaxSeconds: 2_764_800)
    }

    /// Loads what is stored, as a new process, and ends what is due.
    func measure() async throws -> [String: Double] {
        let began = ContinuousClock.now
        let opened = try await open(now: Self.start + 3600)
        let ready = (ContinuousClock.now - began) / .seconds(1)
        guard opened.manager.count == leases else { throw CocoaError(.fileReadCorruptFile) }
        var figures = ["readySeconds": ready, "residentMegabytes": Self.status("VmRSS:")]
        figures["peakMegabytes"] = Self.status("VmHWM:")
        let started = ContinuousClock.now
        let clock = Task { await opened.manager.run() }
        while opened.manager.count > leases - due {
            guard ContinuousClock.now - started < .seconds(600) else { throw CocoaError(.userCancelled) }
            try await Task.sleep(for: .milliseconds(5))
        }
        figures["expiredPerSecond"] = Double(due) / ((ContinuousClock.now - started) / .seconds(1))
        clock.cancel()
        guard opened.engines.ended.load(ordering: .relaxed) == due else { throw CocoaError(.fileReadCorruptFile) }
        figures["residentMegabytesAfterExpiry"] = Self.status("VmRSS:")
        await opened.backend.close()
        return figures
    }

    private static func status(_ name: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
        return (number ?? 0) / 1024
    }
}

/// 0, 1, 2 … for many tasks.
final class Turns: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Engines that end everything at once: what is measured is the leases' own work.
final class StillEngines: LeaseEngines {
    let ended = Atomic(0)

    func renew(
        _ lease: LeasedSecret, at mount: String, incrementSeconds: Int
    ) async throws(LeaseFault) -> LeaseTerms { lease.terms }

    func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault) {
        ended.wrappingAdd(1, ordering: .relaxed)
    }

    func maxLeaseSeconds(at mount: String) -> Int? { 2_764_800 }
    func storageKey(_ path: String, at mount: String) -> StorageKey? { StorageKey(mount + path) }
}
