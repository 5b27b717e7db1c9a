internal import HTTPAPI

/// Why the server did not start. The descriptions are what an operator reads.
enum StartFault: Error, CustomStringConvertible {
    case selfTest(String)
    case engine(String, String)
    case listen(HTTPServerError)
    case configuration(String)
    case storage(String, String)
    case seal(String)
    case logFile(String, String)
    case certificates(String)

    var description: String {
        switch self {
        case .selfTest(let name): "self-test \(name) failed: this machine must not be trusted with keys; not starting"
        case .engine(let name, let why): "cannot enable engine \"\(name)\": \(why)"
        case .listen(let error): error.description
        case .configuration(let report): report
        case .storage(let place, let why): "cannot open storage \(place): \(why)"
        case .seal(let why): "cannot use the seal: \(why)"
        case .certificates(let why): "cannot make the certificates of -dev-tls: \(why)"
        case .logFile(let path, let why): "cannot write the log file \(path): \(why)"
        }
    }
}
