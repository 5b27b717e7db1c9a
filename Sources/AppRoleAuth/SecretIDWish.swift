internal import Bytes
internal import EngineKit

/// What somebody who asks for a secret id wants of it.
struct SecretIDWish: Sendable {
    private static let table = FieldTable("metadata", "cidr_list", "token_bound_cidrs", "ttl", "num_uses", "secret_id")
    static let longestSecretID = 512

    /// A secret id of the client's own choice.
    let custom: String?
    private let metadata: [String: String]
    private let cidrs: [String]
    private let tokenCIDRs: [String]
    private let seconds: Int?
    private let uses: Int?

    init(_ request: EngineRequest, isCustom: Bool) throws(AppRoleError) {
        let parameters = try Parameters(Self.table, of: request)
        let text = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? ""
        metadata = try Self.metadata(text, request)
        cidrs = try CIDRs.checked(try parameters.read { (p) throws(ParameterFault) in try p.strings(1) } ?? [])
        tokenCIDRs = try CIDRs.checked(try parameters.read { (p) throws(ParameterFault) in try p.strings(2) } ?? [])
        seconds = try parameters.read { (p) throws(ParameterFault) in try p.durationSeconds(3) }
        uses = try parameters.read { (p) throws(ParameterFault) in try p.int(4) }
        let custom = try parameters.read { (p) throws(ParameterFault) in try p.string(5) } ?? ""
        if isCustom && custom.isEmpty { throw .missingSecretID }
        if custom.utf8.count > Self.longestSecretID { throw .valueTooLong(limit: Self.longestSecretID) }
        self.custom = isCustom ? custom : nil
        if let uses, uses < 0 { throw .negativeUses }
    }

    private static func metadata(_ text: String, _ request: EngineRequest) throws(AppRoleError) -> [String: String] {
        if text.isEmpty { return [:] }
        guard text.utf8.count <= 65_536 else { throw .valueTooLong(limit: 65_536) }
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        var pairs: [String: String] = [:]
        do throws(JSONFault) {
            var scanner = JSONScanner(writer.view, depthLimit: 1)
            guard try scanner.openDocument() else { return [:] }
            var isFirst = true
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: scanner.text)
                let value = try scanner.scanValue()
                guard value.isString else { throw .notAnObject }
                pairs[name] = JSONText.string(value, in: scanner.text)
            }
        } catch {
            throw .metadataMalformed
        }
        guard pairs.count <= 64, pairs.allSatisfy({ $0.key.utf8.count <= 128 && $0.value.utf8.count <= 512 }) else {
            throw .valueTooLong(limit: 512)
        }
        return pairs
    }

    /// The secret id's record, within what the role allows.
    func record(for role: RoleRecord, accessor: String, now: Timestamp) throws(AppRoleError) -> SecretIDRecord {
        guard CIDRs.lie(cidrs, in: role.secretIDCIDRs ?? []),
            CIDRs.lie(tokenCIDRs, in: role.token.parameters.boundCIDRs)
        else { throw .cidrOutsideRole }
        let seconds = seconds ?? role.secretIDSeconds
        let uses = uses ?? role.secretIDUses
        // 0 is for ever, or without end: more than any number.
        if role.secretIDSeconds > 0 && (seconds == 0 || seconds > role.secretIDSeconds) { throw .ttlAboveRole }
        if role.secretIDUses > 0 && (uses == 0 || uses > role.secretIDUses) { throw .usesAboveRole }
        return SecretIDRecord(
            accessor: accessor, created: now, seconds: min(seconds, LifeRules.longestSeconds), uses: uses, cidrs: cidrs,
            tokenCIDRs: tokenCIDRs, metadata: metadata)
    }
}
