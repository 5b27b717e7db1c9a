package import Bytes

/// A release that has run on this database.
package struct InstalledVersion: Sendable, Equatable {
    /// The version, for instance `1.18.0`.
    package var version: String
    /// **Units** Unix seconds of its first start.
    package var installedUnixSeconds: Int
    /// When it was built, as text; empty when that is not known.
    package var buildDate: String

    /// A release.
    package init(version: String, installedUnixSeconds: Int, buildDate: String = "") {
        self.version = version
        self.installedUnixSeconds = installedUnixSeconds
        self.buildDate = buildDate
    }
}

/// A request that is being answered.
package struct RequestInFlight: Sendable, Equatable {
    /// Names the request, as in the audit log.
    package var id: String
    /// The verb.
    package var method: String
    /// The path, without the query and without secrets.
    package var path: String
    /// Address and port of the client.
    package var clientAddress: String
    /// **Units** Unix seconds.
    package var startedUnixSeconds: Int
    /// What the start is above its seconds, in nanoseconds.
    package var startedNanoseconds: Int

    /// A request.
    package init(
        id: String, method: String, path: String, clientAddress: String, startedUnixSeconds: Int,
        startedNanoseconds: Int = 0
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.clientAddress = clientAddress
        self.startedUnixSeconds = startedUnixSeconds
        self.startedNanoseconds = startedNanoseconds
    }
}

/// What only the composition root knows about the server, for the reports under `sys/`.
package protocol ServerReports: Sendable {
    /// Id of the cluster; nil as long as the database that holds it is sealed.
    var clusterID: String? { get }
    /// The machine: `sys/host-info`. Called in a task; may read files.
    func hostInfo() async -> JSON
    /// The settings without secrets: `sys/config/state/sanitized`.
    func sanitizedConfiguration() -> JSON
    /// The releases that have run here, in the order of their installation; an error of storage gives what is known.
    func versionHistory() async -> [InstalledVersion]
    /// What is being answered now.
    func requestsInFlight() -> [RequestInFlight]
}

/// What the server can count of itself: `sys/internal/counters`.
package protocol ServerCounts: Sendable {
    /// Service tokens that are good.
    var serviceTokens: Int { get }
    /// Entities.
    var entities: Int { get }
    /// Requests since the start.
    var requests: Int { get }
}
