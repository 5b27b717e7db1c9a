package import HCL
internal import Vocabulary

/// What came of reading a configuration.
package struct LoadedSettings: Sendable {
    /// The settings; nil when there are errors.
    package let settings: ServerSettings?
    /// What is wrong; all of it, in the order in which it was found.
    package let errors: [SettingsNotice]
    /// What an operator should know of.
    package let warnings: [SettingsNotice]
    /// Every setting that was found, by source: defaults are not among them.
    package let understood: [UnderstoodSetting]
}

extension ServerSettings {
    /// Settings that an option of the command line may set, by the name of the setting: `log_level` for `-log-level`.
    package static let flagNames: Set<String> = [
        "api_addr", "cluster_addr", "cluster_name", "log_level", "log_format", "log_file", "disable_mlock", "ui",
        "pid_file", "max_request_size", "max_json_depth", "default_lease_ttl", "max_lease_ttl",
    ]

    /// Reads files and folders, in order, then the environment, then the options of the command line, which win.
    package static func load(
        paths: [String], environment: [String: String], flags: [String: String] = [:]
    ) -> LoadedSettings {
        let findings = SettingsFindings(environment: environment)
        if paths.isEmpty {
            findings.fail(.missing(setting: "-config", "a file or a folder"), at: .configuration)
        }
        let documents = ConfigurationFiles.documents(paths, findings)
        findings.hasAllFiles = findings.errors.isEmpty
        return interpret(documents, flags, findings)
    }

    /// The same for documents that were read already.
    package static func interpret(
        _ documents: [HCLDocument], environment: [String: String], flags: [String: String] = [:]
    ) -> LoadedSettings {
        interpret(documents, flags, SettingsFindings(environment: environment))
    }

    private static func interpret(
        _ documents: [HCLDocument], _ flags: [String: String], _ findings: SettingsFindings
    ) -> LoadedSettings {
        var overrides = EnvironmentNames.overrides(EnvironmentNames.server, from: findings.environment)
        for (key, text) in flags.sorted(by: { $0.key < $1.key }) {
            let place = SettingsPlace.flag(key.replacing("_", with: "-"))
            guard flagNames.contains(key) else {
                let near = Suggestion.nearest(to: key, among: flagNames)
                findings.fail(.unknown(setting: Suggestion.shown(key), suggestion: near), at: place)
                continue
            }
            overrides[key] = SettingsOverride(text: text, place: place)
        }
        let items = documents.flatMap { document in document.body.items.map { (document.file, $0) } }
        let reader = StanzaReader(
            items, prefix: "", place: .configuration, findings: findings, overrides: overrides)
        let settings = reader.server()
        findings.close()
        return LoadedSettings(
            settings: findings.errors.isEmpty ? settings : nil, errors: findings.errors, warnings: findings.warnings,
            understood: findings.understood)
    }
}

extension StanzaReader {
    /// The whole configuration.
    fileprivate func server() -> ServerSettings {
        var settings = ServerSettings()
        settings.limits = requestLimits(from: settings.limits)
        let before = findings.errors.count
        settings.listeners = listeners(settings.limits)
        if settings.listeners.isEmpty && findings.errors.count == before && findings.hasAllFiles {
            findings.fail(.missing(setting: "listener", "a stanza \(Self.listenerShape)"), at: .configuration)
        }
        settings.storage = storage() ?? .inMemory
        settings.highAvailabilityStorage = highAvailabilityStorage()
        settings.seals = seals()
        readAddresses(into: &settings)
        readLogging(into: &settings)
        readSwitches(into: &settings)
        settings.telemetry = telemetry()
        settings.audits = stanzas("audit", labels: 2, shape: "audit \"type\" \"path\" { … }").map { stanza in
            audit(stanza)
        }
        ignore([
            "service_registration", "user_lockout", "entropy", "license_path", "plugin_file_uid", "plugin_tmpdir",
            "plugin_file_permissions", "disable_clustering", "disable_sealwrap", "disable_performance_standby",
            "disable_printable_check", "disable_indexing", "enable_response_header_raft_node_id", "detect_deadlocks",
            "imprecise_lease_role_tracking", "experiments", "allow_audit_log_prefixing", "kms_library", "reporting",
            "unsafe_allow_api_audit_creation", "log_requests_level", "cluster_cipher_suites",
            "administrative_namespace_path",
            "default_max_request_duration", "sentinel", "hsm_fallback_seal", "initialize", "replication",
            "disable_standby_reads", "enable_multiseal", "enable_post_unseal_trace",
        ])
        finish()
        return settings
    }

    /// An audit device. Its options may be secrets, so none is shown.
    private func audit(_ stanza: Stanza) -> AuditStanza {
        findings.note("audit", stanza.labels.map(Suggestion.shown).joined(separator: " "), at: stanza.place)
        var audit = AuditStanza(type: stanza.labels[0], path: stanza.labels[1])
        let reader = StanzaReader(stanza, prefix: "audit", findings: findings)
        audit.about = reader.text("description") ?? ""
        audit.isLocal = reader.flag("local") ?? false
        let shape = "options { name = \"value\" … }"
        for item in reader.soleStanza("options", labels: 0, shape: shape)?.body.items ?? [] {
            let place = SettingsPlace(stanza.file, item.position)
            guard case .attribute(let option) = item, let text = LooseValue.option(option.value.kind) else {
                findings.fail(.expected(setting: "audit.options", shape, found: nil), at: place)
                continue
            }
            if audit.options.updateValue(text, forKey: option.key) != nil {
                findings.fail(.repeated(setting: "audit.options", first: stanza.place), at: place)
            }
        }
        reader.finish()
        return audit
    }

