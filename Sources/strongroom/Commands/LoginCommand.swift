internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom login`.
struct LoginCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in, and keep the token for the commands that follow.",
        discussion: """
            Without a method, a token is asked for. The token is kept in ~/.strongroom-token.

              strongroom login -method=userpass username=alice
              strongroom login -method=approle role_id=… secret_id=@secret
            """)

    @Option(help: "Login method: token, userpass, approle, ldap, jwt, github, cert, kubernetes.")
    var method = "token"

    @Option(help: "Path where the method is enabled; as its name by default.")
    var path: String?

    @Flag(help: "Do not keep the token.")
    var noStore = false

    @Flag(help: "Do not show the token.")
    var noPrint = false

    @Flag(help: "Print the token and nothing else, and do not keep it.")
    var tokenOnly = false

    @Argument(help: "A token, or key=value pairs of the method.")
    var data: [String] = []

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply = try await method == "token" ? tokenLogin(session) : methodLogin(session)
        let isWrapped = reply.wrapInfo != nil
        if tokenOnly {
            guard let token = token(of: reply) else { throw CommandFault.local("the answer holds no token") }
            session.console.put(session.console.terminal.isInteractive ? token + "\n" : token)
            return
        }
        if !noStore && !isWrapped, let token = token(of: reply) {
            try TokenFile.write(token, session.environment)
            if let name = ClientEnvironment(session.environment).name("TOKEN"),
                ClientEnvironment(session.environment)["TOKEN"] != token
            {
                session.console.note(
                    session.console.styledError("WARNING!", .yellow)
                        + " \(name) is set and wins over the token that is kept now. Unset it to use the new one.\n")
            }
        }
        if noPrint { return }
        if session.isTable && session.field == nil && !isWrapped {
            session.console.success(
                "You are now authenticated."
                    + (noStore
                        ? " The token was not kept: show it with the next requests yourself.\n"
                        : " The token shown below is kept in\n\(TokenFile.path(session.environment)), "
                            + "and will be used by the commands that follow.\n"))
        }
        try session.printer.show(reply)
    }

    private func token(of reply: ClientReply) -> String? {
        reply.auth?["client_token"]?.text ?? reply.wrapInfo?["token"]?.text
    }

    /// Checks the token by looking at itself, and makes the answer look like that of a login.
    private func tokenLogin(_ session: Session) async throws -> ClientReply {
        var given = data.first { !$0.contains("=") }
        if given == nil, let word = data.first(where: { $0.hasPrefix("token=") }) {
            given = try ValueArguments.pair(word).1.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if given == "-" { given = nil }
        let token = try given ?? Prompt.secret("Token", session.console)
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CommandFault.server(.badToken)
        }
        var request = ClientRequest(.get, "auth/token/lookup-self")
        request.token = token
        request.wrapTTL = ""
        let data = try await session.ask(request).data ?? [:]
        let login: JSONNode = [
            "auth": [
                "client_token": .string(token), "accessor": data["accessor"] ?? "",
                "policies": data["policies"] ?? [], "token_policies": data["policies"] ?? [],
                "identity_policies": data["identity_policies"] ?? [], "metadata": data["meta"] ?? .null,
                "lease_duration": data["ttl"] ?? 0, "renewable": data["renewable"] ?? false,
            ]
        ]
        return ClientReply(status: 200, bytes: Array(login.compact.utf8))
    }

    private func methodLogin(_ session: Session) async throws -> ClientReply {
        var object = try ValueArguments.object(data)
        let mount = path.map { $0.trimmingCharacters(in: ["/"]) } ?? method
        var path = "auth/\(mount)/login"
        switch method {
        case "userpass", "ldap", "radius", "okta":
            let name =
                try object["username"]?.text
                ?? session.environment["LOGNAME"].flatMap { session.console.terminal.inputIsInteractive ? $0 : nil }
                ?? Prompt.line("Username", session.console)
            if object["password"] == nil {
                object["password"] = .string(try Prompt.secret("Password", session.console))
            }
            object["username"] = nil
            path += "/\(name)"
        case "approle":
            if object["role_id"] == nil { object["role_id"] = .string(try Prompt.line("Role ID", session.console)) }
            if let id = object["secret_id"]?.text {
                object["secret_id"] = .string(id.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        case "github":
            if object["token"] == nil { object["token"] = .string(try Prompt.secret("GitHub token", session.console)) }
        default: break
        }
        var request = ClientRequest(.put, path, object)
        request.token = ""
        return try await session.ask(request)
    }
}
