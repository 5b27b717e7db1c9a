internal import Bytes
internal import EngineKit

/// What of a role is to change; nil stays.
package struct RoleWish: Sendable {
    var database: String?
    var creation: [String]?
    var revocation: [String]?
    var rollback: [String]?
    var renewal: [String]?
    var defaultSeconds: Int?
    var maxSeconds: Int?
}

extension DatabaseSecrets {
    func writeRole(_ name: String, _ wish: RoleWish) async throws(DatabaseError) -> EngineReply {
        try await turns.holding("role/" + name) { () async throws(DatabaseError) in
            let old: DatabaseRole? = try await stored("role/" + name)
            var role = old ?? DatabaseRole()
            role.database = wish.database ?? role.database
            role.creation = wish.creation ?? role.creation
            role.revocation = wish.revocation ?? role.revocation
            role.rollback = wish.rollback ?? role.rollback
            role.renewal = wish.renewal ?? role.renewal
            role.defaultSeconds = wish.defaultSeconds ?? role.defaultSeconds
            role.maxSeconds = wish.maxSeconds ?? role.maxSeconds
            if role.database.isEmpty { throw .databaseMissing }
            if role.maxSeconds > 0 && role.defaultSeconds > role.maxSeconds { throw .defaultAboveMax }
            try await store(role, at: "role/" + name)
        }
        return .noContent
    }

    func readRole(_ name: String, into body: inout ByteWriter) async throws(DatabaseError) -> EngineReply {
        guard let role: DatabaseRole = try await stored("role/" + name) else { throw .nothingThere }
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        JSON.object([
            "db_name": .string(role.database), "creation_statements": list(role.creation),
            "revocation_statements": list(role.revocation), "rollback_statements": list(role.rollback),
            "renew_statements": list(role.renewal), "default_ttl": .int(role.defaultSeconds),
            "max_ttl": .int(role.maxSeconds), "credential_type": .string("password"),
        ]).write(into: &body)
        return EngineReply()
    }
}