    func url(_ key: String) -> String? {
        let form = "a URL such as \"https://vault.example.com:8200\""
        return value(key, expecting: form, shown: \.self) { kind in LooseValue.text(kind).flatMap(HostText.url) }
    }

    private func readAddresses(into settings: inout ServerSettings) {
        settings.apiAddress = url("api_addr")
        settings.clusterAddress = url("cluster_addr")
        settings.clusterName = value(
            "cluster_name", expecting: "a name of at most 128 printable characters", shown: \.self
        ) { kind in
            LooseValue.text(kind).flatMap { text in
                let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                return isPlain && (1...128).contains(text.unicodeScalars.count) ? text : nil
            }
        }
        settings.defaultLeaseSeconds = limit(seconds: "default_lease_ttl") ?? settings.defaultLeaseSeconds
        settings.maxLeaseSeconds = limit(seconds: "max_lease_ttl") ?? settings.maxLeaseSeconds
        guard settings.defaultLeaseSeconds > settings.maxLeaseSeconds else { return }
        if has("default_lease_ttl") {
            findings.fail(.rule("default_lease_ttl is longer than max_lease_ttl"), at: place(of: "default_lease_ttl"))
        } else {
            settings.defaultLeaseSeconds = settings.maxLeaseSeconds
        }
    }

    private func readLogging(into settings: inout ServerSettings) {
        let levels = ServerSettings.LogLevel.allCases.map(\.rawValue)
        settings.logLevel =
            choice("log_level", of: levels, aliases: ["warning": "warn", "err": "error", "notice": "info"])
            .flatMap { ServerSettings.LogLevel(rawValue: $0) } ?? .info
        settings.logFormat =
            choice("log_format", of: ["standard", "json"]).flatMap { ServerSettings.LogFormat(rawValue: $0) }
            ?? .standard
        settings.logFile = path("log_file")
        settings.logRotateSeconds = limit(seconds: "log_rotate_duration")
        settings.logRotateBytes = limit("log_rotate_bytes", atMost: 1 << 40)
        settings.logRotateFiles = integer("log_rotate_max_files", in: -1...100_000).flatMap { $0 > 0 ? $0 : nil }
        settings.pidFile = path("pid_file")
    }

    private func readSwitches(into settings: inout ServerSettings) {
        settings.disablesMemoryLock = flag("disable_mlock") ?? false
        settings.disablesCache = flag("disable_cache") ?? false
        settings.cacheEntries = limit("cache_size", atMost: 100_000_000) ?? settings.cacheEntries
        settings.offersUI = flag("ui") ?? false
        settings.offersRawStorage = flag("raw_storage_endpoint") ?? false
        settings.offersProfiling = flag("profiling") ?? false
        settings.offersIntrospection = flag("introspection_endpoint") ?? false
        settings.namesHostInHeader = flag("enable_response_header_hostname") ?? false
        settings.pluginDirectory = path("plugin_directory")
        // What is asked for and not there is said; what is turned off is as asked.
        let asked = [
            "ui": settings.offersUI, "raw_storage_endpoint": settings.offersRawStorage,
            "introspection_endpoint": settings.offersIntrospection,
            "enable_response_header_hostname": settings.namesHostInHeader, "disable_cache": settings.disablesCache,
            "plugin_directory": settings.pluginDirectory != nil,
        ]
        for key in asked.keys.sorted() where asked[key] == true {
            findings.warn(.unused(setting: key), at: place(of: key))
        }
    }

    private func telemetry() -> TelemetrySettings {
        var result = TelemetrySettings()
        guard let stanza = soleStanza("telemetry", labels: 0, shape: "telemetry { … }") else { return result }
        let reader = StanzaReader(stanza, prefix: "telemetry", findings: findings)
        result.prometheusRetentionSeconds =
            reader.duration("prometheus_retention_time") ?? result.prometheusRetentionSeconds
        result.disablesHostname = reader.flag("disable_hostname") ?? false
        result.labelsHostname = reader.flag("enable_hostname_label") ?? false
        result.usageGaugeSeconds = reader.duration("usage_gauge_period") ?? result.usageGaugeSeconds
        result.maximumGaugeCardinality =
            reader.integer("maximum_gauge_cardinality", in: 0...1_000_000) ?? result.maximumGaugeCardinality
        result.metricsPrefix = reader.text("metrics_prefix")
        result.filterDefault = reader.flag("filter_default") ?? true
        result.prefixFilter =
            reader.value(
                "prefix_filter", expecting: "prefixes that begin with \"+\" or \"-\"",
                shown: Suggestion.shownList
            ) { kind -> [String]? in
                guard let list = LooseValue.list(kind) else { return nil }
                return list.allSatisfy { $0.hasPrefix("+") || $0.hasPrefix("-") } ? list : nil
            } ?? []
        reader.ignore([
            "statsd_address", "statsite_address", "dogstatsd_addr", "dogstatsd_tags", "circonus_api_token",
            "circonus_api_app", "circonus_api_url", "circonus_submission_interval", "circonus_submission_url",
            "circonus_check_id", "circonus_check_force_metric_activation", "circonus_check_instance_id",
            "circonus_check_search_tag", "circonus_check_display_name", "circonus_check_tags", "circonus_broker_id",
            "circonus_broker_select_tag", "stackdriver_project_id", "stackdriver_location", "stackdriver_namespace",
            "stackdriver_debug_logs", "lease_metrics_epsilon", "num_lease_metrics_buckets",
            "add_lease_metrics_namespace_labels", "add_mount_point_rollback_metrics",
        ])
        reader.finish()
        return result
    }
}
