package import Bytes
package import EngineKit
package import Vocabulary

/// `sys/storage/snapshot` and `snapshot-force`: the whole database out and in, encrypted as it is stored. The names
/// that
/// the field's command line asks for, below `sys/storage/raft/`, are served too.
package final class SnapshotPaths: SecretsEngine {
    private let control: any SnapshotControl

    package let typeName = "system"

    /// The section over what takes and restores snapshots.
    package init(_ control: any SnapshotControl) { self.control = control }

    /// A resolved request.
    package enum Command: Sendable {
        /// The copy is wanted.
        case take
        /// A copy is brought; borrowed from the request.
        case restore(ByteView, isForced: Bool)
    }

    /// What can go wrong.
    package enum Failure: WireFault, Equatable {
        /// No such path, or not this operation on it.
        case unsupportedPath, unsupportedOperation
        /// A restore without a body.
        case empty
        /// It was not done.
        case control(SnapshotControlFault)

        package var faultClass: FaultClass {
            switch self {
            case .unsupportedPath: .unsupportedPath
            case .unsupportedOperation: .unsupportedOperation
            case .empty: .invalidRequest
            case .control(let fault): fault.faultClass
            }
        }

        package var wireText: String {
            switch self {
            case .unsupportedPath: "unsupported path"
            case .unsupportedOperation: "unsupported operation"
            case .empty: "the snapshot must be the body of the request"
            case .control(let fault): fault.wireText
            }
        }
    }

    /// The paths in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        ["storage/snapshot", "storage/raft/snapshot"].flatMap { path in
            [
                PathDescription(
                    path, "The whole database, encrypted as it is stored.",
                    .read("Sends a copy.", gives: .file("application/octet-stream")),
                    .write("Restores the copy in the body.", gives: .nothing)),
                PathDescription(
                    path + "-force", "The whole database, encrypted as it is stored.",
                    .write("Restores the copy in the body, also one under other keys.", gives: .nothing)),
            ]
        }
    }

    package func resolve(_ request: EngineRequest) throws(Failure) -> Command {
        let isForced: Bool
        switch request.path {
        case let path where path.equals("storage/snapshot") || path.equals("storage/raft/snapshot"):
            if request.operation == .read { return .take }
            isForced = false
        case let path where path.equals("storage/snapshot-force") || path.equals("storage/raft/snapshot-force"):
            isForced = true
        default: throw .unsupportedPath
        }
        guard request.operation == .write else { throw .unsupportedOperation }
        guard !request.body.isEmpty else { throw .empty }
        return .restore(request.body, isForced: isForced)
    }

    /// The right that the command needs; the path asks for `sudo` besides.
    package func capability(for command: Command) -> Capability {
        switch command {
        case .take: .read
        case .restore: .update
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(Failure) -> Handling { .needsStorage }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(Failure) -> EngineReply {
        do throws(SnapshotControlFault) {
            switch command {
            case .take:
                var reply = EngineReply(form: .bare)
                reply.contentType = "application/octet-stream"
                reply.attachment = try await control.takeSnapshot()
                return reply
            case .restore(let bytes, let isForced):
                try await control.restore(bytes, isForced: isForced)
                return .noContent
            }
        } catch {
            throw .control(error)
        }
    }
}
