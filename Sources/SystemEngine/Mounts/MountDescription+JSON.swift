internal import Bytes
internal import EngineKit

/// Mounts as the wire shows them. **Source** system wire facts §6, §7.
extension MountDescription {
    /// The path as clients know it: that of an auth method without `auth/`.
    var shownPath: String { isAuth ? String(path.dropFirst(5)) : path }

    /// The description with the settings that came with the wish for it.
    func tuned(by tuning: MountTuning) throws(MountFault) -> MountDescription {
        var description = self
        description.defaultLeaseSeconds = tuning.defaultLeaseSeconds ?? 0
        description.maxLeaseSeconds = tuning.maxLeaseSeconds ?? 0
        description.listingVisibility = tuning.listingVisibility ?? ""
        description.tokenType = tuning.tokenType ?? ""
        description.plainRequestKeys = tuning.plainRequestKeys ?? []
        description.plainResponseKeys = tuning.plainResponseKeys ?? []
        description.passedRequestHeaders = tuning.passedRequestHeaders ?? []
        description.allowedResponseHeaders = tuning.allowedResponseHeaders ?? []
        description.forcesNoCache = tuning.forcesNoCache ?? false
        description.lockout = tuning.lockout ?? LockoutSettings()
        return description
    }

    /// What a caller with rights is shown.
    var json: JSON {
        var config: [String: JSON] = [
            "default_lease_ttl": .int(defaultLeaseSeconds), "max_lease_ttl": .int(maxLeaseSeconds),
            "force_no_cache": .bool(forcesNoCache),
        ]
        config.merge(settings) { first, _ in first }
        if isAuth { config["token_type"] = .string(tokenType.isEmpty ? "default-service" : tokenType) }
        return .object([
            "accessor": .string(accessor), "uuid": .string(uuid), "type": .string(type),
            "description": .string(about), "local": .bool(isLocal), "seal_wrap": .bool(isSealWrapped),
            "external_entropy_access": .bool(false), "options": optionsJSON, "config": .object(config),
        ])
    }

    /// What everybody is shown of a mount that is listed for all.
    var briefJSON: JSON {
        .object(["description": .string(about), "options": optionsJSON, "type": .string(type)])
    }

    var optionsJSON: JSON { options.isEmpty ? .null : .object(options.mapValues { .string($0) }) }

    /// Settings that are told only when they are set.
    var settings: [String: JSON] {
        var settings: [String: JSON] = [:]
        if !listingVisibility.isEmpty { settings["listing_visibility"] = .string(listingVisibility) }
        for (name, list) in [
            ("audit_non_hmac_request_keys", plainRequestKeys), ("audit_non_hmac_response_keys", plainResponseKeys),
            ("passthrough_request_headers", passedRequestHeaders),
            ("allowed_response_headers", allowedResponseHeaders),
        ] where !list.isEmpty {
            settings[name] = .array(list.map { .string($0) })
        }
        for (name, number) in [
            ("user_lockout_threshold", lockout.threshold), ("user_lockout_duration", lockout.lockSeconds),
            ("user_lockout_counter_reset_duration", lockout.resetSeconds),
        ] {
            if let number { settings[name] = .int(number) }
        }
        if let isDisabled = lockout.isDisabled { settings["user_lockout_disable"] = .bool(isDisabled) }
        return settings
    }
}

extension MountPoint {
    /// The settings of the mount, its times resolved.
    var tuningJSON: JSON {
        var members = description.settings
        members["default_lease_ttl"] = .int(defaultLeaseSeconds)
        members["max_lease_ttl"] = .int(maxLeaseSeconds)
        members["description"] = .string(description.about)
        members["force_no_cache"] = .bool(description.forcesNoCache)
        if !description.options.isEmpty { members["options"] = description.optionsJSON }
        if description.isAuth {
            members["token_type"] = .string(
                description.tokenType.isEmpty ? "default-service" : description.tokenType)
        }
        return .object(members)
    }
}
