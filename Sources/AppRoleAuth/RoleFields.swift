internal import Bytes
internal import EngineKit

/// The parameters of the mount's smaller endpoints.
enum RoleFields {
    private static let table = FieldTable("role_id", "secret_id", "secret_id_accessor", "after", "limit")
    private static let mostNames = 1_000_000

    static func secretID(_ request: EngineRequest) throws(AppRoleError) -> String {
        guard let text = try text(try Parameters(table, of: request), 1) else { throw .missingSecretID }
        return text
    }

    static func accessor(_ request: EngineRequest) throws(AppRoleError) -> String {
        guard let text = try text(try Parameters(table, of: request), 2) else { throw .missingAccessor }
        return text
    }

    /// The secret id is empty where the client gives none: the role may do without.
    static func login(_ request: EngineRequest) throws(AppRoleError) -> (roleID: String, secretID: String) {
        let parameters = try Parameters(table, of: request)
        guard let roleID = try text(parameters, 0) else { throw .missingRoleID }
        return (roleID, try text(parameters, 1) ?? "")
    }

    /// Regression 27: a limit of 0 or below it is the bound of one answer.
    static func page(_ request: EngineRequest) throws(AppRoleError) -> (after: String?, limit: Int) {
        let parameters = try Parameters(table, of: request)
        let limit = try parameters.read { (p) throws(ParameterFault) in try p.int(4) } ?? 0
        return (try text(parameters, 3), limit > 0 ? min(limit, mostNames) : mostNames)
    }

    private static func text(_ parameters: Parameters, _ index: Int) throws(AppRoleError) -> String? {
        let text = try parameters.read { (p) throws(ParameterFault) in try p.string(index) } ?? ""
        guard text.utf8.count <= SecretIDWish.longestSecretID else {
            throw .valueTooLong(limit: SecretIDWish.longestSecretID)
        }
        return text.isEmpty ? nil : text
    }
}
