internal import Bytes

/// The schemas of parameters and answers. **Source** OpenAPI 3.0.3; system wire facts §1.9, §1.10.
enum OpenAPISchema {
    /// The object of a body.
    static func body(_ fields: [PathField]) -> JSON { object(fields, isInput: true) }

    /// A parameter.
    static func input(_ field: PathField) -> JSON { value(field, isInput: true) }

    // MARK: - Values

    private static func object(_ fields: [PathField], isInput: Bool) -> JSON {
        var members: [String: JSON] = ["type": "object"]
        if !fields.isEmpty {
            members["properties"] = .object(
                Dictionary(fields.map { ($0.name, value($0, isInput: isInput)) }) { first, _ in first })
        }
        let required = fields.filter(\.isRequired).map(\.name).sorted()
        if !required.isEmpty { members["required"] = .array(required.map { .string($0) }) }
        return .object(members)
    }

    private static func value(_ field: PathField, isInput: Bool) -> JSON {
        var members = kind(field.kind, field, isInput: isInput)
        if !field.about.isEmpty { members["description"] = .string(field.about) }
        if field.isNullable, members["type"] != nil { members["nullable"] = true }
        if !field.choices.isEmpty { members["enum"] = .array(field.choices.map { .string($0) }) }
        return .object(members)
    }

    private static func kind(_ kind: PathField.Kind, _ field: PathField, isInput: Bool) -> [String: JSON] {
        switch kind {
        case .text: ["type": "string"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .flag: ["type": "boolean"]
        case .anything: [:]
        case .base64: ["type": "string", "format": "byte"]
        case .duration:
            isInput
                ? ["oneOf": .array([.object(["type": "integer"]), .object(["type": "string"])])]
                : ["type": "integer", "format": "seconds"]
        case .list(let item): ["type": "array", "items": .object(self.kind(item, field, isInput: isInput))]
        case .map(let item):
            ["type": "object", "additionalProperties": .object(self.kind(item, field, isInput: isInput))]
        case .object:
            if case .object(let members) = object(field.members, isInput: isInput) { members } else { [:] }
        }
    }

    // MARK: - Answers

    /// The answers of one verb; `answers` are of reading and of listing, where a GET may be both.
    static func responses(_ answers: [PathAnswer]) -> JSON {
        var bodies: [Int: [(type: String, schema: JSON)]] = [:]
        var isEmpty = false
        for answer in answers {
            for status in answer.statuses { bodies[status, default: []].append((mediaType(answer), schema(answer))) }
            switch answer.form {
            case .nothing, .maybe: isEmpty = true
            default: break
            }
        }
        // Where an answer says that something is gone, others say that it never was.
        for status in bodies.keys where status >= 400 {
            bodies[status, default: []].append(("application/json", ref("Refusal")))
        }
        let chosen = answers.filter(\.hasAnyStatus).map { (mediaType($0), schema($0)) }
        var members = ["default": response("Refused.", chosen + [("application/json", ref("Refusal"))])]
        for (status, body) in bodies { members[String(status)] = response("Done.", body) }
        if isEmpty { members["204"] = .object(["description": "Done; there is nothing to tell."]) }
        return .object(members)
    }

    private static func mediaType(_ answer: PathAnswer) -> String {
        if case .file(let type) = answer.form { type } else { "application/json" }
    }

    private static func response(_ about: String, _ bodies: [(type: String, schema: JSON)]) -> JSON {
        var content: [String: JSON] = [:]
        for (type, same) in Dictionary(grouping: bodies, by: \.type) {
            let schemas = same.map(\.schema)
            content[type] = .object([
                "schema": schemas.count == 1 ? schemas[0] : .object(["anyOf": .array(schemas)])
            ])
        }
        return .object(["description": .string(about), "content": .object(content)])
    }

    private static func schema(_ answer: PathAnswer) -> JSON {
        let members = object(answer.members, isInput: false)
        switch answer.form {
        case .nothing: return enveloped("data", .object(["type": "object", "nullable": true]))
        case .data: return enveloped("data", members)
        case .maybe:
            guard case .object(var nullable) = members else { return members }
            nullable["nullable"] = true
            return enveloped("data", .object(nullable))
        case .mirrored:
            guard case .object(let all) = enveloped("data", members), case .array(let parts)? = all["allOf"] else {
                return members
            }
            return .object(["allOf": .array(parts + [members])])
        case .bare: return members
        case .login: return enveloped("auth", .object(["allOf": .array([ref("Auth")]), "nullable": true]))
        case .envelope: return ref("Envelope")
        case .file: return .object(["type": "string", "format": "binary"])
        }
    }

    private static func enveloped(_ name: String, _ schema: JSON) -> JSON {
        .object([
            "allOf": .array([ref("Envelope"), .object(["type": "object", "properties": .object([name: schema])])])
        ])
    }

    private static func ref(_ name: String) -> JSON { .object(["$ref": .string("#/components/schemas/" + name)]) }

    // MARK: - What all answers have in common

    private static let warnings = PathField.texts("warnings", "What the caller should know.").required.orNull

    private static let envelope: [PathField] = [
        .text("request_id", "Names the request, also in what audit devices record.").required,
        .text("lease_id", "Names what was given out for a time.").required,
        .int("lease_duration", "Seconds that it is given out for.").required, .flag("renewable").required,
        .anything("data", "The answer."), warnings, .object("wrap_info", "Where the answer is kept.").orNull,
        .object("auth", "A token.").orNull, .text("mount_type"),
    ]

    private static let auth: [PathField] = [
        .text("client_token", "The token.").required, .text("accessor").required, .texts("policies").required,
        .texts("token_policies").required, .texts("identity_policies"), .map("metadata").orNull.required,
        .int("lease_duration").required, .flag("renewable").required, .text("entity_id").required,
        .choice("token_type", ["service", "batch"]).required, .flag("orphan").required, .int("num_uses"),
        .object("mfa_requirement").orNull,
    ]

    static let components: [String: JSON] = [
        "Envelope": object(envelope, isInput: false), "Auth": object(auth, isInput: false),
        "Errors": object(
            [PathField.texts("errors", "What is wrong; empty where nothing is there.").required], isInput: false),
        "Refusal": .object(["anyOf": .array([ref("Errors"), ref("Envelope")])]),
    ]
}
