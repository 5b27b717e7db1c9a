internal import StrongroomClient

/// A request as something that can be pasted elsewhere.
enum RequestPreview {
    /// The curl command. The token is not part of it: it is read by another command when this one runs.
    static func curl(_ request: ClientRequest, _ client: APIClient) -> String {
        let settings = client.settings
        var words = ["curl"]
        if request.verb != .get { words += ["-X", request.verb.rawValue] }
        var host = client.address.text
        if case .unix(let path) = client.address.kind {
            words += ["--unix-socket", quoted(path)]
            host = "http://localhost"
        }
        if settings.skipsVerification { words.append("--insecure") }
        if let file = settings.authorityFile { words += ["--cacert", quoted(file)] }
        if let folder = settings.authorityFolder { words += ["--capath", quoted(folder)] }
        if let file = settings.certificateFile { words += ["--cert", quoted(file)] }
        if let file = settings.keyFile { words += ["--key", quoted(file)] }
        for header in client.headers(request) {
            let isToken = header.name == "X-Vault-Token"
            words += [
                "-H",
                isToken ? "\"X-Vault-Token: $(strongroom print token)\"" : quoted("\(header.name): \(header.value)"),
            ]
        }
        if let body = request.body { words += ["-d", quoted(body.compact)] }
        words.append(quoted(host + request.target))
        return words.joined(separator: " ")
    }

    /// The policy that allows the request.
    static func policy(_ request: ClientRequest) -> String {
        let capability =
            switch request.verb {
            case .get: "\"read\""
            case .list: "\"list\""
            case .put, .post: "\"create\", \"update\""
            case .delete: "\"delete\""
            case .patch: "\"patch\""
            }
        return "path \(JSONNode.quoted(request.path)) {\n  capabilities = [\(capability)]\n}"
    }

    /// The word for a POSIX shell.
    static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
