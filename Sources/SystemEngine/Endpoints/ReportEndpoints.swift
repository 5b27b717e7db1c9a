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
}
