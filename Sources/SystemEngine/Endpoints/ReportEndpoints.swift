internal import EngineKit

/// The terms of the key that encrypts the storage, and reports. **Source** system wire facts §5, §12.
extension SystemPaths {
    private static let rotation: [PathField] = [
        .int("max_operations", "Messages of a term before the next is made."),
        .duration("interval", "Time after which the next is made; 0 for never."),
        .flag("enabled", "Whether terms end by themselves."),
    ]

    static let termEndpoints: [Endpoint] = [
        Endpoint("key-status", read: always(.terms(.status))).told(
            "The term of the key that encrypts the storage.",
            .read(
                "Tells it.",
                gives: .mirrored([.int("term").required, .text("install_time").required, .int("encryptions").required])
            )),
        Endpoint("rotate", write: always(.terms(.rotate))).told(
            "The next term.", .write("Makes it.")),
        Endpoint("rotate/config", read: always(.terms(.configuration)), write: configureRotation).told(
            "When terms end.", .read("Shows it.", gives: .data(rotation.allRequired)),
            .write("Changes it.", takes: rotation)),
    ]

    private static let history = PathAnswer.data([.texts("keys").required, .object("key_info").required])

    static let reportEndpoints: [Endpoint] = [
        Endpoint("host-info", read: always(.report(.host))).told(
            "The machine.", .read("Tells of it.", gives: .data([]))),
        Endpoint("config/state/sanitized", read: always(.report(.configuration))).told(
            "The server's settings without their secrets.", .read("Shows them.", gives: .mirrored([]))),
        Endpoint(
            "version-history", read: always(.report(.versions)), list: always(.report(.versions))
        ).told(
            "The releases that ran here.", .read("Lists them.", gives: history), .list("Lists them.", gives: history)),
        Endpoint("in-flight-req", opensBy: .openRequestsInFlight, read: always(.report(.requests))).told(
            "What is worked on at this moment.", .read("Lists it.", gives: .bare([]))),
    ]

    static let counterEndpoints: [Endpoint] = [
        counter("internal/counters/tokens", .tokens, "service_tokens", "Service tokens that are good."),
        counter("internal/counters/entities", .entities, "entities", "Entities."),
        counter("internal/counters/requests", .requests, "requests", "Requests since the start."),
        Endpoint("internal/counters/activity", read: always(.report(.count(.activity)))).told(
            "Clients month by month, which are not counted.", .read("Tells nothing.", gives: .nothing)),
        Endpoint("internal/counters/activity/monthly", read: always(.report(.count(.activity)))).told(
            "Clients of this month, which are not counted.", .read("Tells nothing.", gives: .nothing)),
        Endpoint("internal/counters/config", read: always(.report(.count(.settings)))).told(
            "Whether clients are counted month by month.",
            .read(
                "Tells it.",
                gives: .data([
                    .text("enabled").required, .flag("queries_available").required,
                    .flag("reporting_enabled").required, .int("retention_months").required,
                    .int("default_report_months").required,
                ]))),
    ]

    private static func counter(
        _ path: StaticString, _ counter: Counter, _ name: String, _ about: String
    ) -> Endpoint {
        let total = PathField.object(name, about, [.int("total").required]).required
        return Endpoint(path, read: always(.report(.count(counter)))).told(
            about, .read("Counts them.", gives: .data([.object("counters", "", [total]).required])))
    }
}
