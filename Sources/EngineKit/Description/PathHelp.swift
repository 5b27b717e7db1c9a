package import Bytes
internal import Vocabulary

/// What `?help=1` answers.
package enum PathHelp {
    /// The help of a path of a mount: its text, and the path as an OpenAPI document; nil where there is no such path.
    /// The mount itself is told with all its paths.
    package static func answer(
        path: String, of mount: MountDescription, _ descriptions: [PathDescription]
    ) -> JSON? {
        var document = OpenAPIDocument()
        let text: String
        if path.isEmpty {
            document.add(descriptions, of: mount)
            text = overview(mount, descriptions)
        } else {
            guard let description = best(path, descriptions) else { return nil }
            document.add([description], of: mount)
            text = page(path, mount, description)
        }
        return .object(["help": .string(text), "see_also": .null, "openapi": document.json])
    }

    /// The description that says most of the path exactly.
    private static func best(_ path: String, _ descriptions: [PathDescription]) -> PathDescription? {
        descriptions.filter { $0.covers(path) }.max { first, second in
            let (one, other) = (exactness(first), exactness(second))
            return one.lexicographicallyPrecedes(other)
        }
    }

    private static func exactness(_ description: PathDescription) -> [Int] {
        description.path.split(separator: "/").map { $0 == "{path}" ? 0 : $0.hasPrefix("{") ? 1 : 2 }
    }

    private static func overview(_ mount: MountDescription, _ descriptions: [PathDescription]) -> String {
        var lines = ["## MOUNT", "", "    \(mount.path) (\(mount.type))"]
        if !mount.about.isEmpty { lines += ["    \(mount.about)"] }
        lines += ["", "## PATHS", ""]
        for description in descriptions.sorted(by: { $0.path < $1.path }) {
            lines += ["    \(description.path)", "        \(description.about)", ""]
        }
        return lines.joined(separator: "\n")
    }

    private static func page(
        _ path: String, _ mount: MountDescription, _ description: PathDescription
    ) -> String {
        var lines = [
            "Request:        \(path)", "Matching Route: \(mount.path)\(description.path)", "", description.about, "",
        ]
        if description.isOpenToAll { lines += ["No token is asked for.", ""] }
        for action in description.actions {
            lines += ["## \(verb(action.operation))", "", "    \(action.about)", ""]
            guard !action.fields.isEmpty else { continue }
            lines += ["    Parameters:", ""]
            for field in action.fields {
                let remark = field.isRequired ? ", required" : ""
                lines.append("        \(field.name) (\(word(field.kind))\(remark))")
                if !field.about.isEmpty { lines.append("            \(field.about)") }
                if !field.choices.isEmpty {
                    lines.append("            One of: \(field.choices.joined(separator: ", "))")
                }
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    private static func verb(_ operation: Operation) -> String {
        switch operation {
        case .read: "READ"
        case .list: "LIST"
        case .write: "WRITE"
        case .delete: "DELETE"
        case .patch: "PATCH"
        }
    }

    private static func word(_ kind: PathField.Kind) -> String {
        switch kind {
        case .text: "text"
        case .integer, .number: "number"
        case .flag: "true or false"
        case .anything: "any value"
        case .base64: "base64"
        case .duration: "duration"
        case .list(.object): "list of objects"
        case .list: "list"
        case .map, .object: "object"
        }
    }
}
