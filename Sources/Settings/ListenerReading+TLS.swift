extension StanzaReader {
    private static let offeredSuites: Set<String> = [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ]

    // Suites of TLS 1.3 cannot be chosen; naming them is allowed and changes nothing.
    private static let suitesOfTLS13: Set<String> = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    ]

    /// TLS of a listener; nil when it is turned off, and when it is wrong, with the errors noted.
    func listenerTLS(isDisabled: Bool) -> TLSSettings? {
        let (certificate, key) = (path("tls_cert_file"), path("tls_key_file"))
        let authorities = path("tls_client_ca_file")
        let requires = flag("tls_require_and_verify_client_cert") ?? false
        let asksNone = flag("tls_disable_client_certs") ?? false
        let newest = tlsVersion("tls_max_version") ?? .tls13
        let oldest = tlsVersion("tls_min_version") ?? newest
        let suites = cipherSuites()
        if isDisabled { return nil }
        for (file, what) in [("tls_cert_file", "the certificate chain"), ("tls_key_file", "the private key")]
        where !has(file) {
            let advice = "the file with \(what), or tls_disable = true"
            findings.fail(.missing(setting: name(file), advice), at: place)
        }
        if newest < oldest {
            findings.fail(
                .rule("\(name("tls_max_version")) is older than tls_min_version"), at: place(of: "tls_max_version"))
        }
        if requires && asksNone {
            findings.fail(
                .rule(
                    "\(name("tls_disable_client_certs")) and tls_require_and_verify_client_cert exclude each other"),
                at: place(of: "tls_disable_client_certs"))
        }
        if requires && !has("tls_client_ca_file") {
            let advice = "the authorities that tls_require_and_verify_client_cert verifies with"
            findings.fail(.missing(setting: name("tls_client_ca_file"), advice), at: place)
        }
        guard let certificate, let key else { return nil }
        return TLSSettings(
            certificateFile: certificate, keyFile: key, clientAuthoritiesFile: authorities,
            requiresClientCertificate: requires, asksNoClientCertificate: asksNone, minimumVersion: oldest,
            maximumVersion: newest, cipherSuites: suites)
    }

    private func tlsVersion(_ key: String) -> TLSSettings.Version? {
        choice(key, of: ["tls12", "tls13"]).flatMap { TLSSettings.Version(rawValue: $0) }
    }

    private func cipherSuites() -> [String] {
        let form = "names of cipher suites such as \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\""
        let names = value(
            "tls_cipher_suites", expecting: form, shown: Suggestion.shownList
        ) { kind -> [String]? in
            guard let list = LooseValue.list(kind), list.allSatisfy({ $0.hasPrefix("TLS_") }) else { return nil }
            return list
        }
        guard let names else { return [] }
        let kept = names.filter { Self.offeredSuites.contains($0) }
        for name in names where !Self.offeredSuites.contains(name) && !Self.suitesOfTLS13.contains(name) {
            findings.warn(
                .rule("\(self.name("tls_cipher_suites")): \(Suggestion.shown(name)) is not offered"),
                at: place(of: "tls_cipher_suites"))
        }
        if kept.isEmpty && !names.contains(where: { Self.suitesOfTLS13.contains($0) }) && !names.isEmpty {
            findings.fail(
                .rule("\(name("tls_cipher_suites")) names no suite that is offered"), at: place(of: "tls_cipher_suites")
            )
        }
        return kept
    }
}
