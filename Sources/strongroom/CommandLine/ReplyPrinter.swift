internal import StrongroomClient

/// Shows answers of the server in the format that was asked for.
struct ReplyPrinter {
    let console: Console
    let format: OutputFormat
    let field: String?

    /// Shows the whole answer: a lease, a login, a wrapping token, data.
    func show(_ reply: ClientReply) throws(CommandFault) {
        if let field {
            try show(field: field, of: Self.fields(reply))
            return
        }
        guard let document = reply.document else { return }
        switch format {
        case .table, .pretty:
            warn(reply.warnings)
            console.say(table(Self.rows(reply)))
        case .json: console.say(document.pretty)
        case .yaml: console.say(YAMLText.text(document))
        case .raw: console.put(reply.bytes)
        }
    }

    /// Shows a document that is not in an envelope.
    func show(_ document: JSONNode, rows: [[String]]) throws(CommandFault) {
        if let field {
            try show(field: field, of: document.members ?? [])
            return
        }
        switch format {
        case .table, .pretty: console.say(table(rows))
        case .json, .raw: console.say(document.pretty)
        case .yaml: console.say(YAMLText.text(document))
        }
    }

    /// Shows a list of names.
    func list(_ names: [String], header: String = "Keys") {
        switch format {
        case .table, .pretty: console.say(Table([header], names.map { [Shown.harmless($0)] }).text(console))
        case .json, .raw: console.say(JSONNode(names).pretty)
        case .yaml: console.say(YAMLText.text(JSONNode(names)))
        }
    }

    /// Shows a table, or the document that it was made of.
    func table(_ headers: [String], _ rows: [[String]], of document: JSONNode) {
        switch format {
        case .table, .pretty:
            console.say(Table(headers, rows.map { $0.map(Shown.harmless) }).text(console))
        case .json, .raw: console.say(document.pretty)
        case .yaml: console.say(YAMLText.text(document))
        }
    }

    /// Says what the server wants to have said.
    func warn(_ warnings: [String]) {
        guard !warnings.isEmpty else { return }
        console.note(
            console.styledError("WARNING! The following warnings were returned from the server:", .yellow) + "\n")
        for warning in warnings { console.note("  * " + Shown.harmless(warning)) }
        console.note("")
    }

    /// Keys and values in two columns.
    func table(_ rows: [[String]]) -> String {
        Table(["Key", "Value"], rows.map { $0.map(Shown.harmless) }).text(console)
    }

    /// Shows one field: as it is, without a line end unless people read it.
    func show(field: String, of members: [JSONNode.Member]) throws(CommandFault) {
        guard let value = members.last(where: { $0.name == field })?.value else {
            let names = members.map(\.name)
            throw .local(
                "Field \"\(field)\" not present in the answer",
                next: names.isEmpty ? nil : "there are: " + names.joined(separator: ", "))
        }
        switch format {
        case .table, .pretty, .raw:
            let text = value.text ?? (value.isNull ? "" : value.compact)
            console.put(console.terminal.isInteractive ? text + "\n" : text)
        case .json: console.say(value.pretty)
        case .yaml: console.say(YAMLText.text(value))
        }
    }

    /// The fields of an answer under the names that tables give them.
    static func fields(_ reply: ClientReply) -> [JSONNode.Member] {
        var fields: [JSONNode.Member] = []
        if let document = reply.document, let lease = document["lease_id"]?.text, !lease.isEmpty {
            fields += [.init("lease_id", .string(lease)), .init("lease_duration", document["lease_duration"] ?? .null)]
            fields.append(.init("lease_renewable", document["renewable"] ?? false))
        }
        if let info = reply.wrapInfo {
            fields += [
                .init("wrapping_token", info["token"] ?? .null), .init("wrapping_accessor", info["accessor"] ?? .null),
                .init("wrapping_token_ttl", info["ttl"] ?? .null),
                .init("wrapping_token_creation_time", info["creation_time"] ?? .null),
                .init("wrapping_token_creation_path", info["creation_path"] ?? .null),
            ]
            if let wrapped = info["wrapped_accessor"] { fields.append(.init("wrapped_accessor", wrapped)) }
        }
        if let auth = reply.auth { fields += loginFields(auth) }
        fields += reply.data?.members ?? []
        return fields
    }

    private static func loginFields(_ auth: JSONNode) -> [JSONNode.Member] {
        var fields: [JSONNode.Member] = [
            .init("token", auth["client_token"] ?? .null), .init("token_accessor", auth["accessor"] ?? .null),
            .init("token_duration", auth["lease_duration"] ?? 0), .init("token_renewable", auth["renewable"] ?? false),
            .init("token_policies", auth["token_policies"] ?? []),
            .init("identity_policies", auth["identity_policies"] ?? []), .init("policies", auth["policies"] ?? []),
        ]
        for member in auth["metadata"]?.members ?? [] {
            fields.append(.init("token_meta_" + member.name, member.value))
        }
        return fields
    }

    private static let durations: Set<String> = ["lease_duration", "token_duration", "wrapping_token_ttl"]

    /// The rows of the table of an answer.
    static func rows(_ reply: ClientReply) -> [[String]] {
        let known = fields(reply).count - (reply.data?.members?.count ?? 0)
        var rows = fields(reply).enumerated().map { at, member -> [String] in
            if at < known, durations.contains(member.name), let seconds = member.value.integer {
                return [member.name, seconds == 0 ? "∞" : Shown.duration(seconds: seconds)]
            }
            return [member.name, Shown.cell(member.value)]
        }
        // What a secret without a lease says about how long to keep it.
        if reply.document?["lease_id"]?.text == "", reply.data != nil,
            let seconds = reply.document?["lease_duration"]?.integer, seconds > 0
        {
            rows.insert(["refresh_interval", Shown.duration(seconds: seconds)], at: 0)
        }
        return rows
    }
}
