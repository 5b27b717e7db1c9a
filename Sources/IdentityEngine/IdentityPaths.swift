package import Bytes
package import EngineKit
package import Identity
package import Storage
package import Vocabulary

/// `identity/`: entities, aliases, groups, and identity tokens.
///
/// **Concurrency** reading is from memory; changes are stored in turns, see `IdentityStore` and `OIDCStore`.
package final class IdentityPaths: SecretsEngine {
    /// What a request is answered with.
    package struct Answer: Sendable {
        var json: JSON?
        var status = 200
        var isBare = false
        var warnings: [String] = []

        static let nothing = Answer(json: nil, status: 204)
    }

    /// A resolved request.
    package enum Command: Sendable {
        /// Answered from memory.
        case now(Capability, @Sendable () throws(IdentityPathError) -> Answer)
        /// Answered with storage at hand.
        case later(Capability, @Sendable () async throws(IdentityPathError) -> Answer)
    }

    package let typeName = "identity"
    let store: IdentityStore
    let tokens: OIDCStore

    /// The engine over entities and groups. `storage` is for the keys of identity tokens; `defaultIssuer` is the
    /// server's own address, for instance `https://h:8200`.
    package init(
        store: IdentityStore, storage: StorageView, defaultIssuer: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> Int
    ) {
        self.store = store
        tokens = OIDCStore(storage: storage, defaultIssuer: defaultIssuer, now: now)
    }

    /// Reads the keys and roles of identity tokens. Called after each unsealing; the entities are loaded by their
    /// store.
    package func open() async throws(IdentityPathError) { try await tokens.load() }

    /// Forgets keys and roles. Called before each sealing.
    package func unload() { tokens.unload() }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        request.operation == .read && request.path.hasPrefix("oidc/.well-known/")
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .now(let capability, _), .later(let capability, _): capability
        }
    }

    package func resolve(_ request: EngineRequest) throws(IdentityPathError) -> Command {
        var path = request.path
        // Lists are asked for with and without the slash.
        if request.operation == .list, path.count > 0, path[path.count - 1] == UInt8(ascii: "/") {
            path = path.slice(0, path.count - 1)
        }
        let parts = path.string.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        let words = parts.map(String.init)
        switch words.first {
        case "entity": return try entityCommand(Array(words.dropFirst()), request)
        case "entity-alias": return try aliasCommand(Array(words.dropFirst()), request)
        case "group": return try groupCommand(Array(words.dropFirst()), request)
        case "group-alias": return try groupAliasCommand(Array(words.dropFirst()), request)
        case "lookup": return try lookupCommand(Array(words.dropFirst()), request)
        case "oidc": return try tokenCommand(Array(words.dropFirst()), request)
        default: throw .unsupportedPath
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(IdentityPathError) -> Handling {
        guard case .now(_, let work) = command else { return .needsStorage }
        return .done(Self.write(try work(), into: &body))
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(IdentityPathError) -> EngineReply {
        switch command {
        case .now(_, let work): return Self.write(try work(), into: &body)
        case .later(_, let work): return Self.write(try await work(), into: &body)
        }
    }

    private static func write(_ answer: Answer, into body: inout ByteWriter) -> EngineReply {
        guard let json = answer.json else {
            return answer.warnings.isEmpty
                ? EngineReply(status: answer.status) : EngineReply(warnings: answer.warnings)
        }
        json.write(into: &body)
        return EngineReply(
            status: answer.status, warnings: answer.warnings, form: answer.isBare ? .bare : .enveloped)
    }

    package func maintain(nowUnixSeconds: Int) async { await tokens.maintain(nowUnixSeconds: nowUnixSeconds) }

    // MARK: - For the files beside this one

    static func fields<Result>(
        _ read: () throws(ParameterFault) -> Result
    ) throws(IdentityPathError) -> Result {
        do throws(ParameterFault) { return try read() } catch { throw .parameters(error) }
    }

    static func changing<Result: Sendable>(
        _ change: () async throws(IdentityFault) -> Result
    ) async throws(IdentityPathError) -> Result {
        do throws(IdentityFault) { return try await change() } catch { throw .identity(error) }
    }

    static func listed(_ keys: [String], _ info: [String: JSON]? = nil) throws(IdentityPathError) -> Answer {
        if keys.isEmpty { throw .nothingThere }
        var members: [String: JSON] = ["keys": .array(keys.map { .string($0) })]
        if let info { members["key_info"] = .object(info) }
        return Answer(json: .object(members))
    }
}
