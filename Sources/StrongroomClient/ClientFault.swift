/// Why a request of the client has no good answer.
package enum ClientFault: Error, Sendable, Equatable {
    /// The address cannot be used: what it is, and what is wrong with it.
    case badAddress(String, String)
    /// A file of the TLS settings cannot be used.
    case badTLSFile(String, String)
    /// A setting out of the environment cannot be used.
    case badSetting(String, String)
    /// Nobody answers at the address, and why.
    case unreachable(String, String)
    /// The certificate of the server is not trusted, or TLS failed otherwise.
    case untrusted(String, String)
    /// No answer within that many seconds.
    case timedOut(String, Int)
    /// The server refused: status, its sentences, the method and the path that were asked.
    case refused(Int, [String], String, String)
    /// The answer is not what this interface answers.
    case notUnderstood(String, String)
    /// The answer is longer than the limit in bytes.
    case tooLarge(Int)
    /// A token with bytes that cannot be in a header.
    case badToken

    /// Whether a server said no, rather than that there was none to ask.
    package var isOfServer: Bool {
        switch self {
        case .refused, .notUnderstood, .tooLarge: true
        case .unreachable, .untrusted, .timedOut: true
        case .badAddress, .badTLSFile, .badSetting, .badToken: false
        }
    }

    /// Why nobody answers where no server listens: nothing was sent.
    static let connectionRefused = "connection refused"

    /// The status of a refusal.
    package var status: Int? { if case .refused(let status, _, _, _) = self { status } else { nil } }
    /// The sentences of a refusal.
    package var errors: [String] { if case .refused(_, let errors, _, _) = self { errors } else { [] } }
}
