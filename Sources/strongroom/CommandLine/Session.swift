internal import Foundation
internal import StrongroomClient

/// One run of a command: the client, the outputs, and how to show answers.
struct Session: Sendable {
    let client: APIClient
    let console: Console
    let format: OutputFormat
    let field: String?
    let environment: [String: String]
    private let printsCurl: Bool
    private let printsPolicy: Bool

    init(_ options: SharedOptions) throws {
        environment = ProcessInfo.processInfo.environment
        console = Console(terminal: Terminal(environment: environment, noColour: options.output.noColor))
        field = options.output.field
        printsCurl = options.output.outputCurlString
        printsPolicy = options.output.outputPolicy
        let variables = ClientEnvironment(environment)
        if let format = options.output.format {
            self.format = format
        } else if let text = variables["FORMAT"] {
            guard let format = OutputFormat(rawValue: text.lowercased()) else {
                throw CommandFault.local("\(variables.name("FORMAT") ?? "") must be table, json, yaml or raw")
            }
            self.format = format
        } else {
            format = .table
        }
        do throws(ClientFault) {
            client = try APIClient(try options.connection.settings(environment))
        } catch {
            throw CommandFault.server(error)
        }
    }

    /// Whether the answer is to be shown as a table for people.
    var isTable: Bool { format == .table || format == .pretty }

    var printer: ReplyPrinter { ReplyPrinter(console: console, format: format, field: field) }

    /// Sends the request, or says what it would be. Anything but a success is thrown.
    func ask(_ request: ClientRequest) async throws(CommandFault) -> ClientReply {
        try preview(request)
        return try await quietly(request)
    }

    /// Sends the request; a 404 is an answer. With `-output-…`, says what it would be.
    func look(_ request: ClientRequest) async throws(CommandFault) -> ClientReply {
        try preview(request)
        return try await quietly(request, allowing: [404])
    }

    /// Sends the request whatever `-output-…` says: what a command must know before its own request.
    func quietly(_ request: ClientRequest, allowing statuses: Set<Int> = []) async throws(CommandFault) -> ClientReply {
        let reply: ClientReply
        do throws(ClientFault) { reply = try await client.send(request) } catch { throw .server(error) }
        guard reply.isGood || statuses.contains(reply.status) else {
            throw .server(.refused(reply.status, reply.errors, request.verb.rawValue, request.path))
        }
        return reply
    }

    /// Sends the request and shows the answer, or that all went well when there is none to show.
    func tell(_ request: ClientRequest, _ success: String) async throws {
        let reply = try await ask(request)
        try show(reply, orElse: success)
    }

    /// Shows the answer, or that all went well when there is none to show.
    func show(_ reply: ClientReply, orElse success: String) throws(CommandFault) {
        if reply.wrapInfo != nil || reply.auth != nil || reply.data != nil {
            try printer.show(reply)
        } else {
            printer.warn(reply.warnings)
            if isTable { console.success(success) }
        }
    }

    func preview(_ request: ClientRequest) throws(CommandFault) {
        if printsCurl {
            console.say(RequestPreview.curl(request, client))
            throw .ended(0)
        }
        if printsPolicy {
            console.say(RequestPreview.policy(request))
            throw .ended(0)
        }
    }
}
