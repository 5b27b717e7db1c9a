internal import HCL

extension StanzaReader {
    private static let sealTypes = "\"shamir\", \"transit\" or \"static\""

    /// The `seal` stanzas: one, or two of which one is disabled.
    func seals() -> [SealSettings] {
        let stanzas = stanzas("seal", labels: 1, shape: "seal \"type\" { … } with the type \(Self.sealTypes)")
        let places = stanzas.map(\.place)
        for extra in stanzas.dropFirst(2) {
            findings.fail(.repeated(setting: "a third seal", first: places[0]), at: extra.place)
        }
        let read = stanzas.prefix(2).enumerated().map { number, stanza in
            seal(stanza, "seal[\(number + 1)]", takesEnvironment: takesEnvironment(number, Array(stanzas.prefix(2))))
        }
        let disabled = read.count { $0.isDisabled }
        if stanzas.count == 2 && disabled != 1 {
            findings.fail(
                .rule("of two seal stanzas, the one to migrate from has disabled = true, and only that one"),
                at: places[1])
        }
        return read.compactMap(\.seal)
    }

    /// The environment speaks for the transit seal, and for the one in force if there are two.
    private func takesEnvironment(_ number: Int, _ stanzas: [Stanza]) -> Bool {
        let isOnly = stanzas.count { $0.labels.first == "transit" } == 1
        return isOnly || !Self.isDisabled(stanzas[number])
    }

    private static func isDisabled(_ stanza: Stanza) -> Bool {
        stanza.body.items.contains { item in
            guard case .attribute(let attribute) = item, attribute.key == "disabled" else { return false }
            return LooseValue.bool(attribute.value.kind) == true
        }
    }

    private func seal(
        _ stanza: Stanza, _ prefix: String, takesEnvironment: Bool
    ) -> (seal: SealSettings?, isDisabled: Bool) {
        let type = stanza.labels.first ?? ""
        var overrides: [String: SettingsOverride] = [:]
        if type == "transit" && takesEnvironment {
            overrides = EnvironmentNames.overrides(EnvironmentNames.transitSeal, from: findings.environment)
        }
        let reader = StanzaReader(stanza, prefix: prefix, findings: findings, overrides: overrides)
        let kind: SealSettings.Kind?
        switch type {
        case "shamir": kind = .shamir
        case "transit": kind = reader.transitSeal().map { .transit($0) }
        case "static": kind = reader.staticSeal().map { .static($0) }
        default:
            findings.fail(.expected(setting: "seal", "the type \(Self.sealTypes)", found: nil), at: stanza.place)
            return (nil, Self.isDisabled(stanza))
        }
        findings.note(prefix, type, at: stanza.place)
        let isDisabled = reader.flag("disabled") ?? false
        reader.ignore(["name", "priority", "key_id_prefix", "recovery_shares", "recovery_threshold"])
        reader.finish()
        return (kind.map { SealSettings(kind: $0, isDisabled: isDisabled) }, isDisabled)
    }

    private func require(_ key: String, _ what: String) {
        if !has(key) { findings.fail(.missing(setting: name(key), what), at: place) }
    }

    /// A text of printable characters that is not empty.
    private func printable(_ key: String, _ what: String) -> String? {
        value(key, expecting: what, shown: Suggestion.shown) { kind in
            LooseValue.text(kind).flatMap { text in
                let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
                return isPlain && (1...512).contains(text.utf8.count) ? text : nil
            }
        }
    }

    private func transitSeal() -> TransitSealSettings? {
        require("address", "the URL of the server with the transit engine")
        require("key_name", "the name of the key in the transit engine")
        let address = url("address")
        let keyName = printable("key_name", "the name of a key")
        let mount = printable("mount_path", "the path of a transit engine, such as \"transit/\"") ?? "transit/"
        let token = secret("token", expecting: "a token") { bytes in
            let text = SecretText.withoutLineEnd(bytes)
            return !text.isEmpty && text.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
        }
        if !has("token") {
            findings.warn(
                .rule("\(name("token")) is not set; requests to the other server carry no token"), at: place)
        }
        let disablesRenewal = flag("disable_renewal") ?? false
        let namespace = text("namespace")
        let authorities = path("tls_ca_cert")
        let (certificate, key) = (path("tls_client_cert"), path("tls_client_key"))
        let server = text("tls_server_name")
        let skips = flag("tls_skip_verify") ?? false
        if skips {
            findings.warn(
                .rule("\(name("tls_skip_verify")): whoever stands between can read the root key"),
                at: place(of: "tls_skip_verify"))
        }
        if has("tls_client_cert") != has("tls_client_key") {
            findings.fail(.rule("\(name("tls_client_cert")) and tls_client_key go together"), at: place)
        }
        guard let address, let keyName else { return nil }
        return TransitSealSettings(
            address: address, token: token, keyName: keyName, mountPath: mount.hasSuffix("/") ? mount : mount + "/",
            disablesRenewal: disablesRenewal, namespace: namespace, authoritiesFile: authorities,
            clientCertificateFile: certificate, clientKeyFile: key, serverName: server, skipsVerification: skips)
    }

    private func staticSeal() -> StaticSealSettings? {
        let form = "a key of 32 bytes, in hexadecimal or base64, or where it is: file://… or env://…"
        require("current_key_id", "a name for the key")
        require("current_key", form)
        let (currentID, previousID) = (
            printable("current_key_id", "a name for the key"), printable("previous_key_id", "a name for the key")
        )
        let current = secret("current_key", expecting: form, SecretText.key256)
        let previous = secret("previous_key", expecting: form, SecretText.key256)
        if has("previous_key") != has("previous_key_id") {
            findings.fail(.rule("\(name("previous_key")) and previous_key_id go together"), at: place)
        }
        if let currentID, currentID == previousID {
            findings.fail(
                .rule("\(name("previous_key_id")) is the same as current_key_id"), at: self.place(of: "previous_key_id")
            )
        }
        guard let currentID, let current else { return nil }
        return StaticSealSettings(
            currentKeyID: currentID, currentKey: current, previousKeyID: previousID, previousKey: previous)
    }
}
