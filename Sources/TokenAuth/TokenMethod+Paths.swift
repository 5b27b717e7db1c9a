internal import Bytes
internal import EngineKit
internal import Vocabulary

/// From a path and an operation to what is to be done. **Source** system wire facts §8.
extension TokenMethod {
    private static let tokenFields = FieldTable("token", "increment")
    private static let accessorFields = FieldTable("accessor", "increment")

    static func work(_ request: EngineRequest) throws(TokenAuthError) -> Work {
        let path = request.path
        let slash = path.firstIndex(of: UInt8(ascii: "/"))
        let rest = slash.map { path.dropFirst($0 + 1).string }
        switch path.slice(0, slash ?? path.count).string {
        case "roles": return try roleWork(request, rest)
        case "create":
            guard let rest else { return try create(request, .plain) }
            guard TokenRole.isWord(rest) else { throw .unsupportedPath }
            return try create(request, .role(rest))
        case let name where rest == nil: return try work(request, named: name)
        default: throw .unsupportedPath
        }
    }

    private static func work(_ request: EngineRequest, named name: String) throws(TokenAuthError) -> Work {
        switch name {
        case "create-orphan": return try create(request, .orphan)
        case "lookup":
            try allow(request, .read, .write)
            return .lookup(try token(request).map { .token($0) } ?? .caller)
        case "lookup-self":
            try allow(request, .read, .write)
            return .lookup(.caller)
        case "lookup-accessor":
            try allow(request, .write)
            return .lookup(.accessor(try accessor(request)))
        case "renew", "renew-self", "renew-accessor": return try renewal(request, name)
        case "revoke":
            try allow(request, .write)
            guard let token = try token(request) else { throw .missingToken }
            return .revoke(.token(token))
        case "revoke-self":
            try allow(request, .write)
            return .revoke(.caller)
        case "revoke-accessor":
            try allow(request, .write)
            return .revoke(.accessor(try accessor(request)))
        case "revoke-orphan":
            try allow(request, .write)
            guard let token = try token(request) else { throw .missingToken }
            return .revokeOrphan(token)
        case "accessors":
            try allow(request, .list)
            return .listAccessors
        case "tidy":
            try allow(request, .write)
            return .tidy
        default: throw .unsupportedPath
        }
    }

    private static func create(_ request: EngineRequest, _ path: CreationPath) throws(TokenAuthError) -> Work {
        try allow(request, .write)
        return .create(try TokenWish(request), path)
    }

    private static func renewal(_ request: EngineRequest, _ name: String) throws(TokenAuthError) -> Work {
        try allow(request, .write)
        let table = name == "renew-accessor" ? accessorFields : tokenFields
        do throws(ParameterFault) {
            let values = try Parameters(request, table)
            let subject = try values.string(0) ?? ""
            let increment = try increment(values)
            let warnings = values.warnings()
            switch name {
            case "renew-self": return .renew(.caller, increment: increment, warnings: warnings)
            case "renew-accessor":
                guard !subject.isEmpty else { break }
                return .renew(.accessor(subject), increment: increment, warnings: warnings)
            default:
                guard !subject.isEmpty else { break }
                return .renew(
                    .token(SealSecret(exposing: subject)), increment: increment, warnings: warnings)
            }
        } catch {
            throw .parameters(error)
        }
        throw name == "renew-accessor" ? .missingAccessor : .missingToken
    }

    /// Increments below zero ask for the usual time, as none does.
    private static func increment(_ values: Parameters) throws(ParameterFault) -> Int? {
        do throws(ParameterFault) {
            return try values.durationSeconds(1)
        } catch {
            if case .negativeDuration = error { return nil }
            throw error
        }
    }

    private static func roleWork(_ request: EngineRequest, _ name: String?) throws(TokenAuthError) -> Work {
        guard let name else {
            try allow(request, .list)
            return .listRoles
        }
        guard TokenRole.isWord(name) else { throw .unsupportedPath }
        switch request.operation {
        case .read: return .readRole(name)
        case .delete: return .deleteRole(name)
        case .write:
            // The body is kept alive until the answer is there, so the change may wait for the stored role.
            return .writeRole(name) { (role) throws(TokenAuthError) in try role.update(request) }
        case .list, .patch: throw .unsupportedOperation
        }
    }

    private static func allow(_ request: EngineRequest, _ operations: Operation...) throws(TokenAuthError) {
        guard operations.contains(request.operation) else { throw .unsupportedOperation }
    }

    private static func token(_ request: EngineRequest) throws(TokenAuthError) -> SealSecret? {
        do throws(ParameterFault) {
            let text = try Parameters(request, tokenFields).string(0) ?? ""
            return text.isEmpty ? nil : SealSecret(exposing: text)
        } catch {
            throw .parameters(error)
        }
    }

    private static func accessor(_ request: EngineRequest) throws(TokenAuthError) -> String {
        let text: String
        do throws(ParameterFault) {
            text = try Parameters(request, accessorFields).string(0) ?? ""
        } catch {
            throw .parameters(error)
        }
        guard !text.isEmpty else { throw .missingAccessor }
        return text
    }
}
