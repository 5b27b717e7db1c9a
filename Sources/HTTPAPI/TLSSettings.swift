/// TLS of one listener.
package struct TLSSettings: Sendable, Equatable {
    /// The versions that are spoken at all.
    package enum Version: Int, Sendable, Comparable, CaseIterable {
        /// TLS 1.2, with AEAD suites and ephemeral keys only. **Source** RFC 9325 §4.2.
        case tls12 = 12
        /// TLS 1.3.
        case tls13 = 13

        /// Reads the setting: `tls12` or `tls13`.
        package init?(setting: String) {
            switch setting {
            case "tls12": self = .tls12
            case "tls13": self = .tls13
            default: return nil
            }
        }

        /// The older one is smaller.
        package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// Whether clients show certificates.
    package enum ClientCertificates: Sendable, Equatable {
        /// They are not asked.
        case none
        /// They are asked; one that is shown must come from the authorities in that PEM file.
        case requested(authorityFile: String)
        /// They must show one that comes from the authorities in that PEM file.
        case required(authorityFile: String)
    }

    /// PEM file of the server's certificate, followed by those that lead to its authority; setting `tls_cert_file`.
    package var certificateFile: String
    /// PEM file of its private key, not encrypted; setting `tls_key_file`.
    package var keyFile: String
    /// The oldest version that is spoken; setting `tls_min_version`.
    package var minimumVersion = Version.tls13
    /// The newest version that is spoken; setting `tls_max_version`.
    package var maximumVersion = Version.tls13
    /// The suites of TLS 1.2, best first; setting `tls_cipher_suites`. Those of TLS 1.3 are not open to choice.
    package var cipherSuites = TLSCipherSuite.allCases
    /// Whether clients show certificates; settings `tls_disable_client_certs`, `tls_client_ca_file`,
    /// `tls_require_and_verify_client_cert`.
    package var clientCertificates = ClientCertificates.none
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    package var offersHTTP2 = true
    /// Seconds from the connection to the end of the handshake.
    package var handshakeTimeoutSeconds = 10

    /// TLS 1.3 without client certificates.
    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// The suites of TLS 1.2 that are good enough: ephemeral keys and AEAD. **Source** RFC 9325 §4.2, RFC 7905.
package enum TLSCipherSuite: String, Sendable, CaseIterable {
    /// AES-128-GCM, ECDSA.
    case ecdheECDSAWithAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    /// AES-128-GCM, RSA.
    case ecdheRSAWithAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    /// AES-256-GCM, ECDSA.
    case ecdheECDSAWithAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    /// AES-256-GCM, RSA.
    case ecdheRSAWithAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    /// ChaCha20-Poly1305, ECDSA.
    case ecdheECDSAWithChaCha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    /// ChaCha20-Poly1305, RSA.
    case ecdheRSAWithChaCha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
}
