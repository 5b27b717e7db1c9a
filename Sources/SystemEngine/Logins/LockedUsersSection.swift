internal import Bytes
package import EngineKit
internal import Vocabulary

/// `sys/locked-users`: who is locked out after too many failed logins, and letting them try again.
package enum LockedUsersSection {
    private static let fields = FieldTable("mount_accessor")

    /// The section.
    package static func make(_ logins: any LockedLogins) -> SystemSection {
        SystemSection([
            SectionPath("locked-users", read: { (request, _) throws(SectionFault) in try list(request, logins) })
                .told(
                    "Who is locked out after too many failed logins.",
                    .read(
                        "Lists them by login method.",
                        takes: [.text("mount_accessor", "The accessor of one method; all by default.")],
                        gives: .data([
                            .objects("by_namespace", "", [.int("counts").required]).required, .int("total").required,
                        ]))),
            SectionPath("locked-users/", write: { (_, rest) throws(SectionFault) in try unlock(rest, logins) })
                .told(
                    "Somebody who is locked out.", at: "{mount_accessor}/unlock/{path}",
                    .write("Lets them try again.")),
        ])
    }

    private static func list(
        _ request: EngineRequest, _ logins: any LockedLogins
    ) throws(SectionFault) -> SectionCommand {
        let values = try parameters(request, fields)
        let wanted = try reading { () throws(ParameterFault) in try values.string(0) }
        let accessor = wanted.flatMap { $0.isEmpty ? nil : $0 }
        return .now(.read) { (body) throws(SectionFault) in
            // The most locked names first.
            let locked = logins.lockedNames(at: accessor).sorted {
                ($1.names.count, $0.accessor) < ($0.names.count, $1.accessor)
            }
            let total = locked.reduce(0) { $0 + $1.names.count }
            let mounts = locked.map { mount in
                JSON.object([
                    "mount_accessor": .string(mount.accessor), "counts": .int(mount.names.count),
                    "alias_identifiers": .array(mount.names.map { .string($0) }),
                ])
            }
            let space = JSON.object([
                "namespace_id": .string("root"), "namespace_path": .string(""), "counts": .int(total),
                "mount_accessors": .array(mounts),
            ])
            JSON.object(["by_namespace": .array(locked.isEmpty ? [] : [space]), "total": .int(total)])
                .write(into: &body)
            return EngineReply()
        }
    }

    /// `ACCESSOR/unlock/NAME`; a name that is not locked is fine.
    private static func unlock(_ rest: String, _ logins: any LockedLogins) throws(SectionFault) -> SectionCommand {
        let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[1] == "unlock", !parts[0].isEmpty, !parts[2].isEmpty else {
            throw .unsupportedPath
        }
        return .now(.update) { (_) throws(SectionFault) in
            guard logins.unlock(parts[2], at: parts[0]) else {
                throw SectionFault(.invalidRequest, "no auth method that locks names has this mount accessor")
            }
            return .noContent
        }
    }
}
