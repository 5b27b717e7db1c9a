internal import HCL
internal import Vocabulary

extension StanzaReader {
    /// Bounds on one request, as a listener or the whole configuration sets them.
    func requestLimits(from defaults: RequestLimits) -> RequestLimits {
        var limits = defaults
        let size = limit("max_request_size", atMost: 1 << 30)
        let body = limit("max_body_bytes", atMost: 1 << 30)
        if size != nil, body != nil {
            findings.fail(
                .rule("\(name("max_body_bytes")) and max_request_size are the same setting: give one of them"),
                at: place(of: "max_body_bytes"))
        }
        limits.maxRequestBytes = size ?? body ?? limits.maxRequestBytes
        limits.maxJSONDepth = integer("max_json_depth", in: 1...1024) ?? limits.maxJSONDepth
        limits.maxHeaderBytes = integer("max_header_size", in: 1024...(1 << 20)) ?? limits.maxHeaderBytes
        return limits
    }

    static let listenerShape = "listener \"tcp\" { … } or listener \"unix\" { … }"

    /// The `listener` stanzas; a wrong one is left out, its errors noted.
    func listeners(_ limits: RequestLimits) -> [ListenerSettings] {
        var result: [ListenerSettings] = []
        var places: [String: SettingsPlace] = [:]
        for (number, stanza) in stanzas("listener", labels: 1, shape: Self.listenerShape).enumerated() {
            let prefix = "listener[\(number + 1)]"
            let reader = StanzaReader(stanza, prefix: prefix, findings: findings)
            let type = stanza.labels.first ?? ""
            guard type == "tcp" || type == "unix" else {
                findings.fail(
                    .expected(setting: "listener", "the type \"tcp\" or \"unix\"", found: nil), at: stanza.place)
                continue
            }
            findings.note(prefix, type, at: stanza.place)
            let listener = type == "tcp" ? reader.tcpListener(limits) : reader.unixListener(limits)
            reader.finish()
            guard let listener else { continue }
            let key = Self.key(listener.endpoint)
            if let key, let first = places[key] {
                findings.fail(.repeated(setting: "\(prefix).address", first: first), at: stanza.place)
            }
            if let key { places[key] = stanza.place }
            result.append(listener)
        }
        return result
    }

    /// What two listeners must not share; nothing for a port that the system chooses.
    private static func key(_ endpoint: ListenerSettings.Endpoint) -> String? {
        switch endpoint {
        case .tcp(let address): address.port == 0 ? nil : address.description
        case .unix(let socket): "unix:" + socket.path
        }
    }

    static let addressForm = "an address such as \"127.0.0.1:8200\" or \"[::1]:8200\""

    func address(_ key: String) -> NetworkAddress? {
        value(key, expecting: Self.addressForm, shown: \.description) { kind in
            LooseValue.text(kind).flatMap { NetworkAddress($0) }
        }
    }

    private func tcpListener(_ limits: RequestLimits) -> ListenerSettings? {
        let given = has("address")
        let address = address("address") ?? (given ? nil : NetworkAddress("127.0.0.1:8200"))
        let clusterGiven = has("cluster_address")
        let cluster = self.address("cluster_address")
        let plain = flag("tls_disable") ?? false
        let tls = listenerTLS(isDisabled: plain)
        guard let address else { return nil }
        if plain && !address.isLoopback {
            findings.warn(
                .rule("\(name("tls_disable")): tokens and plaintexts cross the network unencrypted"),
                at: place(of: "tls_disable"))
        }
        var listener = ListenerSettings(endpoint: .tcp(address), tls: tls, limits: limits)
        listener.clusterAddress = clusterGiven ? cluster : address.next
        readCommon(into: &listener, limits)
        return listener
    }

    private func unixListener(_ limits: RequestLimits) -> ListenerSettings? {
        let form = "the path of a socket of at most 107 bytes"
        if !has("address") { findings.fail(.missing(setting: name("address"), form), at: place) }
        let path = value("address", expecting: form, shown: Suggestion.shown) { kind -> String? in
            guard let text = LooseValue.text(kind) else { return nil }
            let path = text.hasPrefix("unix://") ? String(text.dropFirst(7)) : text
            return (1...107).contains(path.utf8.count) && !path.utf8.contains(0) ? path : nil
        }
        let modeForm = "permission bits in octal, such as \"0660\""
        let mode = value("socket_mode", expecting: modeForm, shown: Suggestion.shownOctal) { kind -> Int? in
            let bits: Int?
            if case .string(let text) = kind {
                bits = text.utf8.allSatisfy({ (0x30...0x37).contains($0) }) ? Int(text, radix: 8) : nil
            } else {
                bits = LooseValue.integer(kind)
            }
            return bits.flatMap { (0...0o777).contains($0) ? $0 : nil }
        }
        let (user, group) = (text("socket_user"), text("socket_group"))
        // The socket is never encrypted; to say so is no mistake.
        _ = flag("tls_disable")
        guard let path else { return nil }
        let socket = UnixSocketSettings(path: path, mode: mode, user: user, group: group)
        var listener = ListenerSettings(endpoint: .unix(socket), limits: limits)
        readCommon(into: &listener, limits)
        return listener
    }

