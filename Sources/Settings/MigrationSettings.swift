internal import HCL

/// From where to where `operator migrate` moves a database.
package struct MigrationSettings: Sendable {
    /// Where it is.
    package let source: StorageSettings
    /// Where it is to be.
    package let destination: StorageSettings

    /// Reads `storage_source "type" { … }` and `storage_destination "type" { … }`; the errors and the warnings beside.
    package static func load(
        paths: [String], environment: [String: String]
    ) -> (settings: MigrationSettings?, errors: [SettingsNotice], warnings: [SettingsNotice]) {
        let findings = SettingsFindings(environment: environment)
        if paths.isEmpty { findings.fail(.missing(setting: "-config", "a file or a folder"), at: .configuration) }
        let documents = ConfigurationFiles.documents(paths, findings)
        let items = documents.flatMap { document in document.body.items.map { (document.file, $0) } }
        let reader = StanzaReader(items, prefix: "", place: .configuration, findings: findings)
        let (source, destination) = (reader.end("storage_source"), reader.end("storage_destination"))
        reader.ignore(["cluster_addr", "api_addr", "disable_mlock"])
        reader.finish()
        findings.close()
        guard findings.errors.isEmpty, let source, let destination else {
            return (nil, findings.errors, findings.warnings)
        }
        return (MigrationSettings(source: source, destination: destination), [], findings.warnings)
    }
}

extension StanzaReader {
    /// One end of a migration.
    fileprivate func end(_ name: String) -> StorageSettings? {
        let shape = "\(name) \"type\" { … }"
        let before = findings.errors.count
        guard let stanza = soleStanza(name, labels: 1, shape: shape) else {
            if findings.errors.count == before {
                findings.fail(.missing(setting: name, "a stanza \(shape)"), at: .configuration)
            }
            return nil
        }
        return storage(stanza, name)
    }
}
