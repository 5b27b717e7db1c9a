internal import ArgumentParser
internal import Foundation
internal import StrongroomClient
internal import Synchronization

/// `strongroom operator snapshot`.
struct OperatorSnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Save everything that is stored, still encrypted, and bring it back.",
        subcommands: [SnapshotSaveCommand.self, SnapshotRestoreCommand.self])
}

/// `strongroom operator snapshot save`.
struct SnapshotSaveCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save a snapshot into a file.",
        discussion: "The file is written under another name and put in its place when it is whole.")

    @Argument(help: "File.", completion: .file())
    var file: String

    @Flag(help: "Write over a file that is there.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let request = ClientRequest(.get, "sys/storage/raft/snapshot")
        try session.preview(request)
        guard force || !FileManager.default.fileExists(atPath: file) else {
            throw CommandFault.local("\(file) is there already", next: "write over it with -force")
        }
        let partial = file + ".partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFault.local("cannot write \(partial): \(String(cString: strerror(errno)))")
        }
        let progress = Progress(session.console, total: nil, unit: .bytes, title: "saving")
        let done = Mutex(0)
        do {
            let total = try await session.client.download(request) { piece in
                var at = 0
                while at < piece.count {
                    let count = piece.withUnsafeBytes {
                        write(descriptor, $0.baseAddress.map { $0 + at }, piece.count - at)
                    }
                    guard count > 0 else {
                        throw CommandFault.local("cannot write \(partial): \(String(cString: strerror(errno)))")
                    }
                    at += count
                }
                progress.update(
                    done.withLock {
                        $0 += piece.count
                        return $0
                    })
            }
            guard fsync(descriptor) == 0, close(descriptor) == 0, rename(partial, file) == 0 else {
                throw CommandFault.local("cannot write \(file): \(String(cString: strerror(errno)))")
            }
            progress.finish()
            if session.isTable {
                session.console.success("Saved \(Shown.bytes(Double(total))) to: \(file)")
            } else {
                try session.printer.show(["file": .string(file), "bytes": JSONNode(total)], rows: [])
            }
        } catch {
            unlink(partial)
            if let fault = error as? ClientFault { throw CommandFault.server(fault) }
            throw error
        }
    }
}

/// `strongroom operator snapshot restore`.
struct SnapshotRestoreCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put the server back to a snapshot: what was stored since is lost.")

    @Argument(help: "File.", completion: .file())
    var file: String

    @Flag(help: "Even when the snapshot is of another server: its shares then unseal this one.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw CommandFault.local("cannot read \(file)")
        }
        var request = ClientRequest(.post, force ? "sys/storage/raft/snapshot-force" : "sys/storage/raft/snapshot")
        request.bytes = Array(bytes)
        try await session.tell(request, "Restored the snapshot of \(Shown.bytes(Double(bytes.count)))")
    }
}
