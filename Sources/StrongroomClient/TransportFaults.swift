internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// What the layers below the client throw, in the client's own words.
enum TransportFaults {
    static func fault(_ error: any Error, at address: String, seconds: Int, limit: Int) -> ClientFault {
        switch error {
        case let fault as ClientFault: fault
        case let error as HTTPClientError: fault(error, address, seconds)
        case let error as NIOConnectionError: .unreachable(address, reason(error))
        case let error as IOError: .unreachable(address, reason(error))
        case is NIOTooManyBytesError: .tooLarge(limit)
        case let error as NIOSSLError: .untrusted(address, reason(error))
        case is BoringSSLError, is NIOSSLExtraError:
            .untrusted(address, "the certificate does not suit the name \"\(address)\"")
        case let error as ChannelError: fault(error, address)
        case is HTTPParserError: .notUnderstood(address, "it does not speak HTTP (is TLS on there?)")
        default: .unreachable(address, "\(type(of: error))")
        }
    }

    private static func fault(_ error: HTTPClientError, _ address: String, _ seconds: Int) -> ClientFault {
        switch error {
        case .connectTimeout: .unreachable(address, "nobody answered in time")
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout: .timedOut(address, seconds)
        case .remoteConnectionClosed: .unreachable(address, "the connection was closed without an answer")
        case .invalidURL, .emptyHost: .badAddress(address, "it cannot be made into a URL")
        default: .unreachable(address, error.shortDescription)
        }
    }

    private static func fault(_ error: ChannelError, _ address: String) -> ClientFault {
        if case .connectTimeout = error { return .unreachable(address, "nobody answered in time") }
        return .unreachable(address, "the connection was closed without an answer")
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return "no such host: \(error.host)"
        }
        if let first = error.connectionErrors.first?.error as? IOError { return reason(first) }
        return ClientFault.connectionRefused
    }

    private static func reason(_ error: IOError) -> String {
        switch error.errnoCode {
        case 111: ClientFault.connectionRefused
        case 113, 101: "no route to the host"
        case 2: "no such socket"
        case 13: "no right to open the socket"
        case 104: "the connection was reset"
        default: "system error \(error.errnoCode)"
        }
    }

    private static func reason(_ error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(let inner):
            let text = "\(inner)"
            if text.contains("CERTIFICATE_VERIFY_FAILED") { return "its certificate is signed by nobody we trust" }
            if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS there" }
            return "the handshake failed"
        case .uncleanShutdown: return "the connection was cut"
        default: return "TLS failed"
        }
    }
}
