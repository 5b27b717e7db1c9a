/// Why the server did not start, or kept the certificate that it had.
package enum HTTPServerError: Error, Equatable, Sendable {
    /// `start` was called twice, or after `shutdown`.
    case alreadyStarted
    /// There is nothing to listen on.
    case noListener
    /// The address cannot be had; the text is the system's.
    case cannotListen(ListenAddress, String)
    /// A listener's certificate, key or settings of TLS are no good.
    case tls(TLSFault)
}

/// What is wrong with certificates, keys and settings of TLS. Cases name files, never what is in them.
package enum TLSFault: Error, Equatable, Sendable {
    /// The file of certificates cannot be read, or holds none in PEM.
    case certificateUnreadable(file: String)
    /// The file of the key cannot be read, or holds no unencrypted one in PEM.
    case keyUnreadable(file: String)
    /// The key is not that of the first certificate.
    case keyMismatch(certificateFile: String, keyFile: String)
    /// The file of the clients' authorities cannot be read, or holds none in PEM.
    case authorityUnreadable(file: String)
    /// The oldest version is newer than the newest.
    case noVersion
    /// TLS 1.2 is allowed and has no suite.
    case noCipherSuite
}

extension HTTPServerError: CustomStringConvertible {
    /// The sentence for the operator.
    package var description: String {
        switch self {
        case .alreadyStarted: "the server was started before"
        case .noListener: "there is no listener"
        case .cannotListen(let address, let why): "cannot listen on \(address): \(why)"
        case .tls(let fault): fault.description
        }
    }
}

extension TLSFault: CustomStringConvertible {
    /// The sentence for the operator.
    package var description: String {
        switch self {
        case .certificateUnreadable(let file): "cannot read certificates in PEM from \(file)"
        case .keyUnreadable(let file): "cannot read an unencrypted private key in PEM from \(file)"
        case .keyMismatch(let certificate, let key):
            "the key in \(key) is not that of the certificate in \(certificate)"
        case .authorityUnreadable(let file): "cannot read the certificates of clients' authorities in PEM from \(file)"
        case .noVersion: "tls_min_version is above tls_max_version"
        case .noCipherSuite: "TLS 1.2 is allowed, but tls_cipher_suites is empty"
        }
    }
}
