internal import HTTPAPI

/// Why the server did not start. The descriptions are what an operator reads.
enum StartFault: Error, CustomStringConvertible {
    case selfTest(String)
    case engine(String, String)
    case listen(HTTPServerError)

    var description: String {
        switch self {
        case .selfTest(let name): "self-test \(name) failed: this machine must not be trusted with keys; not starting"
        case .engine(let name, let why): "cannot enable engine \"\(name)\": \(why)"
        case .listen(let error): error.description
        }
    }
}
