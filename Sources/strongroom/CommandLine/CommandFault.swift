internal import Foundation
internal import StrongroomClient

/// Why a command ends without success. The status follows from the case: 1 for what went wrong here, 2 for what the
/// server refused or did not answer, as the field's command lines have it.
enum CommandFault: Error {
    /// Wrong here: what, and what to do next.
    case local(String, next: String? = nil)
    /// Wrong there.
    case server(ClientFault)
    /// Nothing at that path.
    case nothingThere(String)
    /// Everything is said already.
    case ended(Int32)

    var status: Int32 {
        switch self {
        case .local: 1
        case .server(let fault): fault.isOfServer ? 2 : 1
        case .nothingThere: 2
        case .ended(let status): status
        }
    }

    /// What the user reads, and what he can do.
    func report(_ console: Console, address: String, hasToken: Bool = true) {
        switch self {
        case .ended: return
        case .local(let text, let next):
            console.note(console.styledError("Error:", .boldRed) + " " + text)
            if let next { Self.advise(next, console) }
        case .nothingThere(let path):
            console.note("No value found at \(path)")
        case .server(let fault):
            FaultWords(fault: fault, address: address, hasToken: hasToken).report(console)
        }
    }

    static func advise(_ text: String, _ console: Console) {
        for line in text.split(separator: "\n") { console.note(console.styledError("  → ", .cyan) + line) }
    }
}

/// A fault of the client in words.
struct FaultWords {
    let fault: ClientFault
    let address: String
    var hasToken = true

    func report(_ console: Console) {
        let (text, next) = words
        console.note(console.styledError("Error:", .boldRed) + " " + text)
        if let next { CommandFault.advise(next, console) }
    }

    private var words: (String, String?) {
        switch fault {
        case .badAddress(let text, let why):
            return (
                "\"\(text)\" is no address of a server: \(why)",
                "set STRONGROOM_ADDR or -address to something like https://strongroom.example.com:8200"
            )
        case .badTLSFile(let file, let why): return ("cannot use \(file): \(why)", nil)
        case .badSetting(let name, let wanted): return ("\(name) must be \(wanted)", nil)
        case .badToken:
            return ("the token has characters that no token has", "look for a stray line end in the token")
        case .unreachable(let address, let why):
            return (
                "cannot reach \(address): \(why)",
                "is the server running? Its address comes from -address or STRONGROOM_ADDR\n"
                    + "for a trial: strongroom server -dev"
            )
        case .untrusted(let address, let why):
            return (
                "no trusted connection to \(address): \(why)",
                "name the certificate of your authority with -ca-cert or STRONGROOM_CACERT"
            )
        case .timedOut(let address, let seconds):
            return ("\(address) did not answer within \(seconds) s", "STRONGROOM_CLIENT_TIMEOUT sets how long to wait")
        case .notUnderstood(let address, let why): return ("cannot understand \(address): \(why)", nil)
        case .tooLarge(let limit): return ("the answer has more than \(limit) bytes", nil)
        case .refused(let status, let errors, let verb, let path):
            return (refusal(status, errors, verb, path), advice(status, errors, path))
        }
    }

    private func refusal(_ status: Int, _ errors: [String], _ verb: String, _ path: String) -> String {
        var lines = [
            "the server refused this request.", "", "URL: \(verb) \(address)/v1/\(path)",
            "Code: \(status). " + (errors.isEmpty ? Self.meaning(status) : "Errors:"),
        ]
        if !errors.isEmpty { lines += [""] + errors.map { "* \(Self.unwrapped($0))" } }
        return lines.joined(separator: "\n")
    }

    /// The sentence alone, where the server has put it in a list of one.
    private static func unwrapped(_ error: String) -> String {
        let head = "1 error occurred:\n\t* "
        let text = error.hasPrefix(head) ? String(error.dropFirst(head.count)) : error
        return Shown.harmless(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func meaning(_ status: Int) -> String {
        switch status {
        case 404: "Nothing is there."
        case 405: "The path does not know this operation."
        default: "No reason was given."
        }
    }

    private func advice(_ status: Int, _ errors: [String], _ path: String) -> String? {
        let text = errors.joined(separator: "\n")
        if text.contains("is sealed") { return "unseal it: strongroom operator unseal" }
        if text.contains("not initialized") { return "initialize it: strongroom operator init" }
        if text.contains("missing client token") {
            return "log in: strongroom login, or set STRONGROOM_TOKEN"
        }
        if text.contains("preflight capability check") {
            return "is an engine mounted there? strongroom secrets list"
        }
        if status == 403 && !hasToken { return "no token was shown. Log in: strongroom login, or set STRONGROOM_TOKEN" }
        if status == 403 && text.contains("bad token") { return "the token is unknown, expired or revoked" }
        if status == 403 {
            return "what may this token do here? strongroom token capabilities \(path)\n"
                + "is it still alive? strongroom token lookup"
        }
        if status == 404 && text.contains("no handler for route") {
            return "what is mounted? strongroom secrets list"
        }
        if status == 429 { return "a rate limit quota was reached; wait a moment" }
        return nil
    }
}
