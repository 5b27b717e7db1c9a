internal import ArgumentParser
internal import Barrier
internal import Bytes
internal import Foundation
internal import Primitives
internal import Settings

/// `strongroom operator restore`: a snapshot onto an empty machine, while no server runs.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a snapshot into the storage of a configuration, without a server.",
        discussion: """
            The snapshot's root key is tried first: by the automatic seal of the configuration, else by unseal keys, \
            which are read from standard input, one a line. Nothing is written unless it opens everything. Storage \
            that holds something is refused without -force.
            """)

    @Option(
        name: [.customLong("config", withSingleDash: true), .customLong("config")],
        help: "Configuration file, or folder of them; may be given again.")
    var config: [String] = []

    @Flag(name: [.customLong("force", withSingleDash: true), .customLong("force")], help: "Replace what is stored.")
    var force = false

    @Argument(help: "The snapshot's file.")
    var snapshot: String

    func run() async throws {
        do {
            let rows = try await restore()
            print("Restored \(rows) rows. Start the server, and unseal it with the keys of the snapshot.")
        } catch let fault as SnapshotFault {
            fail(Self.text(fault))
            throw ExitCode.failure
        } catch {
            fail("\(error)")
            throw ExitCode.failure
        }
    }

    private func fail(_ text: String) { FileHandle.standardError.write(Data("strongroom: \(text)\n".utf8)) }

    private func restore() async throws -> Int {
        try ServerProcess.prepare()
        let loaded = ServerSettings.load(paths: config, environment: ProcessInfo.processInfo.environment, flags: [:])
        guard let settings = loaded.settings else {
            throw StartFault.configuration(loaded.errors.map { "\($0)" }.joined(separator: "\nstrongroom: "))
        }
        guard let file = MappedFile(path: snapshot) else {
            throw StartFault.configuration("\(snapshot): cannot be read")
        }
        let parsed = try Snapshot(file.view)
        let storage = try await ServerStorage.open(settings.storage)
        do {
            try await restore(parsed, settings, storage)
        } catch {
            await storage.close()
            throw error
        }
        await storage.close()
        withExtendedLifetime(file) {}
        return parsed.rows
    }

    private func restore(_ snapshot: Snapshot, _ settings: ServerSettings, _ storage: ServerStorage) async throws {
        let sealed = SealedStorage(storage.backend, witness: storage.witness, now: ServerProcess.now)
        let keeper = SealKeeper(sealed, seal: try SealChoice(settings).seal)
        if try await keeper.status().isInitialized, !force {
            throw StartFault.configuration("the storage holds a database; -force replaces it")
        }
        let shares = keeper.hasAutomaticSeal ? [] : readShares(SealKeeper.threshold(of: snapshot) ?? 0)
        guard let verified = try await keeper.verify(snapshot, shares: shares, isForced: true) else {
            throw SnapshotFault.keysDoNotOpen
        }
        try await keeper.restore(snapshot, verified)
        await keeper.seal()
    }

    /// Unseal keys from standard input, one a line; lines that are none are left out.
    private func readShares(_ count: Int) -> [KeyShare] {
        if isatty(STDIN_FILENO) == 1 { fail("the snapshot needs \(count) unseal keys, one a line:") }
        var shares: [KeyShare] = []
        while shares.count < count, let line = readLine() {
            var text = line.trimmingCharacters(in: .whitespaces)
            let share = text.withUTF8 { try? ShareText.share(ByteView(UnsafeRawBufferPointer($0))) }
            if let share { shares.append(share) }
        }
        return shares
    }

    private static func text(_ fault: SnapshotFault) -> String {
        switch fault {
        case .malformed: "the file is not a whole snapshot"
        case .unsupported: "this storage cannot be restored to"
        case .noRoom: "there is no room on the disk"
        case .otherKeys, .keysDoNotOpen: "the keys do not open the snapshot; nothing was changed"
        case .tampered: "the snapshot was altered, or is not of one moment; nothing was changed"
        case .sealed: "the database is sealed"
        case .storage(let error): "storage failed: \(error)"
        case .seal: "the seal's provider is not available; nothing was changed"
        }
    }
}
