internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Policies
internal import StrongroomClient

/// `strongroom policy fmt`.
struct PolicyFormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt", abstract: "Lay out policy files: indents, spaces, empty lines.")

    @Argument(help: "Files, changed in place; - writes the standard input to the standard output.", completion: .file())
    var files: [String]

    @Flag(help: "Change nothing; end with 1 when a file would be changed.")
    var check = false

    func run() throws {
        var isChanged = false
        for file in files {
            let text = String(decoding: try ValueArguments.file(file), as: UTF8.self)
            do throws(PolicyFault) { _ = try PolicyDocument(reading: text) } catch {
                throw CommandFault.local("\(file): \(error.wireText.trimmingCharacters(in: .whitespacesAndNewlines))")
            }
            // A policy in JSON has a layout of its own.
            let isJSON = text.drop { $0.isWhitespace }.hasPrefix("{")
            let fresh = isJSON ? text : PolicyText.formatted(text)
            if file == "-" {
                print(fresh, terminator: "")
            } else if fresh != text {
                isChanged = true
                print(check ? "would change \(file)" : "Success! Formatted policy: \(file)")
                if !check { try rewrite(file, fresh) }
            }
        }
        if check && isChanged { throw ExitCode(1) }
    }

    private func rewrite(_ file: String, _ text: String) throws(CommandFault) {
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) } catch { throw .local("cannot write \(file)") }
    }
}

/// `strongroom policy lint`.
struct PolicyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Find mistakes in policy files: what is no policy, and what is most likely not meant.",
        discussion: "Ends with 1 when there is anything to say.")

    @Argument(help: "Files, or - for the standard input.", completion: .file())
    var files: [String]

    func run() throws {
        let console = Console(terminal: Terminal())
        var isFine = true
        for file in files {
            let text = String(decoding: try ValueArguments.file(file), as: UTF8.self)
            do throws(PolicyFault) {
                let document = try PolicyDocument(reading: text)
                for warning in document.warnings {
                    isFine = false
                    console.say(
                        "\(file):\(warning.line): " + console.styled("warning:", .yellow)
                            + " path \"\(Shown.harmless(warning.path))\": \(warning.kind)")
                }
            } catch {
                isFine = false
                let words = Shown.harmless(error.wireText.trimmingCharacters(in: .whitespacesAndNewlines))
                console.say("\(file): " + console.styled("error:", .red) + " " + words)
            }
        }
        guard isFine else { throw ExitCode(1) }
        console.success("Nothing to say about \(files.count) polic\(files.count == 1 ? "y" : "ies")")
    }
}

/// `strongroom policy explain`.
struct PolicyExplainCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Which rule of some policies decides on a path, and what it allows.",
        discussion: """
            Policies are files, or names of policies of the server.

              strongroom policy explain -policy=readers.hcl -policy=team secret/data/app
            """)

    @Argument(help: "Path of a request.")
    var path: String

    @Option(
        help: ArgumentHelp(
            "A policy: a file, or the name of a policy of the server; may be given again.", valueName: "policy"))
    var policy: [String] = []

    @Flag(name: .customLong("list"), help: "The request lists: a rule for the path without its slash counts too.")
    var isList = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard !policy.isEmpty else {
            throw CommandFault.local("which policies?", next: "give -policy=FILE or -policy=NAME")
        }
        var named: [NamedPolicy] = []
        for name in policy { named.append(try await read(name, session)) }
        let acl = CompiledACL(named, facts: nil)
        let asked = ClientRequest.cleaned(path)
        let words = isList && !asked.hasSuffix("/") ? asked + "/" : asked
        let rule = Array(words.utf8).withUnsafeBytes { acl.decidingRule(for: ByteView($0), isList: isList) }
        let templated = named.flatMap { policy in policy.document.rules.filter(\.path.isTemplated).map(\.path.text) }
        try show(rule, words, templated, session)
    }

    private func show(_ rule: ACLRule?, _ asked: String, _ templated: [String], _ session: Session) throws(CommandFault)
    {
        let capabilities = rule?.capabilities.names ?? ["deny"]
        var node: JSONNode = ["path": .string(asked), "capabilities": JSONNode(capabilities)]
        var rows = [["Path", asked], ["Capabilities", capabilities.joined(separator: ", ")]]
        if let rule {
            let places = rule.origins.map { "\($0.policy), line \($0.line)" }
            node["rule"] = .string(rule.path)
            node["written_in"] = JSONNode(places)
            rows += [["Rule", rule.path], ["Written In", places.joined(separator: "\n")]]
            if rule.hasParameterRules { rows.append(["Parameters", "restricted"]) }
            if rule.minWrapSeconds > 0 || rule.maxWrapSeconds > 0 {
                rows.append(["Wrapping", "from \(rule.minWrapSeconds) s to \(rule.maxWrapSeconds) s"])
            }
        } else {
            rows.append(["Rule", "none matches"])
        }
        if !templated.isEmpty {
            rows.append(["Left Out", "rules with templates: \(templated.joined(separator: ", "))"])
        }
        try session.printer.show(node, rows: rows)
    }

    private func read(_ name: String, _ session: Session) async throws -> NamedPolicy {
        let text: String
        if FileManager.default.fileExists(atPath: name) {
            text = String(decoding: try ValueArguments.file(name), as: UTF8.self)
        } else {
            let reply = try await session.quietly(
                ClientRequest(.get, "sys/policies/acl/\(name.lowercased())"), allowing: [404])
            guard let found = reply.data?["policy"]?.text else {
                throw CommandFault.local("there is no file and no policy named \"\(name)\"")
            }
            text = found
        }
        do throws(PolicyFault) {
            return NamedPolicy(name: name, document: try PolicyDocument(reading: text))
        } catch {
            throw CommandFault.local("\(name): \(error.wireText.trimmingCharacters(in: .whitespacesAndNewlines))")
        }
    }
}
