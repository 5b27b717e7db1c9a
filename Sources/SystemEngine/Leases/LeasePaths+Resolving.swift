internal import Bytes
package import EngineKit
internal import Vocabulary

extension LeasePaths {
    private static let table = FieldTable("lease_id", "increment", "sync", "limit", "after", "url_lease_id")

    /// What a path below `sys/` is about.
    private enum Subject {
        case lookUp, renew, revoke, revokePrefix, revokeForce, tidy, count, queue
    }

    private static let subjects: [(path: StaticString, subject: Subject)] = [
        ("leases/lookup", .lookUp), ("leases/renew", .renew), ("leases/revoke", .revoke),
        ("leases/revoke-prefix", .revokePrefix), ("leases/revoke-force", .revokeForce), ("leases/tidy", .tidy),
        ("leases/count", .count), ("leases/queue", .queue), ("renew", .renew), ("revoke", .revoke),
        ("revoke-prefix", .revokePrefix), ("revoke-force", .revokeForce),
    ]

    /// Parses the request; old and new spellings mean the same.
    package func resolve(_ request: EngineRequest) throws(LeasePathError) -> Command {
        guard let (subject, rest) = Self.subject(of: request.path) else { throw .unsupportedPath }
        let asked: Asked
        do throws(ParameterFault) { asked = try Asked(try Parameters(request, Self.table)) } catch {
            throw .parameters(error)
        }
        switch (subject, request.operation) {
        case (.lookUp, .write): return .lookUp(try Self.id(asked, rest))
        case (.lookUp, .list): return .list(prefix: rest.string, after: asked.after, limit: asked.limit)
        case (.renew, .write): return .renew(try Self.id(asked, rest), incrementSeconds: asked.increment)
        case (.revoke, .write): return .revoke(try Self.id(asked, rest), waits: asked.waits)
        case (.revokePrefix, .write): return .revokePrefix(try Self.prefix(rest), waits: asked.waits)
        case (.revokeForce, .write): return .revokeForce(try Self.prefix(rest))
        case (.tidy, .write) where rest.isEmpty: return .tidy
        case (.count, .read) where rest.isEmpty: return .count
        case (.queue, .read) where rest.isEmpty: return .queue(limit: asked.limit)
        case (.tidy, _), (.count, _), (.queue, _), (.lookUp, _), (.renew, _), (.revoke, _), (.revokePrefix, _),
            (.revokeForce, _):
            throw .unsupportedOperation
        }
    }

    /// The parameters of all these paths.
    private struct Asked {
        var leaseID: String
        var increment: Int?
        var waits: Bool
        var limit: Int
        var after: String

        init(_ parameters: Parameters) throws(ParameterFault) {
            let spelled = try parameters.string(0) ?? ""
            leaseID = spelled.isEmpty ? try parameters.string(5) ?? "" : spelled
            increment = try parameters.durationSeconds(1).flatMap { $0 > 0 ? $0 : nil }
            waits = try parameters.bool(2) ?? false
            let wanted = try parameters.int(3) ?? 0
            limit = wanted > 0 ? min(wanted, LeasePaths.mostNames) : LeasePaths.mostNames
            after = try parameters.string(4) ?? ""
        }
    }

    /// Names that one answer has at most.
    static let mostNames = 100_000

    private static func id(_ asked: Asked, _ rest: ByteView) throws(LeasePathError) -> String {
        let id = asked.leaseID.isEmpty ? rest.string : asked.leaseID
        guard !id.isEmpty else { throw .leaseIDMissing }
        return id
    }

    private static func prefix(_ rest: ByteView) throws(LeasePathError) -> String {
        guard !rest.isEmpty else { throw .prefixMissing }
        return rest.string
    }

    /// The subject of a path, and what follows its name.
    private static func subject(of path: ByteView) -> (Subject, rest: ByteView)? {
        for (name, subject) in subjects where path.hasPrefix(name) {
            let length = name.utf8CodeUnitCount
            if path.count == length { return (subject, .empty) }
            if path[length] == UInt8(ascii: "/") { return (subject, path.dropFirst(length + 1)) }
        }
        return nil
    }
}
