internal import Bytes

extension BackupReader {
    private static let documentMembers: Members = [("policy", .policy), ("archived_keys", .archivedKeys)]

    private static let policyMembers: Members = [
        ("name", .name), ("key_size", .keySize), ("keys", .keys), ("derived", .derived), ("kdf", .kdf),
        ("convergent_encryption", .convergentEncryption), ("exportable", .exportable),
        ("min_decryption_version", .minDecryptionVersion), ("min_encryption_version", .minEncryptionVersion),
        ("latest_version", .latestVersion), ("archive_version", .archiveVersion),
        ("archive_min_version", .archiveMinVersion), ("min_available_version", .minAvailableVersion),
        ("deletion_allowed", .deletionAllowed), ("convergent_version", .convergentVersion), ("type", .type),
        ("backup_info", .backupInfo), ("restore_info", .restoreInfo),
        ("allow_plaintext_backup", .allowPlaintextBackup), ("version_template", .versionTemplate),
        ("storage_prefix", .storagePrefix), ("auto_rotate_period", .autoRotatePeriod), ("imported", .imported),
        ("allowimportedkeyrotation", .allowImportedKeyRotation), ("soft_deleted", .softDeleted),
        ("parameterset", .parameterSet), ("hybridconfig", .hybridConfig), ("key", .key),
        ("strongroom_disabled_versions", .disabledVersions), ("strongroom_usage", .usage),
        ("strongroom_usage_limits", .usageLimits),
    ]

    private static let stampMembers: Members = [("time", .time), ("version", .version)]

    // The wire facts do not name the members of this object; these are what the key types' parameters suggest.
    private static let hybridMembers: Members = [
        ("pqc_key_type", .pqc), ("pqckeytype", .pqc), ("hybrid_key_type_pqc", .pqc), ("pqc", .pqc),
        ("ec_key_type", .ec), ("eckeytype", .ec), ("hybrid_key_type_ec", .ec), ("ec", .ec),
    ]

    /// Reads the whole blob.
    mutating func readDocument(_ draft: inout BackupDraft) throws(BackupFault) {
        guard try enterObject(.policy) else { return }
        var isFirst = true
        while let field = try nextMember(&isFirst, of: Self.documentMembers) {
            if field == .policy {
                try readPolicy(&draft)
            } else {
                draft.archived = try archive()
            }
        }
    }

    private mutating func readPolicy(_ draft: inout BackupDraft) throws(BackupFault) {
        draft.policy = nil
        draft.keys = [:]
        guard try enterObject(.policy) else { return }
        var policy = BackupPolicy()
        var isFirst = true
        while let field = try nextMember(&isFirst, of: Self.policyMembers) {
            if field == .keys {
                draft.keys = try entriesByVersion()
            } else {
                try readMember(field, of: &policy)
            }
        }
        draft.policy = consume policy
    }

    private mutating func readMember(_ field: BackupField, of policy: inout BackupPolicy) throws(BackupFault) {
        switch field {
        case .name: policy.name = try string(field)
        case .keySize: policy.keySize = try int(field)
        case .derived: policy.isDerived = try bool(field)
        case .kdf: policy.kdf = try int(field)
        case .convergentEncryption: policy.isConvergent = try bool(field)
        case .exportable: policy.isExportable = try bool(field)
        case .minDecryptionVersion: policy.minDecryptionVersion = try int(field)
        case .minEncryptionVersion: policy.minEncryptionVersion = try int(field)
        case .latestVersion: policy.latestVersion = try int(field)
        case .archiveVersion: policy.archiveVersion = try int(field)
        case .archiveMinVersion: policy.archiveMinVersion = try int(field)
        case .minAvailableVersion: policy.minAvailableVersion = try int(field)
        case .deletionAllowed: policy.allowsDeletion = try bool(field)
        case .convergentVersion: policy.convergentVersion = try int(field)
        case .type: policy.type = try int(field)
        case .backupInfo: policy.backupInfo = try stamp(field)
        case .restoreInfo: policy.restoreInfo = try stamp(field)
        case .allowPlaintextBackup: policy.allowsPlaintextBackup = try bool(field)
        case .versionTemplate: policy.versionTemplate = try string(field)
        case .storagePrefix: policy.storagePrefix = try string(field)
        case .autoRotatePeriod: policy.autoRotateNanoseconds = try int(field)
        case .imported: policy.isImported = try bool(field)
        case .allowImportedKeyRotation: policy.allowsImportedKeyRotation = try bool(field)
        case .softDeleted: policy.isSoftDeleted = try bool(field)
        case .parameterSet: policy.parameterSet = try string(field)
        case .hybridConfig: policy.hybridConfig = try hybrid(field)
        case .disabledVersions: policy.disabledVersions = try numbers(field, separators: ",")
        case .usage: policy.usage = try numbers(field, separators: ",:")
        case .usageLimits: policy.usageLimits = try numbers(field, separators: ",")
        case .key: policy.legacyKey = try secret(field)
        default: throw .wrongKind(field)
        }
    }

    // Our own members: numbers in one text, which servers that do not know them pass over.
    private mutating func numbers(_ field: BackupField, separators: String) throws(BackupFault) -> [Int] {
        let parts = try string(field).split { separators.contains($0) }
        guard parts.count <= 2 * BackupLimits.entries else { throw .tooLarge(field) }
        var numbers: [Int] = []
        for part in parts {
            guard let number = Int(part), number >= 0 else { throw .number(field) }
            numbers.append(number)
        }
        return numbers
    }

    private mutating func stamp(_ field: BackupField) throws(BackupFault) -> BackupStamp? {
        guard try enterObject(field) else { return nil }
        var stamp = BackupStamp(time: BackupEntry.noTime, version: 0)
        var isFirst = true
        while let member = try nextMember(&isFirst, of: Self.stampMembers) {
            if member == .time { stamp.time = try time(field) } else { stamp.version = try int(member) }
        }
        return stamp
    }

    private mutating func hybrid(_ field: BackupField) throws(BackupFault) -> (pqc: String, ec: String)? {
        guard try enterObject(field) else { return nil }
        var parts = (pqc: "", ec: "")
        var isFirst = true
        while let member = try nextMember(&isFirst, of: Self.hybridMembers) {
            if member == .pqc { parts.pqc = try word(member) } else { parts.ec = try word(member) }
        }
        return parts
    }

    private mutating func entriesByVersion() throws(BackupFault) -> [Int: BackupEntry] {
        var entries: [Int: BackupEntry] = [:]
        guard try enterObject(.keys) else { return entries }
        var isFirst = true
        while let name = try nextName(&isFirst) {
            // One spelling a version: "01" beside "1" would leave open which of them counts.
            guard let version = Self.int(name), version >= 0, name[0] != UInt8(ascii: "0") || name.count == 1,
                name[0] != UInt8(ascii: "-")
            else { throw .number(.keys) }
            entries[version] = try entry(.keys)
        }
        return entries
    }

    private mutating func archive() throws(BackupFault) -> [BackupEntry] {
        var entries: [BackupEntry] = []
        guard try enterObject(.archivedKeys) else { return entries }
        var isFirst = true
        while try nextMember(&isFirst, of: [("keys", .keys)]) != nil {
            entries = []
            guard try enterArray(.archivedKeys) else { continue }
            var isFirstEntry = true
            while try nextElement(&isFirstEntry) { entries.append(try entry(.archivedKeys)) }
        }
        return entries
    }
}
