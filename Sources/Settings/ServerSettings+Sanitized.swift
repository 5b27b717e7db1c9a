package import Bytes
internal import Vocabulary

extension ServerSettings {
    /// The settings as `sys/config/state/sanitized` tells them: no secrets, and of stanzas only what names them.
    package var sanitized: JSON {
        var members: [String: JSON] = [
            "api_addr": .string(apiAddress ?? ""), "cluster_addr": .string(clusterAddress ?? ""),
            "cluster_name": .string(clusterName ?? ""), "cache_size": .int(cacheEntries),
            "default_lease_ttl": .int(defaultLeaseSeconds), "max_lease_ttl": .int(maxLeaseSeconds),
            "default_max_request_duration": .int(0), "disable_cache": .bool(disablesCache),
            "disable_clustering": .bool(false), "disable_indexing": .bool(false),
            "disable_mlock": .bool(disablesMemoryLock), "disable_performance_standby": .bool(false),
            "disable_printable_check": .bool(false), "disable_sealwrap": .bool(false), "enable_ui": .bool(offersUI),
            "enable_response_header_hostname": .bool(namesHostInHeader),
            "introspection_endpoint": .bool(offersIntrospection), "log_format": .string(logFormat.rawValue),
            "log_level": .string(logLevel.rawValue), "pid_file": .string(pidFile ?? ""),
            "plugin_directory": .string(pluginDirectory ?? ""), "raw_storage_endpoint": .bool(offersRawStorage),
            "listeners": .array(listeners.map(\.sanitized)), "storage": storage.sanitized,
            "telemetry": telemetry.sanitized, "max_json_depth": .int(limits.maxJSONDepth),
            "max_request_size": .int(limits.maxRequestBytes),
        ]
        let seals = seals.map { JSON.object(["type": .string($0.type), "disabled": .bool($0.isDisabled)]) }
        members["seals"] = .array(
            seals.isEmpty ? [.object(["type": .string("shamir"), "disabled": .bool(false)])] : seals)
        if let highAvailabilityStorage { members["ha_storage"] = highAvailabilityStorage.sanitized }
        if !audits.isEmpty {
            members["audits"] = .array(
                audits.map { .object(["type": .string($0.type), "path": .string($0.path)]) })
        }
        return .object(members)
    }
}

extension ListenerSettings {
    fileprivate var sanitized: JSON {
        switch endpoint {
        case .tcp(let address):
            var config: [String: JSON] = ["address": .string(address.description), "tls_disable": .bool(tls == nil)]
            if let tls {
                config["tls_cert_file"] = .string(tls.certificateFile)
                config["tls_key_file"] = .string(tls.keyFile)
                config["tls_min_version"] = .string(tls.minimumVersion.rawValue)
                config["tls_max_version"] = .string(tls.maximumVersion.rawValue)
            }
            return .object(["type": .string("tcp"), "config": .object(config)])
        case .unix(let socket):
            return .object(["type": .string("unix"), "config": .object(["address": .string(socket.path)])])
        }
    }
}

extension StorageSettings {
    fileprivate var sanitized: JSON { .object(["type": .string(type), "disable_clustering": .bool(false)]) }
}

extension TelemetrySettings {
    fileprivate var sanitized: JSON {
        .object([
            "prometheus_retention_time": .int(prometheusRetentionSeconds), "disable_hostname": .bool(disablesHostname),
            "enable_hostname_label": .bool(labelsHostname), "usage_gauge_period": .int(usageGaugeSeconds),
            "maximum_gauge_cardinality": .int(maximumGaugeCardinality), "filter_default": .bool(filterDefault),
            "metrics_prefix": .string(metricsPrefix ?? ""), "prefix_filter": .array(prefixFilter.map { .string($0) }),
        ])
    }
}
