package import Bytes
internal import Vocabulary

/// What is mounted, as an OpenAPI document. **Source** OpenAPI 3.0.3.
package struct OpenAPIDocument {
    private let title: String
    private let version: String
    private var paths: [String: JSON] = [:]

    /// A document without paths.
    package init(title: String = "Strongroom", version: String = "1") { (self.title, self.version) = (title, version) }

    /// Adds the paths of a mount.
    package mutating func add(_ descriptions: [PathDescription], of mount: MountDescription) {
        for description in descriptions {
            let key = "/" + mount.path + description.path
            guard paths[key] == nil else { continue }
            paths[key] = item(description, mount)
        }
    }

    /// The document.
    package var json: JSON {
        .object([
            "openapi": "3.0.3",
            "info": .object([
                "title": .string(title), "version": .string(version),
                "description": "HTTP API of this server, with what is mounted in it. All paths begin with /v1.",
                "license": .object([
                    "name": "Mozilla Public License 2.0", "url": "https://www.mozilla.org/en-US/MPL/2.0",
                ]),
            ]),
            "servers": .array([.object(["url": "/v1"])]),
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(OpenAPISchema.components),
                "securitySchemes": .object([
                    "token": .object(["type": "apiKey", "in": "header", "name": "X-Vault-Token"])
                ]),
            ]),
        ])
    }

    private func item(_ description: PathDescription, _ mount: MountDescription) -> JSON {
        var members: [String: JSON] = ["description": .string(description.about)]
        let names = description.parameterNames
        if !names.isEmpty {
            members["parameters"] = .array(
                names.map { name in
                    .object([
                        "name": .string(name), "in": "path", "required": true, "schema": .object(["type": "string"]),
                    ])
                })
        }
        if description.isOpenToAll { members["x-vault-unauthenticated"] = true }
        for action in description.actions {
            guard let method = Self.method(action.operation) else { continue }
            members[method] = operation([action], description, mount, method)
        }
        // The interface lists by a verb of its own, or by a GET that says so; these documents know the latter only.
        let gets = description.actions.filter { $0.operation == .read || $0.operation == .list }
        if !gets.isEmpty {
            members["get"] = operation(gets, description, mount, "get")
        }
        return .object(members)
    }

    private static func method(_ operation: Operation) -> String? {
        switch operation {
        case .write: "post"
        case .delete: "delete"
        case .patch: "patch"
        case .read, .list: nil
        }
    }

    private func operation(
        _ actions: [PathAction], _ description: PathDescription, _ mount: MountDescription, _ method: String
    ) -> JSON {
        let kind = mount.isAuth ? "auth" : mount.type == "system" ? "system" : "secrets"
        var members: [String: JSON] = [
            "operationId": .string(Self.identifier(method, mount.path + description.path)),
            "summary": .string(actions.map(\.about).joined(separator: " Or: ")),
            "tags": .array([.string(kind)]), "responses": OpenAPISchema.responses(actions.map(\.answer)),
        ]
        if !description.isOpenToAll { members["security"] = .array([.object(["token": .array([])])]) }
        let query = method == "get" || method == "delete" ? queryParameters(actions) : []
        if !query.isEmpty { members["parameters"] = .array(query) }
        if method == "post" || method == "patch", let action = actions.first {
            let type = method == "patch" ? "application/merge-patch+json" : "application/json"
            members["requestBody"] = .object([
                "content": .object([type: .object(["schema": OpenAPISchema.body(action.fields)])])
            ])
        }
        return .object(members)
    }

    private func queryParameters(_ actions: [PathAction]) -> [JSON] {
        var query: [JSON] = []
        if actions.contains(where: { $0.operation == .list }) {
            query.append(
                .object([
                    "name": "list", "in": "query", "required": .bool(!actions.contains { $0.operation == .read }),
                    "description": "true lists names",
                    "schema": .object(["type": "string", "enum": .array(["true"])]),
                ]))
        }
        var known: Set<String> = []
        for field in actions.flatMap(\.fields) where known.insert(field.name).inserted {
            query.append(
                .object([
                    "name": .string(field.name), "in": "query", "description": .string(field.about),
                    "required": .bool(field.isRequired), "schema": OpenAPISchema.input(field),
                ]))
        }
        return query
    }

    /// `post-transit/encrypt/name`.
    private static func identifier(_ method: String, _ path: String) -> String {
        method + "-" + path.split(separator: "/").map { $0.filter { $0 != "{" && $0 != "}" } }.joined(separator: "/")
    }
}
