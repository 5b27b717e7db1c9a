internal import Bytes
internal import EngineKit
internal import Vocabulary

/// The parameters of the mount's endpoints.
enum UserFields {
    static let duoAccess = FieldTable("host", "ikey", "skey")
    static let duoConfig = FieldTable("username_format", "push_info", "user_agent")
    private static let longestText = 1024
    private static let passwordTable = FieldTable("password")
    private static let typeTable = FieldTable("type")
    private static let issuerTable = FieldTable("issuer")
    private static let pageTable = FieldTable("after", "limit")
    private static let mostNames = 1_000_000

    /// The password as its bytes; nil when there is none.
    static func password(_ request: EngineRequest) throws(UserpassError) -> ByteView? {
        let parameters = try Parameters(passwordTable, of: request)
        return try text(parameters, 0)
    }

    /// The bytes of a text field, as it stands in the body when it has no escapes.
    static func text(_ parameters: Parameters, _ index: Int) throws(UserpassError) -> ByteView? {
        let value = parameters[index]
        switch value.kind {
        case .absent, .null: return nil
        case .string, .escapedString, .number:
            guard value.count > 0 else { return nil }
            guard value.count <= 6 * PasswordHash.longestPassword else {
                throw .passwordTooLong(limit: PasswordHash.longestPassword)
            }
            return parameters.raw(value)
        case .true, .false, .array, .object: throw .parameters(parameters.conversion(index, "a string"))
        }
    }

    static func factorType(_ request: EngineRequest) throws(UserpassError) -> String {
        try short(try Parameters(typeTable, of: request), 0) ?? ""
    }

    static func issuer(_ request: EngineRequest) throws(UserpassError) -> String {
        let issuer = try short(try Parameters(issuerTable, of: request), 0) ?? ""
        return issuer.isEmpty ? "Strongroom" : issuer
    }

    static func texts(_ request: EngineRequest, _ table: FieldTable) throws(UserpassError) -> [String: String] {
        let parameters = try Parameters(table, of: request)
        var values: [String: String] = [:]
        for (index, name) in table.names.enumerated() {
            if let text = try short(parameters, index) { values[name.description] = text }
        }
        return values
    }

    /// Regression 27: a limit of 0 or below it is the bound of one answer.
    static func page(_ request: EngineRequest) throws(UserpassError) -> (after: String?, limit: Int) {
        let parameters = try Parameters(pageTable, of: request)
        let after = try short(parameters, 0) ?? ""
        do throws(ParameterFault) {
            let limit = try parameters.int(1) ?? 0
            return (after.isEmpty ? nil : after, limit > 0 ? min(limit, mostNames) : mostNames)
        } catch {
            throw .parameters(error)
        }
    }

    private static func short(_ parameters: Parameters, _ index: Int) throws(UserpassError) -> String? {
        let text: String?
        do throws(ParameterFault) { text = try parameters.string(index) } catch { throw .parameters(error) }
        if let text, text.utf8.count > longestText { throw .valueTooLong(limit: longestText) }
        return text
    }
}

/// What a write of a user says.
struct UserChange: Sendable {
    let password: ByteView?
    private let request: EngineRequest

    init(_ request: EngineRequest) throws(UserpassError) {
        password = try UserFields.password(request)
        self.request = request
    }

    func apply(to token: inout TokenSettings) throws(UserpassError) {
        do throws(TokenSettingsFault) {
            try token.apply(request, accepting: [.ttl, .maxTTL, .policies, .boundCIDRs])
        } catch {
            throw .tokenSettings(error)
        }
    }
}

/// What somebody who logs in gives, and where they are.
struct LoginAttempt: Sendable {
    private static let table = FieldTable("password", "passcode", "totp")

    let password: ByteView
    /// The code of the second factor.
    let code: String
    let address: PeerAddress
    /// The mount's name in display names.
    let mountName: String

    init(_ request: EngineRequest) throws(UserpassError) {
        let parameters = try Parameters(Self.table, of: request)
        guard let password = try UserFields.text(parameters, 0) else { throw .missingPassword }
        self.password = password
        do throws(ParameterFault) {
            let first = try parameters.string(1) ?? ""
            let second = try parameters.string(2) ?? ""
            code = first.isEmpty ? second : first
        } catch {
            throw .parameters(error)
        }
        address = request.client.address
        var name = Substring(request.mount.path)
        if name.hasPrefix("auth/") { name = name.dropFirst(5) }
        while name.hasSuffix("/") { name = name.dropLast() }
        mountName = name.isEmpty ? "userpass" : String(name)
    }
}

extension Parameters {
    /// Scans the body with this room's error.
    init(_ table: FieldTable, of request: EngineRequest) throws(UserpassError) {
        do throws(ParameterFault) { self = try Parameters(request, table) } catch { throw .parameters(error) }
    }
}
