package import EngineKit

/// The paths in words. **Source** system wire facts §11.
extension LeasePaths {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.leasePaths + Self.spelled("leases/") + Self.spelled("")
    }

    private static let leaseID = PathField.text("lease_id", "The lease; it may stand in the path too.")
    private static let waits = PathField.flag("sync", "Whether to wait until it is done.")
    private static let facts = [
        PathField.text("id"), .text("issue_time"), .text("expire_time").orNull, .text("last_renewal").orNull,
        .flag("renewable"), .int("ttl"),
    ].allRequired

    private static let leasePaths = [
        PathDescription(
            "leases/lookup", "Leases: what was given out for a time.",
            .write("Tells facts about one.", takes: [leaseID], gives: .data(facts)),
            .list("Lists what leases begin with.", isPaged: true)),
        PathDescription(
            "leases/lookup/{path}", "Leases below a prefix.",
            .write("Tells facts about one.", gives: .data(facts)), .list("Lists their names.", isPaged: true)),
        PathDescription(
            "leases/count", "How many leases there are.",
            .read(
                "Counts them.",
                gives: .data([.int("lease_count").required, PathField("counts", .map(.integer)).required]))),
        PathDescription(
            "leases/queue", "Leases that are due and could not be ended yet.",
            .read(
                "Tells them, and why.", takes: [.int("limit", "The most that are told.")],
                gives: .data([
                    .objects(
                        "queue", "",
                        [
                            .text("lease_id").required, .int("attempts").required, .text("reason").required,
                            .flag("refused").required, .text("since").required, .text("next_try").required,
                        ]
                    ).required,
                    .objects("mounts", "", [.text("mount").required, .int("leases").required]).required,
                ]))),
        PathDescription(
            "leases/tidy", "What leases left behind.",
            .write("Removes it.", gives: PathAnswer.nothing.with(statuses: 202))),
    ]

    /// What is spelled with `leases/` in front, and as old clients do without.
    private static func spelled(_ head: String) -> [PathDescription] {
        let renew = PathAction.write(
            "Extends a lease.", takes: [leaseID, .duration("increment", "Time that is wished for.")],
            gives: .envelope)
        let revoke = PathAction.write("Ends a lease.", takes: [leaseID, waits])
        return [
            PathDescription(head + "renew", "The time of a lease.", renew),
            PathDescription(head + "renew/{path}", "The time of a lease.", renew),
            PathDescription(head + "revoke", "The end of a lease.", revoke),
            PathDescription(head + "revoke/{path}", "The end of a lease.", revoke),
            PathDescription(
                head + "revoke-prefix/{path}", "The end of all leases below a prefix.",
                .write("Ends them.", takes: [waits])),
            PathDescription(
                head + "revoke-force/{path}", "The end of all leases below a prefix, whatever engines say.",
                .write("Ends them.")),
        ]
    }
}
