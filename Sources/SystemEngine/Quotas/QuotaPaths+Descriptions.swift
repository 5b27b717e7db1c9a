package import EngineKit

/// The paths in words. **Source** system wire facts §12.
extension QuotaPaths {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] { Self.paths }

    private static let place: [PathField] = [
        .text("path", "A mount or a path in one; empty for everything."),
        .text("role", "A role of a login method, whose logins count."),
    ]
    private static let shown: [PathField] = [
        .text("name").required, .text("path").required, .text("type").required, .text("role").required,
        .flag("inheritable").required,
    ]
    private static let kept: [PathField] = [
        .text("type", "Kept for clients."), .text("name", "Kept for clients."),
        .flag("inheritable", "Kept for clients."),
    ]

    private static let paths = [
        PathDescription(
            "quotas/config", "What rate limits leave out.",
            .read(
                "Shows it.",
                gives: .data([
                    .flag("enable_rate_limit_audit_logging").required,
                    .flag("enable_rate_limit_response_headers").required,
                    .texts("rate_limit_exempt_paths").required, .texts("absolute_rate_limit_exempt_paths").required,
                ])),
            .write(
                "Changes it.",
                takes: [
                    .texts("rate_limit_exempt_paths", "Paths without a limit."),
                    .texts("absolute_rate_limit_exempt_paths", "The same."),
                    .flag("enable_rate_limit_audit_logging", "Kept for clients."),
                    .flag("enable_rate_limit_response_headers", "Kept for clients."),
                ])),
        PathDescription("quotas/rate-limit", "Limits on rates of requests.", .list("Lists them.")),
        PathDescription(
            "quotas/rate-limit/{name}", "A limit on a rate of requests.",
            .read(
                "Shows it.",
                gives: .data(
                    shown + [
                        PathField("rate", .number).required, .int("interval").required,
                        .int("block_interval").required, .text("group_by").required,
                    ])),
            .write(
                "Makes or changes it.",
                takes: place + [
                    PathField("rate", .number, "Requests in an interval."), .duration("interval", "1s by default."),
                    .duration("block_interval", "How long who went over it is refused."),
                    .choice("group_by", ["ip", "none"], "Whom it counts."),
                ] + kept), .delete("Takes it away.")),
        PathDescription("quotas/lease-count", "Limits on numbers of leases.", .list("Lists them.")),
        PathDescription(
            "quotas/lease-count/{name}", "A limit on the number of leases.",
            .read("Shows it.", gives: .data(shown + [.int("max_leases").required])),
            .write("Makes or changes it.", takes: place + [.int("max_leases", "The most leases.")] + kept),
            .delete("Takes it away.")),
    ]
}
