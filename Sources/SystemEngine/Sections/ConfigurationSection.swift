package import Auditing
internal import Bytes
package import EngineKit
internal import Vocabulary

/// `sys/config`: what entries of audit devices show of headers, cross-origin requests, the server's settings.
/// **Source** system wire facts §12.
package enum ConfigurationSection {
    /// The section; `reports` tell the settings.
    package static func make(_ broker: AuditBroker, reports: (any ServerReports)?) -> SystemSection {
        SystemSection(
            AuditSections.headers(broker) + [
                SectionPath(
                    "config/cors",
                    read: { (_, _) throws(SectionFault) in
                        .now(.read) { (body) throws(SectionFault) in
                            body.append("{\"enabled\":false}")
                            return EngineReply(form: .mirrored)
                        }
                    },
                    write: { (_, _) throws(SectionFault) in
                        throw SectionFault(
                            .invalidRequest,
                            "requests of browsers from other origins are not served; nothing was changed")
                    },
                    delete: { (_, _) throws(SectionFault) in .now(.delete) { _ in .noContent } }
                ).told(
                    "Requests of browsers from other origins, which are not served.",
                    .read("Shows it.", gives: .mirrored([.flag("enabled").required])), .write("Is refused."),
                    .delete("Changes nothing.")),
                SectionPath(
                    "config/state/sanitized",
                    read: { (_, _) throws(SectionFault) in
                        guard let reports else { throw .unsupportedPath }
                        return .now(.read) { (body) throws(SectionFault) in
                            reports.sanitizedConfiguration().write(into: &body)
                            return EngineReply(form: .mirrored)
                        }
                    }
                ).told("The server's settings without their secrets.", .read("Shows them.", gives: .mirrored([]))),
            ])
    }
}

/// Small answers that clients look for. **Source** system wire facts §12.
package enum StandingSections {
    /// `sys/replication`: there is none.
    package static func replication() -> SystemSection {
        SystemSection([
            replica("replication/status"),
            replica("replication/dr/status"),
            replica("replication/performance/status"),
        ])
    }

    private static func replica(_ path: StaticString) -> SectionPath {
        SectionPath(
            path, isOpenToAll: true,
            read: { (_, _) throws(SectionFault) in
                .now(.read) { (body) throws(SectionFault) in
                    body.append("{\"mode\":\"disabled\"}")
                    return EngineReply()
                }
            }
        ).told("Replication; there is none.", .read("Tells that.", gives: .data([.text("mode").required])))
    }

    /// `sys/plugins/catalog`: what is built in; there is nothing else, and nothing can be added.
    package static func plugins(auth: [String], secret: [String]) -> SystemSection {
        let database = ["mysql-database-plugin", "postgresql-database-plugin", "redis-database-plugin"]
        let known = ["auth": auth.sorted(), "secret": secret.sorted(), "database": database]
        let list: SectionPath.Resolver = { (request, type) throws(SectionFault) in
            guard type.isEmpty || known[type] != nil else { throw .unsupportedPath }
            return .now(request.operation == .list ? .list : .read) { (body) throws(SectionFault) in
                var members: [String: JSON] = [:]
                if let names = known[type] {
                    members["keys"] = .array(names.map { .string($0) })
                } else {
                    members = known.mapValues { .array($0.map { .string($0) }) }
                    members["detailed"] = .array(details(known))
                }
                JSON.object(members).write(into: &body)
                return EngineReply()
            }
        }
        let refusal: SectionPath.Resolver = { (_, _) throws(SectionFault) in
            throw SectionFault(.invalidRequest, "plugins are built in; none can be added or removed")
        }
        return SystemSection([
            SectionPath("plugins/catalog", read: list, list: list).told(
                "What can be mounted.", .read("Lists it by kind.", gives: .data([])),
                .list("Lists it by kind.", gives: .data([]))),
            SectionPath(
                "plugins/catalog/",
                read: { (request, rest) throws(SectionFault) in
                    let parts = rest.split(separator: "/").map(String.init)
                    guard parts.count == 2, known[parts[0]]?.contains(parts[1]) == true else {
                        return try list(request, parts.count == 1 ? parts[0] : rest)
                    }
                    return .now(.read) { (body) throws(SectionFault) in
                        JSON.object([
                            "name": .string(parts[1]), "builtin": .bool(true), "args": .array([]),
                            "command": .string(""),
                            "sha256": .string(""), "version": .string(""), "deprecation_status": .string("supported"),
                        ]).write(into: &body)
                        return EngineReply()
                    }
                }, write: refusal, delete: refusal, list: list
            ).told(
                "What can be mounted, of a kind: auth, secret or database.", at: "{type}",
                .read("Lists it.", gives: .data([.texts("keys").required])), .list("Lists it."),
                .write("Is refused: everything is built in."), .delete("Is refused: everything is built in.")
            ).told(
                "One thing that can be mounted.", at: "{type}/{name}",
                .read("Shows it.", gives: .data([.text("name").required, .flag("builtin").required])),
                .write("Is refused: everything is built in."), .delete("Is refused: everything is built in.")),
        ])
    }

    private static func details(_ known: [String: [String]]) -> [JSON] {
        known.keys.sorted().flatMap { type in
            (known[type] ?? []).map { name in
                .object([
                    "name": .string(name), "type": .string(type), "builtin": .bool(true), "version": .string(""),
                    "deprecation_status": .string("supported"),
                ])
            }
        }
    }
}
