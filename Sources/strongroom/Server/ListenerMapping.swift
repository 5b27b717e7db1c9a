internal import EngineKit
internal import HTTPAPI
internal import Settings
internal import Vocabulary

extension ListenerSettings {
    /// Where it listens, for people.
    var place: String {
        switch endpoint {
        case .tcp(let address): address.description
        case .unix(let socket): socket.path
        }
    }
}

extension ListenerConfiguration {
    /// The listener as the HTTP server takes it.
    init(_ settings: ListenerSettings) throws(StartFault) {
        switch settings.endpoint {
        case .tcp(let address): self.init(.tcp(host: address.host, port: address.port))
        case .unix(let socket):
            self.init(.unix(path: socket.path))
            socketMode = socket.mode.map { UInt32(truncatingIfNeeded: $0) }
            socketOwner = (socket.user, socket.group)
        }
        limits = settings.limits
        if settings.offersMetricsWithoutToken { rules.insert(.openMetrics) }
        if settings.disallowsMetrics { rules.insert(.noMetrics) }
        if settings.offersRequestsInFlightWithoutToken { rules.insert(.openRequestsInFlight) }
        if let rules = settings.forwardedFor { forwardedFor = try ForwardedForRules(rules, settings.place) }
        if let stanza = settings.tls { tls = try HTTPAPI.TLSSettings(stanza) }
    }
}

extension ForwardedForRules {
    fileprivate init(_ settings: ForwardedForSettings, _ place: String) throws(StartFault) {
        var ranges: [AddressRange] = []
        for text in settings.authorizedAddresses {
            guard let range = AddressRange(text: text) else {
                throw .configuration("listener \(place): x_forwarded_for_authorized_addrs names what is no address")
            }
            ranges.append(range)
        }
        self.init(authorized: ranges)
        hopSkips = settings.hopSkips
        rejectsAbsent = settings.rejectsNotPresent
        rejectsUnauthorized = settings.rejectsNotAuthorized
    }
}

extension HTTPAPI.TLSSettings {
    fileprivate init(_ settings: Settings.TLSSettings) throws(StartFault) {
        self.init(certificateFile: settings.certificateFile, keyFile: settings.keyFile)
        minimumVersion = settings.minimumVersion == .tls12 ? .tls12 : .tls13
        maximumVersion = settings.maximumVersion == .tls12 ? .tls12 : .tls13
        let named = settings.cipherSuites.compactMap {
            // Older names of the ChaCha20 suites leave the digest out.
            TLSCipherSuite(rawValue: $0) ?? TLSCipherSuite(rawValue: $0 + "_SHA256")
        }
        if !named.isEmpty { cipherSuites = named }
        guard let authorities = settings.clientAuthoritiesFile, !settings.asksNoClientCertificate else {
            if settings.requiresClientCertificate {
                throw .configuration("tls_require_and_verify_client_cert needs tls_client_ca_file")
            }
            return
        }
        clientCertificates =
            settings.requiresClientCertificate
            ? .required(authorityFile: authorities) : .requested(authorityFile: authorities)
    }
}
