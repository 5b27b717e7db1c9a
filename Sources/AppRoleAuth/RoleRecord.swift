internal import Bytes
internal import EngineKit

/// A role. **Layout** format 1, in the order of the properties.
struct RoleRecord: Sendable {
    static let folder = "role/"
    static func path(_ name: RoleName) -> String { folder + name.text }

    /// Names the folders of its secret ids: random, so that a role that comes back has none of the old ones.
    let uid: String
    var roleID: String
    var bindsSecretID = true
    var hasLocalSecretIDs = false
    /// Sources that secret ids work from; nil as long as nobody said.
    var secretIDCIDRs: [String]?
    /// Logins that a secret id is good for; 0 for any number.
    var secretIDUses = 0
    /// **Units** seconds; 0 for ever.
    var secretIDSeconds = 0
    var token = TokenSettings()

    init(uid: String, roleID: String) {
        self.uid = uid
        self.roleID = roleID
    }

    /// Whether something at all restricts who logs in.
    var isConstrained: Bool {
        bindsSecretID || !(secretIDCIDRs ?? []).isEmpty || !token.parameters.boundCIDRs.isEmpty
    }

    var members: [String: JSON] {
        var members = token.members
        members["bind_secret_id"] = .bool(bindsSecretID)
        members["local_secret_ids"] = .bool(hasLocalSecretIDs)
        members["secret_id_bound_cidrs"] = secretIDCIDRs.map { .array($0.map { .string($0) }) } ?? .null
        members["secret_id_num_uses"] = .int(secretIDUses)
        members["secret_id_ttl"] = .int(secretIDSeconds)
        return members
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: uid)
        writer.put(text: roleID)
        writer.put(bindsSecretID)
        writer.put(hasLocalSecretIDs)
        writer.put(secretIDCIDRs != nil)
        writer.put(texts: secretIDCIDRs ?? [])
        writer.put(secretIDUses)
        writer.put(secretIDSeconds)
        token.put(into: &writer)
        return writer.record
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        uid = try reader.text()
        roleID = try reader.text()
        bindsSecretID = try reader.bool()
        hasLocalSecretIDs = try reader.bool()
        let isSet = try reader.bool()
        let cidrs = try reader.texts()
        secretIDCIDRs = isSet ? cidrs : nil
        secretIDUses = try reader.int()
        secretIDSeconds = try reader.int()
        token = try TokenSettings(from: &reader)
    }
}
