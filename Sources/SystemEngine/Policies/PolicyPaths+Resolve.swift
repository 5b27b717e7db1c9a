internal import Bytes
package import EngineKit
internal import Policies
internal import Vocabulary

extension PolicyPaths {
    private static let textTable = FieldTable("policy", "rules")
    private static let subjectTable = FieldTable("token", "accessor", "path", "paths")
    private static let questionTable = FieldTable(
        "token", "accessor", "policies", "path", "capability", "parameters")

    /// Reads the command out of the path and the body.
    package func resolve(_ request: EngineRequest) throws(PolicyPathError) -> Command {
        let path = request.path.string
        switch path {
        case "policy":
            guard request.operation == .read || request.operation == .list else { throw .unsupportedOperation }
            return .names(isOld: true)
        case "policies/acl":
            guard request.operation == .list else { throw .unsupportedOperation }
            return .names(isOld: false)
        case "policies/password":
            guard request.operation == .list else { throw .unsupportedOperation }
            return .passwordNames
        case "policies/explain":
            guard request.operation == .write else { throw .unsupportedOperation }
            return try reading { () throws(ParameterFault) in
                try Parameters(request, Self.questionTable)
            } _: {
                (parameters) throws(PolicyPathError) in
                try Self.question(request, parameters)
            }
        case "capabilities", "capabilities-self", "capabilities-accessor":
            guard request.operation == .write else { throw .unsupportedOperation }
            return try reading { () throws(ParameterFault) in
                try Parameters(request, Self.subjectTable)
            } _: {
                (parameters) throws(PolicyPathError) in
                try Self.capabilities(request, path, parameters)
            }
        default: break
        }
        if let name = Self.name(path, below: "policies/acl/") { return try policy(name, request, isOld: false) }
        if let name = Self.name(path, below: "policy/") { return try policy(name, request, isOld: true) }
        if let name = Self.name(path, below: "policies/password/") { return try passwordPolicy(name, request) }
        throw .unsupportedPath
    }

    private static func name(_ path: String, below folder: String) -> String? {
        path.utf8.count > folder.utf8.count && path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : nil
    }

    private func reading(
        _ parse: () throws(ParameterFault) -> Parameters, _ use: (Parameters) throws(PolicyPathError) -> Command
    ) throws(PolicyPathError) -> Command {
        let parameters: Parameters
        do throws(ParameterFault) { parameters = try parse() } catch { throw .parameters(error) }
        return try use(parameters)
    }

    private static func fields<Result>(
        _ read: () throws(ParameterFault) -> Result
    ) throws(PolicyPathError) -> Result {
        do throws(ParameterFault) { return try read() } catch { throw .parameters(error) }
    }

    // MARK: - Texts

    private func policy(
        _ name: String, _ request: EngineRequest, isOld: Bool
    ) throws(PolicyPathError) -> Command {
        switch request.operation {
        case .read: return .read(name, isOld: isOld)
        case .delete: return .delete(name)
        case .list, .patch: throw .unsupportedOperation
        case .write:
            return try reading { () throws(ParameterFault) in
                try Parameters(request, Self.textTable)
            } _: {
                (parameters) throws(PolicyPathError) in
                let text = try Self.fields { () throws(ParameterFault) in try parameters.string(0) }
                let old = try Self.fields { () throws(ParameterFault) in try parameters.string(1) }
                var warnings = parameters.warnings(replaced: ["name"])
                if isOld, let old, !old.isEmpty, text?.isEmpty ?? true {
                    warnings.append("'rules' is deprecated, please use 'policy' instead")
                    return .write(name, text: Self.decoded(old), warnings: warnings)
                }
                guard let text, !text.isEmpty else { throw .policy(.textMissing) }
                return .write(name, text: Self.decoded(text), warnings: warnings)
            }
        }
    }

    private func passwordPolicy(_ name: String, _ request: EngineRequest) throws(PolicyPathError) -> Command {
        let end = "/generate"
        if name.hasSuffix(end), name.utf8.count > end.utf8.count {
            guard request.operation == .read else { throw .unsupportedOperation }
            return .generate(String(name.dropLast(end.count)))
        }
        switch request.operation {
        case .read: return .readPassword(name)
        case .delete: return .deletePassword(name)
        case .list, .patch: throw .unsupportedOperation
        case .write:
            return try reading { () throws(ParameterFault) in
                try Parameters(request, Self.textTable)
            } _: {
                (parameters) throws(PolicyPathError) in
                let text = try Self.fields { () throws(ParameterFault) in try parameters.string(0) }
                guard let text, !text.isEmpty else { throw .policy(.textMissing) }
                return .writePassword(name, text: Self.decoded(text))
            }
        }
    }

    /// Texts may come as base64; no policy is base64 by itself, for it has braces.
    private static func decoded(_ text: String) -> String {
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        guard case .success(let bytes) = Base64.decode(writer.view), !bytes.isEmpty else { return text }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    // MARK: - Questions

    private static func capabilities(
        _ request: EngineRequest, _ path: String, _ parameters: Parameters
    ) throws(PolicyPathError) -> Command {
        let paths = try fields { () throws(ParameterFault) in
            try (parameters.strings(3) ?? []) + (parameters.strings(2) ?? [])
        }
        if paths.isEmpty { throw .pathsMissing }
        switch path {
        case "capabilities-self":
            guard let caller = request.caller else { throw .tokenMissing }
            return .capabilities(.caller(caller), paths: paths)
        case "capabilities":
            let token = try fields { () throws(ParameterFault) in try parameters.string(0) }
            guard let token, !token.isEmpty else { throw .tokenMissing }
            return .capabilities(.token(Array(token.utf8)), paths: paths)
        default:
            let accessor = try fields { () throws(ParameterFault) in try parameters.string(1) }
            guard let accessor, !accessor.isEmpty else { throw .invalidAccessor }
            return .capabilities(.accessor(accessor), paths: paths)
        }
    }

    private static func question(
        _ request: EngineRequest, _ parameters: Parameters
    ) throws(PolicyPathError) -> Command {
        let path = try fields { () throws(ParameterFault) in try parameters.string(3) } ?? ""
        if path.isEmpty { throw .pathsMissing }
        let word = try fields { () throws(ParameterFault) in try parameters.string(4) } ?? ""
        guard let capability = Capability(rawValue: word.isEmpty ? "read" : word) else { throw .invalidCapability }
        let given = parameters[5]
        guard given.kind == .object || given.kind == .null || !given.isPresent else {
            throw .parameters(parameters.conversion(5, "a map"))
        }
        let question = Question(
            path: path.hasPrefix("/") ? String(path.dropFirst()) : path, capability: capability,
            parameters: given.kind == .object ? parameters.raw(given).array : [])
        let token = try fields { () throws(ParameterFault) in try parameters.string(0) } ?? ""
        if !token.isEmpty { return .explain(.token(Array(token.utf8)), question) }
        let accessor = try fields { () throws(ParameterFault) in try parameters.string(1) } ?? ""
        if !accessor.isEmpty { return .explain(.accessor(accessor), question) }
        if let names = try fields({ () throws(ParameterFault) in try parameters.strings(2) }), !names.isEmpty {
            return .explain(.policies(names), question)
        }
        guard let caller = request.caller else { throw .tokenMissing }
        return .explain(.caller(caller), question)
    }
}
