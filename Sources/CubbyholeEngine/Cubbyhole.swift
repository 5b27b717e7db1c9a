package import Bytes
package import EngineKit
package import Storage
internal import Synchronization
package import Vocabulary

/// `cubbyhole/`: what a service token keeps for itself, and nobody else can see; it goes with the token.
///
/// **Layout** of its storage: `<token id>/<path>`, the JSON object as it was written. **Source** system wire facts §18.
package final class Cubbyhole: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        enum Work: Sendable {
            case read
            case list
            case write(ByteView)
            case delete
        }

        let work: Work
        let caller: Caller
        let path: String
        var key: String { caller.tokenID + "/" + path }
        /// A wrapping token that asks for its answer in the old way.
        var isOldUnwrapping: Bool {
            caller.tokenPolicies == ["response-wrapping"] && path == "response"
        }
    }

    /// The last tokens that have ended, so that what a late request writes goes as well.
    private struct Ended {
        private static let capacity = 10_000
        private var ids: Set<String> = []
        private var order: [String] = []
        private var next = 0

        mutating func insert(_ id: String) {
            guard ids.insert(id).inserted else { return }
            if order.count < Self.capacity {
                order.append(id)
            } else {
                ids.remove(order[next])
                order[next] = id
                next = (next + 1) % Self.capacity
            }
        }

        func contains(_ id: String) -> Bool { ids.contains(id) }
    }

    private static let longestPath = 1024
    package let typeName = "cubbyhole"
    private let storage: StorageView
    private let unwrap: @Sendable (Caller) async throws(TokenFault) -> [UInt8]?
    private let ended = Mutex(Ended())

    /// The engine over its part of storage; `unwrap` takes out what is kept behind the caller's wrapping token.
    package init(
        storage: StorageView,
        unwrap: @escaping @Sendable (Caller) async throws(TokenFault) -> [UInt8]? = { _ in nil }
    ) {
        self.storage = storage
        self.unwrap = unwrap
    }

    package func resolve(_ request: EngineRequest) throws(CubbyholeError) -> Command {
        guard let caller = request.caller else { throw .permissionDenied }
        guard caller.kind == .service else { throw .serviceTokensOnly }
        guard request.path.count <= Self.longestPath else { throw .pathTooLong }
        let path = request.path.string
        guard !path.isEmpty || request.operation == .list else { throw .unsupportedPath }
        let work: Command.Work =
            switch request.operation {
            case .read: .read
            case .list: .list
            case .delete: .delete
            case .write: .write(try Self.object(request))
            case .patch: throw .unsupportedOperation
            }
        return Command(work: work, caller: caller, path: path)
    }

    /// The body, which must be an object with something in it.
    private static func object(_ request: EngineRequest) throws(CubbyholeError) -> ByteView {
        do throws(JSONFault) {
            var scanner = JSONScanner(request.body, depthLimit: request.maxJSONDepth)
            if scanner.peek() == UInt8(ascii: "{") {
                let value = try scanner.scanValue()
                let object = request.body.slice(value.offset, value.count)
                var inside = JSONScanner(object, depthLimit: request.maxJSONDepth)
                var isFirst = true
                if try inside.openDocument(), try inside.nextMember(&isFirst) != nil { return object }
            } else {
                _ = try scanner.openDocument()
            }
        } catch {
            throw .parameters(.json(error))
        }
        throw .nothingToKeep
    }

    package func capability(for command: Command) -> Capability {
        switch command.work {
        case .read: .read
        case .list: .list
        case .write: .create
        case .delete: .delete
        }
    }

    package func storedCapability(for command: Command) async throws(CubbyholeError) -> Capability {
        guard case .write = command.work else { return capability(for: command) }
        return try await read(command.key) == nil ? .create : .update
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(CubbyholeError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(CubbyholeError) -> EngineReply {
        switch command.work {
        case .read: return try await read(command, into: &body)
        case .list: return try await list(command, into: &body)
        case .delete:
            var batch = WriteBatch()
            batch.delete(StorageKey(command.key))
            try await commit(batch)
            return .noContent
        case .write(let object):
            var batch = WriteBatch()
            batch.put(StorageKey(command.key), object.array)
            try await commit(batch)
            let id = command.caller.tokenID
            if ended.withLock({ $0.contains(id) }) { try await removeAll(of: id) }
            return .noContent
        }
    }

    private func read(_ command: Command, into body: inout ByteWriter) async throws(CubbyholeError) -> EngineReply {
        if command.isOldUnwrapping {
            let answer: [UInt8]?
            do throws(TokenFault) { answer = try await unwrap(command.caller) } catch { throw .token(error) }
            guard let answer else { throw .nothingThere }
            let text = String(decoding: answer, as: UTF8.self)
            JSON.object(["response": .string(text)]).write(into: &body)
            return EngineReply(warnings: [
                "Reading from 'cubbyhole/response' is deprecated. Please use sys/wrapping/unwrap to unwrap responses."
            ])
        }
        guard let value = try await read(command.key) else { throw .nothingThere }
        value.withUnsafeBytes { body.append(ByteView($0)) }
        return EngineReply()
    }

    /// The names right below the path; what has more below it, with a slash.
    private func list(_ command: Command, into body: inout ByteWriter) async throws(CubbyholeError) -> EngineReply {
        let folder = command.key.hasSuffix("/") ? command.key : command.key + "/"
        let paths: [String]
        do throws(StorageError) { paths = try await storage.list(under: folder) } catch { throw .storage(error) }
        var names: [String] = []
        for path in paths {
            let rest = path.utf8.dropFirst(folder.utf8.count)
            let end = rest.firstIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.endIndex
            let name = String(path[rest.startIndex..<end])
            if names.last != name { names.append(name) }
        }
        guard !names.isEmpty else { throw .nothingThere }
        JSON.object(["keys": .array(names.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }

    private func read(_ key: String) async throws(CubbyholeError) -> [UInt8]? {
        do throws(StorageError) { return try await storage.read(key)?.value } catch { throw .storage(error) }
    }

    private func commit(_ batch: WriteBatch) async throws(CubbyholeError) {
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage(error) }
    }

    private func removeAll(of id: String) async throws(CubbyholeError) {
        while true {
            let paths: [String]
            do throws(StorageError) { paths = try await storage.list(under: id + "/", limit: 1000) } catch {
                throw .storage(error)
            }
            if paths.isEmpty { return }
            var batch = WriteBatch()
            for path in paths { batch.delete(StorageKey(path)) }
            try await commit(batch)
        }
    }
}

extension Cubbyhole: TokenEnding {
    package func tokenEnded(_ tokenID: String) async throws(LeaseFault) {
        ended.withLock { $0.insert(tokenID) }
        do throws(CubbyholeError) { try await removeAll(of: tokenID) } catch { throw .unavailable(error.wireText) }
    }
}
