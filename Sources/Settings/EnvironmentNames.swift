/// Environment variables that stand for settings. The house's own win over those that the field knows.
enum EnvironmentNames {
    /// Of the whole configuration: the setting, and the names without their prefix.
    static let server = [
        "api_addr": "API_ADDR", "cluster_addr": "CLUSTER_ADDR", "log_level": "LOG_LEVEL", "log_format": "LOG_FORMAT",
        "disable_mlock": "DISABLE_MLOCK", "ui": "UI", "raw_storage_endpoint": "RAW_STORAGE_ENDPOINT",
    ]

    /// Of the transit seal.
    static let transitSeal = [
        "address": "ADDR", "token": "TOKEN", "namespace": "NAMESPACE", "tls_ca_cert": "CACERT",
        "tls_client_cert": "CLIENT_CERT", "tls_client_key": "CLIENT_KEY", "tls_server_name": "TLS_SERVER_NAME",
        "tls_skip_verify": "SKIP_VERIFY", "key_name": "TRANSIT_SEAL_KEY_NAME",
        "mount_path": "TRANSIT_SEAL_MOUNT_PATH", "disable_renewal": "TRANSIT_SEAL_DISABLE_RENEWAL",
    ]

    /// Of PostgreSQL storage.
    static let postgreSQL = ["connection_url": "PG_CONNECTION_URL", "table": "PG_TABLE"]

    /// What the environment says; an empty variable says nothing.
    static func overrides(
        _ names: [String: String], from environment: [String: String]
    ) -> [String: SettingsOverride] {
        var result: [String: SettingsOverride] = [:]
        for (key, suffix) in names {
            let name = ["STRONGROOM_", "VAULT_"].map { $0 + suffix }.first { environment[$0]?.isEmpty == false }
            guard let name, let text = environment[name] else { continue }
            result[key] = SettingsOverride(text: text, place: .environment(name))
        }
        return result
    }
}
