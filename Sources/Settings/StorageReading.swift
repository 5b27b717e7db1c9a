extension StanzaReader {
    private static let types = "\"inmem\", \"sqlite\", \"file\" or \"postgresql\""

    /// The one stanza of a name or its older name.
    private func sole(_ name: String, or older: String, shape: String) -> Stanza? {
        let stanza = soleStanza(name, labels: 1, shape: shape)
        let other = soleStanza(older, labels: 1, shape: shape)
        if let stanza, let other {
            findings.fail(
                .repeated(setting: "\(older) (another name of \(name))", first: stanza.place), at: other.place)
        }
        return stanza ?? other
    }

    /// The `storage` stanza; nil when there is none or it is wrong, with the errors noted.
    func storage() -> StorageSettings? {
        let before = findings.errors.count
        let stanza = sole("storage", or: "backend", shape: "storage \"type\" { … } with the type \(Self.types)")
        guard let stanza else {
            if findings.errors.count == before && findings.hasAllFiles {
                let advice = "a stanza storage \"type\" { … } with the type \(Self.types)"
                findings.fail(.missing(setting: "storage", advice), at: .configuration)
            }
            return nil
        }
        return storage(stanza, "storage")
    }

    /// The `ha_storage` stanza, which must be able to hold locks.
    func highAvailabilityStorage() -> StorageSettings? {
        let stanza = sole("ha_storage", or: "ha_backend", shape: "ha_storage \"postgresql\" { … }")
        guard let stanza else { return nil }
        guard stanza.labels.first == "postgresql" else {
            findings.fail(.expected(setting: "ha_storage", "the type \"postgresql\"", found: nil), at: stanza.place)
            return nil
        }
        return storage(stanza, "ha_storage")
    }

    /// What a stanza of a storage says.
    func storage(_ stanza: Stanza, _ name: String) -> StorageSettings? {
        var overrides: [String: SettingsOverride] = [:]
        if stanza.labels.first == "postgresql" {
            overrides = EnvironmentNames.overrides(
                EnvironmentNames.postgreSQL, from: findings.environment)
        }
        let reader = StanzaReader(stanza, prefix: name, findings: findings, overrides: overrides)
        let type = stanza.labels.first ?? ""
        var result: StorageSettings?
        switch type {
        case "inmem": result = .inMemory
        case "sqlite": result = reader.requiredPath("the file of the database").map { .sqlite(path: $0) }
        case "file": result = reader.requiredPath("the folder of the files").map { .file(path: $0) }
        case "postgresql": result = reader.postgreSQL().map { .postgresql($0) }
        default:
            findings.fail(.expected(setting: name, "the type \(Self.types)", found: nil), at: stanza.place)
            return nil
        }
        findings.note(name, type, at: stanza.place)
        reader.ignore([
            "redirect_addr", "api_addr", "cluster_addr", "disable_clustering", "ha_enabled", "max_parallel",
            "max_connect_retries", "skip_create_table",
        ])
        reader.finish()
        return result
    }

    private func requiredPath(_ what: String) -> String? {
        if !has("path") { findings.fail(.missing(setting: name("path"), what), at: place) }
        return path("path")
    }

    private func postgreSQL() -> PostgreSQLSettings? {
        let form = "a connection string such as \"postgresql://user@host:5432/database\""
        if !has("connection_url") { findings.fail(.missing(setting: name("connection_url"), form), at: place) }
        let url = secret("connection_url", expecting: form) { bytes in
            let text = SecretText.withoutLineEnd(bytes)
            let isURL = text.starts(with: "postgres://".utf8) || text.starts(with: "postgresql://".utf8)
            return (isURL || text.contains(UInt8(ascii: "="))) && !text.contains(0) ? text : nil
        }
        let (table, locks) = (tableName("table"), tableName("ha_table"))
        let isShared = flag("ha_enabled")
        let most = integer("max_parallel", in: 1...10_000)
        let idle = integer("max_idle_connections", in: 0...10_000)
        guard let url else { return nil }
        var settings = PostgreSQLSettings(connectionURL: url)
        settings.table = table ?? settings.table
        settings.lockTable = locks ?? settings.lockTable
        settings.isHighlyAvailable = isShared ?? false
        settings.maxConnections = most ?? settings.maxConnections
        settings.maxIdleConnections = idle
        return settings
    }

    private func tableName(_ key: String) -> String? {
        let form = "the name of a table: letters, digits, \"_\" and a schema before a \".\""
        return value(key, expecting: form, shown: \.self) { kind in
            LooseValue.text(kind).flatMap { Self.isTableName($0) ? $0 : nil }
        }
    }

    /// A name that needs no quoting in SQL, with a schema in front or not.
    private static func isTableName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { part in
                guard (1...63).contains(part.utf8.count), part.utf8.first.map(isDigit) == false else { return false }
                return part.utf8.allSatisfy { byte in
                    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == UInt8(ascii: "_")
                }
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
