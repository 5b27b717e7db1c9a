package import Vocabulary

/// One `listener` stanza.
package struct ListenerSettings: Sendable {
    /// Where a listener takes connections.
    package enum Endpoint: Sendable, Equatable {
        /// `listener "tcp"`.
        case tcp(NetworkAddress)
        /// `listener "unix"`.
        case unix(UnixSocketSettings)
    }

    /// Where it takes connections.
    package var endpoint: Endpoint
    /// Where it takes connections of other servers of the cluster; the port after its own by default.
    package var clusterAddress: NetworkAddress?
    /// How connections are encrypted; nil for plain ones.
    package var tls: TLSSettings?
    /// Bounds on one request.
    package var limits: RequestLimits
    /// Which proxies are believed about the address of the client; nil when none is.
    package var forwardedFor: ForwardedForSettings?
    /// The header in which a believed proxy hands on the certificate of the client.
    package var forwardedCertificateHeader: String?
    /// How that header is encoded, outermost first: `URL`, `BASE64`, `DER`.
    package var forwardedCertificateDecoders: [String] = []
    /// Whether `sys/metrics` needs no token.
    package var offersMetricsWithoutToken = false
    /// Whether `sys/metrics` is not served at all.
    package var disallowsMetrics = false
    /// Whether `sys/in-flight-req` needs no token.
    package var offersRequestsInFlightWithoutToken = false
}

/// `listener "unix"`: the socket file.
package struct UnixSocketSettings: Sendable, Equatable {
    /// Its path.
    package var path: String
    /// Its permission bits.
    package var mode: Int?
    /// Name or number of its owner.
    package var user: String?
    /// Name or number of its group.
    package var group: String?
}

/// TLS of a listener.
package struct TLSSettings: Sendable, Equatable {
    /// Versions of the protocol.
    package enum Version: String, Sendable, Comparable {
        /// TLS 1.2.
        case tls12
        /// TLS 1.3.
        case tls13

        /// By age.
        package static func < (older: Version, newer: Version) -> Bool { older.rawValue < newer.rawValue }
    }

    /// File with the certificate chain, PEM.
    package var certificateFile: String
    /// File with the private key, PEM.
    package var keyFile: String
    /// File with the authorities that client certificates must come from.
    package var clientAuthoritiesFile: String?
    /// Whether a client must show a certificate that these authorities vouch for.
    package var requiresClientCertificate = false
    /// Whether clients are not even asked for a certificate.
    package var asksNoClientCertificate = false
    /// Oldest version.
    package var minimumVersion = Version.tls13
    /// Newest version.
    package var maximumVersion = Version.tls13
    /// Names of the cipher suites for TLS 1.2, in order; empty for the default ones.
    package var cipherSuites: [String] = []
}

/// Whether, and from whom, `X-Forwarded-For` is believed.
package struct ForwardedForSettings: Sendable, Equatable {
    /// Addresses and networks of the proxies that are believed.
    package var authorizedAddresses: [String]
    /// How many addresses at the end of the header are left out.
    package var hopSkips = 0
    /// Whether a request with the header from somebody else is refused.
    package var rejectsNotAuthorized = true
    /// Whether a request without the header is refused.
    package var rejectsNotPresent = true
}

extension ListenerSettings {
    /// A plain listener with the defaults.
    package init(endpoint: Endpoint) { self.init(endpoint: endpoint, limits: RequestLimits()) }
}

extension UnixSocketSettings {
    /// A socket with the mode and owner that the system gives it.
    package init(path: String) { self.init(path: path, mode: nil) }
}

extension TLSSettings {
    /// TLS with the defaults.
    package init(certificateFile: String, keyFile: String) {
        self.init(certificateFile: certificateFile, keyFile: keyFile, clientAuthoritiesFile: nil)
    }
}

extension ForwardedForSettings {
    /// These proxies are believed, and everybody must come through them.
    package init(authorizedAddresses: [String]) { self.init(authorizedAddresses: authorizedAddresses, hopSkips: 0) }
}
