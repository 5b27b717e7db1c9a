internal import Bytes
package import Vocabulary

/// Everything that an operator can say about a server, validated. Plain values; secrets inside never print.
package struct ServerSettings: Sendable {
    /// How the server writes what it has to say.
    package enum LogFormat: String, Sendable {
        /// Lines for people.
        case standard
        /// One JSON object a line.
        case json
    }

    /// From which level on a message is written.
    package enum LogLevel: String, Sendable, CaseIterable {
        /// Everything.
        case trace
        /// What helps to find a defect.
        case debug
        /// What happens; the default.
        case info
        /// What an operator should look into.
        case warn
        /// What went wrong.
        case error
    }

    /// Where the server listens; at least one when validated.
    package var listeners: [ListenerSettings] = []
    /// Where everything is stored.
    package var storage = StorageSettings.inMemory
    /// Where the lock of a high-availability cluster is, when not in `storage`.
    package var highAvailabilityStorage: StorageSettings?
    /// How the root key is sealed: one, or two during a migration, of which one is disabled. None means Shamir.
    package var seals: [SealSettings] = []
    /// The URL under which clients reach this server.
    package var apiAddress: String?
    /// The URL under which the other servers of the cluster reach this one.
    package var clusterAddress: String?
    /// The name of the cluster.
    package var clusterName: String?
    /// Lease time where nobody asks for one. **Units** seconds.
    package var defaultLeaseSeconds = 768 * 3600
    /// Longest lease time. **Units** seconds.
    package var maxLeaseSeconds = 768 * 3600
    /// From which level on messages are written.
    package var logLevel = LogLevel.info
    /// How messages are written.
    package var logFormat = LogFormat.standard
    /// The file or folder for messages; standard error when nil.
    package var logFile: String?
    /// Age at which the log file is changed for a new one. **Units** seconds.
    package var logRotateSeconds: Int?
    /// Size at which the log file is changed for a new one.
    package var logRotateBytes: Int?
    /// How many old log files are kept; all when nil.
    package var logRotateFiles: Int?
    /// Whether memory may be written to swap.
    package var disablesMemoryLock = false
    /// Whether reads go to storage each time.
    package var disablesCache = false
    /// How many storage entries the cache holds.
    package var cacheEntries = 131_072
    /// A folder for plugins; taken, and of no effect.
    package var pluginDirectory: String?
    /// What is measured, and how it is told.
    package var telemetry = TelemetrySettings()
    /// Whether the web interface is served.
    package var offersUI = false
    /// The file that holds the number of the process while it runs.
    package var pidFile: String?
    /// Whether `sys/raw` is served.
    package var offersRawStorage = false
    /// Whether `sys/internal/inspect` is served.
    package var offersIntrospection = false
    /// Whether `sys/pprof/profile` takes profiles.
    package var offersProfiling = false
    /// Whether answers name the host in a header.
    package var namesHostInHeader = false
    /// Bounds on one request, where a listener has none of its own.
    package var limits = RequestLimits()
    /// Audit devices that must be there when the storage is opened.
    package var audits: [AuditStanza] = []

    /// The defaults, which listen nowhere.
    package init() {}
}

// What is printed is the sanitized view: it holds no secrets.
extension ServerSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The sanitized view as JSON.
    package var description: String { sanitized.text }
    /// The same as `description`.
    package var debugDescription: String { description }
    /// No children: stanzas that are kept for later may hold secrets.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// `audit "type" "path" { … }`: a device that is enabled when the storage is opened, unless there is one at its path.
package struct AuditStanza: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The type: `file`, `syslog`, `socket`.
    package let type: String
    /// The path of the device.
    package let path: String
    /// What somebody wrote about it.
    package var about = ""
    /// Kept for clients.
    package var isLocal = false
    /// Its options by name, for those who write devices to check.
    package var options: [String: String] = [:]

    /// Type and path; options may be secrets.
    package var description: String { "audit \"\(type)\" \"\(path)\"" }
    /// Nothing, for the same reason.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }

    /// A device without options.
    init(type: String, path: String) {
        self.type = type
        self.path = path
    }
}

/// `telemetry { … }`.
package struct TelemetrySettings: Sendable, Equatable {
    /// How long a measure that is no longer fed is still told; 0 turns the Prometheus form off. **Units** seconds.
    package var prometheusRetentionSeconds = 24 * 3600
    /// Whether measures go without the name of the host.
    package var disablesHostname = false
    /// Whether the name of the host is a label.
    package var labelsHostname = false
    /// How often gauges of usage are taken. **Units** seconds.
    package var usageGaugeSeconds = 600
    /// Most label values of one gauge.
    package var maximumGaugeCardinality = 500
    /// What the names of measures begin with.
    package var metricsPrefix: String?
    /// Whether measures that no filter names are told.
    package var filterDefault = true
    /// Prefixes of names, each with a `+` or `-` in front that lets it through or not.
    package var prefixFilter: [String] = []

    /// The defaults.
    package init() {}
}
