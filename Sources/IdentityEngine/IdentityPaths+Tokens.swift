internal import Bytes
internal import EngineKit
internal import Identity
internal import Vocabulary

extension IdentityPaths {
    private static let issuerTable = FieldTable("issuer")
    private static let keyTable = FieldTable("algorithm", "rotation_period", "verification_ttl", "allowed_client_ids")
    private static let roleTable = FieldTable("key", "template", "ttl", "client_id")
    private static let introspectTable = FieldTable("token", "client_id")
    private static let discovery = ".well-known"

    func tokenCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        let tokens = tokens
        switch (words.first, words.count, request.operation) {
        case ("config", 1, .read):
            return .now(.read) { () throws(IdentityPathError) in
                Answer(json: .object(["issuer": .string(tokens.picture.issuer)]))
            }
        case ("config", 1, .write): return try writeIssuer(request)
        case ("key", 1, .list):
            return .now(.list) { () throws(IdentityPathError) in try Self.listed(tokens.picture.keys.keys.sorted()) }
        case ("role", 1, .list):
            return .now(.list) { () throws(IdentityPathError) in try Self.listed(tokens.picture.roles.keys.sorted()) }
        case ("key", 2, _): return try keyCommand(words[1], request)
        case ("role", 2, _): return try roleCommand(words[1], request)
        case ("token", 2, .read):
            let (role, caller) = (words[1], request.caller)
            return .now(.read) { () throws(IdentityPathError) in try self.token(role, for: caller) }
        case ("introspect", 1, .write): return try introspect(request)
        case (Self.discovery, 2, .read) where words[1] == "openid-configuration":
            return .now(.read) { () throws(IdentityPathError) in self.configuration }
        case (Self.discovery, 2, .read) where words[1] == "keys":
            return .now(.read) { () throws(IdentityPathError) in self.publicKeys }
        case ("config", 1, _), ("key", 1, _), ("role", 1, _), ("token", 2, _), ("introspect", 1, _):
            throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    // MARK: - Issuer

    private func writeIssuer(_ request: EngineRequest) throws(IdentityPathError) -> Command {
        let issuer = try Self.fields { () throws(ParameterFault) in
            try Parameters(request, Self.issuerTable).string(0) ?? ""
        }
        guard issuer.isEmpty || Self.isIssuer(issuer) else { throw .invalidIssuer }
        let tokens = tokens
        return .later(.update) { () throws(IdentityPathError) in
            try await tokens.setIssuer(issuer)
            if issuer.isEmpty { return .nothing }
            var answer = Answer.nothing
            answer.warnings = [
                "If \"issuer\" is set explicitly, all tokens must be validated against that address, including those "
                    + "issued by secondary clusters. Setting issuer to \"\" will restore the default behavior of "
                    + "using the cluster's api_addr as the issuer."
            ]
            return answer
        }
    }

    /// `https://host` or `http://host:port`, and nothing behind.
    static func isIssuer(_ text: String) -> Bool {
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }) else { return false }
        let host = text.dropFirst(scheme.count)
        return !host.isEmpty && host.utf8.count <= 300
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\\"<>%".utf8.contains($0) }
    }

    // MARK: - Keys

    private func keyCommand(_ word: String, _ request: EngineRequest) throws(IdentityPathError) -> Command {
        let tokens = tokens
        let end = "/rotate"
        if word.hasSuffix(end) {
            guard request.operation == .write else { throw .unsupportedOperation }
            let seconds = try Self.fields { () throws(ParameterFault) in
                try Parameters(request, Self.keyTable).durationSeconds(2)
            }
            let name = String(word.dropLast(end.count))
            return .later(.update) { () throws(IdentityPathError) in
                try await tokens.rotate(name, verificationSeconds: seconds)
                return .nothing
            }
        }
        try Self.checkName(word)
        switch request.operation {
        case .read:
            return .now(.read) { () throws(IdentityPathError) in
                guard let key = tokens.picture.keys[word] else { throw .nothingThere }
                return Answer(
                    json: .object([
                        "algorithm": .string(key.algorithm.rawValue), "rotation_period": .int(key.rotationSeconds),
                        "verification_ttl": .int(key.verificationSeconds),
                        "allowed_client_ids": Self.strings(key.clientIDs),
                    ]))
            }
        case .delete:
            return .later(.delete) { () throws(IdentityPathError) in
                try await tokens.deleteKey(word)
                return .nothing
            }
        case .write: return try writeKey(word, request)
        case .list, .patch: throw .unsupportedOperation
        }
    }

    private func writeKey(_ name: String, _ request: EngineRequest) throws(IdentityPathError) -> Command {
        let (word, rotation, verification, clients) = try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.keyTable)
            return (
                try parameters.string(0), try parameters.durationSeconds(1), try parameters.durationSeconds(2),
                try parameters.strings(3)
            )
        }
        var algorithm: SigningAlgorithm?
        if let word, !word.isEmpty {
            guard let found = SigningAlgorithm(rawValue: word) else { throw .unknownAlgorithm(word) }
            algorithm = found
        }
        if let rotation, rotation < 60 { throw .rotationTooShort }
        let (tokens, chosen) = (tokens, algorithm)
        return .later(.update) { () throws(IdentityPathError) in
            try await tokens.putKey(
                name,
                { key in
                    if let rotation { key.rotationSeconds = rotation }
                    if let verification { key.verificationSeconds = verification }
                    if let clients { key.clientIDs = clients }
                }, algorithm: chosen)
            return .nothing
        }
    }

    private static func checkName(_ name: String) throws(IdentityPathError) {
        let isSound = !name.isEmpty && name.utf8.count <= 512 && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isSound, !name.contains("/") else { throw .malformedName }
    }

    // MARK: - Roles

    private func roleCommand(_ name: String, _ request: EngineRequest) throws(IdentityPathError) -> Command {
        let tokens = tokens
        try Self.checkName(name)
        switch request.operation {
        case .read:
            return .now(.read) { () throws(IdentityPathError) in
                guard let role = tokens.picture.roles[name] else { throw .nothingThere }
                return Answer(
                    json: .object([
                        "client_id": .string(role.clientID), "key": .string(role.key),
                        "template": .string(role.template), "ttl": .int(role.ttlSeconds),
                    ]))
            }
        case .delete:
            return .later(.delete) { () throws(IdentityPathError) in
                try await tokens.deleteRole(name)
                return .nothing
            }
        case .write:
            let (key, template, ttl, clientID) = try Self.fields { () throws(ParameterFault) in
                let parameters = try Parameters(request, Self.roleTable)
                return (
                    try parameters.string(0), try parameters.string(1), try parameters.durationSeconds(2),
                    try parameters.string(3)
                )
            }
            let text = template.map { Self.decoded($0) }
            if let text { _ = try OIDCTemplate.members(text, facts: TemplateFacts(), now: 0) }
            return .later(.update) { () throws(IdentityPathError) in
                try await tokens.putRole(name) { role in
                    if let key { role.key = key }
                    if let text { role.template = text }
                    if let ttl { role.ttlSeconds = ttl }
                    if let clientID, !clientID.isEmpty { role.clientID = clientID }
                }
                return .nothing
            }
        case .list, .patch: throw .unsupportedOperation
        }
    }

    /// Templates may come as base64; JSON is none.
    private static func decoded(_ text: String) -> String {
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        guard case .success(let bytes) = Base64.decode(writer.view), !bytes.isEmpty else { return text }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    // MARK: - Tokens

    private func token(_ name: String, for caller: Caller?) throws(IdentityPathError) -> Answer {
        let picture = tokens.picture
        guard let role = picture.roles[name] else { throw .roleMissing(name) }
        guard let key = picture.keys[role.key] else { throw .keyMissing(role.key) }
        guard key.clientIDs.contains("*") || key.clientIDs.contains(role.clientID) else {
            throw .clientNotAllowed(key: role.key, role: name)
        }
        guard let caller, !caller.entityID.isEmpty, case .active(let rights) = store.standing(of: caller.entityID)
        else { throw .noEntity }
        let now = tokens.now()
        let (expires, isOver) = now.addingReportingOverflow(role.ttlSeconds)
        let members = try OIDCTemplate.members(role.template, facts: rights.facts, now: now)
        var claims = JSON.object([
            "iss": .string(tokens.issuer), "sub": .string(rights.facts.entityID), "aud": .string(role.clientID),
            "iat": .int(now), "exp": .int(isOver ? .max : expires), "namespace": .string("root"),
        ]).text
        if !members.isEmpty { claims = claims.dropLast() + "," + members + "}" }
        let token = try key.current.token(claims: claims)
        return Answer(
            json: .object([
                "client_id": .string(role.clientID), "token": .string(token), "ttl": .int(role.ttlSeconds),
            ]))
    }

    private var configuration: Answer {
        let issuer = tokens.issuer
        return Answer(
            json: .object([
                "issuer": .string(issuer), "jwks_uri": .string(issuer + "/.well-known/keys"),
                "response_types_supported": .array([.string("id_token")]),
                "subject_types_supported": .array([.string("public")]),
                "id_token_signing_alg_values_supported": .array(
                    SigningAlgorithm.allCases.map { .string($0.rawValue) }),
            ]), isBare: true)
    }

    private var publicKeys: Answer {
        let now = tokens.now()
        let keys = tokens.picture.keys.sorted { $0.key < $1.key }.flatMap { _, key in
            [key.current] + key.retired.filter { $0.endsUnixSeconds > now }.map(\.key)
        }
        return Answer(json: .object(["keys": .array(keys.map(\.jwk))]), isBare: true)
    }

    // MARK: - Introspection

    private func introspect(_ request: EngineRequest) throws(IdentityPathError) -> Command {
        let (token, client) = try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.introspectTable)
            return (try parameters.string(0) ?? "", try parameters.string(1) ?? "")
        }
        return .now(.update) { () throws(IdentityPathError) in
            guard let problem = self.problem(of: token, for: client) else {
                return Answer(json: .object(["active": .bool(true)]), isBare: true)
            }
            return Answer(json: .object(["active": .bool(false), "error": .string(problem)]), isBare: true)
        }
    }

    /// What is wrong with a token of ours; nil for a good one.
    private func problem(of token: String, for client: String) -> String? {
        guard let parsed = IdentityToken(token) else { return "unable to parse the token" }
        let now = tokens.now()
        let keys = tokens.picture.keys.values.flatMap { key in
            [key.current] + key.retired.filter { $0.endsUnixSeconds > now }.map(\.key)
        }
        guard let key = keys.first(where: { $0.id == parsed.keyID }), key.algorithm.rawValue == parsed.algorithm,
            parsed.isSigned(by: key)
        else { return "unable to validate the token's signature" }
        guard parsed.issuer == tokens.issuer else { return "invalid issuer" }
        guard parsed.expires > now else { return "the token is expired" }
        if !client.isEmpty && parsed.audience != client { return "invalid audience" }
        guard case .active = store.standing(of: parsed.subject) else { return "entity is disabled or not found" }
        return nil
    }
}
