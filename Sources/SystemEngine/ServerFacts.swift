/// What `sys/` tells about the server itself.
package struct ServerFacts: Sendable {
    /// Strongroom's own version.
    package var version: String
    /// The level of the field's API that is served: what clients compare with.
    package var compatibilityVersion = "1.18.0"
    /// Kind of storage, for instance `inmem`.
    package var storageType: String
    /// Name of the cluster.
    package var clusterName: String
    /// Id of the cluster, random, made at first start; `ServerReports` overrides it.
    package var clusterID: String

    /// Facts about a server.
    package init(version: String, storageType: String, clusterName: String, clusterID: String) {
        self.version = version
        self.storageType = storageType
        self.clusterName = clusterName
        self.clusterID = clusterID
    }
}