    /// What both kinds of listener have.
    private func readCommon(into listener: inout ListenerSettings, _ defaults: RequestLimits) {
        listener.limits = requestLimits(from: defaults)
        if let head = limit(seconds: "http_read_header_timeout") { listener.limits.headTimeoutSeconds = head }
        if let reading = limit(seconds: "http_read_timeout") { listener.limits.readTimeoutSeconds = reading }
        if let idle = limit(seconds: "http_idle_timeout") { listener.limits.idleTimeoutSeconds = idle }
        if let writing = limit(seconds: "http_write_timeout") { listener.limits.writeTimeoutSeconds = writing }
        if let longest = limit(seconds: "max_request_duration") { listener.limits.maxRequestSeconds = longest }
        readForwarding(into: &listener)
        var open = StanzaFlags(self)
        listener.disallowsMetrics = open.flag("telemetry", "disallow_metrics")
        listener.offersMetricsWithoutToken = open.flag("telemetry", "unauthenticated_metrics_access")
        if open.flag("profiling", "unauthenticated_pprof_access") {
            findings.warn(.unused(setting: name("profiling")), at: place(of: "profiling"))
        }
        listener.offersRequestsInFlightWithoutToken = open.flag(
            "inflight_requests_logging", "unauthenticated_in_flight_requests_access")
        open.finish()
        if flag("unauthenticated_metrics_access") == true { listener.offersMetricsWithoutToken = true }
        ignore([
            "purpose", "proxy_protocol_behavior", "proxy_protocol_authorized_addrs",
            "proxy_protocol_reject_not_authorized",
            "custom_response_headers", "agent_api", "role", "require_request_header",
            "disable_replication_status_endpoints",
            "chroot_namespace", "redact_addresses", "redact_cluster_name", "redact_version", "enable_quit",
            "disable_unauthed_rekey_endpoints", "max_request_json_memory", "max_request_json_strings",
            "tls_prefer_server_cipher_suites", "cors",
        ])
    }

    private func readForwarding(into listener: inout ListenerSettings) {
        let form = "addresses or networks such as \"10.0.0.0/8\", separated by commas or in a list"
        let addresses = value(
            "x_forwarded_for_authorized_addrs", expecting: form,
            shown: Suggestion.shownList
        ) { kind -> [String]? in
            guard let list = LooseValue.list(kind), !list.isEmpty, list.allSatisfy(HostText.isNetwork) else {
                return nil
            }
            return list
        }
        let hops = integer("x_forwarded_for_hop_skips", in: 0...100)
        let strict = flag("x_forwarded_for_reject_not_authorized")
        let present = flag("x_forwarded_for_reject_not_present")
        let headerForm = "the name of a header"
        listener.forwardedCertificateHeader = value(
            "x_forwarded_for_client_cert_header", expecting: headerForm, shown: \.self
        ) { kind -> String? in
            guard case .string(let text) = kind, (1...256).contains(text.utf8.count) else { return nil }
            return text.utf8.allSatisfy(Self.isTokenByte) ? text : nil
        }
        listener.forwardedCertificateDecoders =
            value(
                "x_forwarded_for_client_cert_header_decoders",
                expecting: "\"URL\", \"BASE64\" or \"DER\", or some of them",
                shown: Suggestion.shownList
            ) { kind -> [String]? in
                guard let words = LooseValue.list(kind)?.map({ $0.uppercased() }) else { return nil }
                return words.allSatisfy(["URL", "BASE64", "DER"].contains) ? words : nil
            } ?? []
        if listener.forwardedCertificateHeader != nil {
            let key = "x_forwarded_for_client_cert_header"
            findings.warn(.unused(setting: name(key)), at: place(of: key))
        }
        guard let addresses else {
            for key in [
                "x_forwarded_for_hop_skips", "x_forwarded_for_reject_not_authorized",
                "x_forwarded_for_reject_not_present",
            ] where has(key) && !has("x_forwarded_for_authorized_addrs") {
                findings.warn(
                    .rule("\(name(key)) has no effect without x_forwarded_for_authorized_addrs"), at: place(of: key))
            }
            return
        }
        listener.forwardedFor = ForwardedForSettings(
            authorizedAddresses: addresses, hopSkips: hops ?? 0, rejectsNotAuthorized: strict ?? true,
            rejectsNotPresent: present ?? true)
    }

    /// A byte of a header's name. **Source** RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// Flags in small stanzas inside of a listener, such as `telemetry { unauthenticated_metrics_access = true }`.
private struct StanzaFlags {
    private let outer: StanzaReader
    private var readers: [String: StanzaReader?] = [:]

    init(_ outer: StanzaReader) { self.outer = outer }

    mutating func flag(_ stanza: String, _ key: String) -> Bool {
        if let reader = readers[stanza] { return reader?.flag(key) ?? false }
        let reader = outer.soleStanza(stanza, labels: 0, shape: "\(stanza) { … }").map {
            StanzaReader($0, prefix: outer.name(stanza), findings: outer.findings)
        }
        readers[stanza] = .some(reader)
        return reader?.flag(key) ?? false
    }

    func finish() {
        for name in readers.keys.sorted() { readers[name]??.finish() }
    }
}
