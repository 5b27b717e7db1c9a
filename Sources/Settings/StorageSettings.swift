/// The `storage` or `ha_storage` stanza.
package enum StorageSettings: Sendable {
    /// Everything in memory, gone at the end.
    case inMemory
    /// A SQLite database.
    case sqlite(path: String)
    /// A folder of files.
    case file(path: String)
    /// A PostgreSQL server.
    case postgresql(PostgreSQLSettings)

    /// The type as a stanza spells it.
    package var type: String {
        switch self {
        case .inMemory: "inmem"
        case .sqlite: "sqlite"
        case .file: "file"
        case .postgresql: "postgresql"
        }
    }
}

/// `storage "postgresql"`.
package struct PostgreSQLSettings: Sendable {
    /// URL or keywords for libpq; holds the password.
    package var connectionURL: SecretSetting
    /// The table of the entries.
    package var table = "vault_kv_store"
    /// The table of the locks.
    package var lockTable = "vault_ha_locks"
    /// Whether several servers share it, one at a time active.
    package var isHighlyAvailable = false
    /// Most connections at once.
    package var maxConnections = 128
    /// Most connections kept without work; nil for libpq's pool to decide.
    package var maxIdleConnections: Int?
}
