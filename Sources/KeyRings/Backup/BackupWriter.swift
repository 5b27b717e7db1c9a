internal import Bytes
internal import Primitives

/// Writes backup blobs in the member order of the field's newer servers. **Source** wire facts §6.
enum BackupWriter {
    static func write(_ blob: BackupBlob, into output: inout ByteWriter) throws(BackupFault) {
        output.append("{\"policy\":{")
        try write(blob.policy, keys: blob.keys, &output)
        output.append("},\"archived_keys\":{\"keys\":[")
        var isFirst = true
        for entry in blob.archived {
            if !isFirst { output.append(",") }
            isFirst = false
            try write(entry, &output)
        }
        output.append("]}}\n")
    }

    private static func write(
        _ policy: borrowing BackupPolicy, keys: [Int: BackupEntry], _ output: inout ByteWriter
    ) throws(BackupFault) {
        output.append("\"name\":")
        output.append(jsonString: policy.name)
        if policy.keySize != 0 { member("key_size", policy.keySize, &output) }
        if policy.legacyKey != nil { secret("key", policy.legacyKey, &output) }
        output.append(",\"keys\":{")
        // Names are in the order of text, as the field's servers write maps: 1, 10, 2.
        var isFirst = true
        for (name, entry) in keys.map({ (String($0.key), $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            if !isFirst { output.append(",") }
            isFirst = false
            output.append(jsonString: name)
            output.append(":")
            try write(entry, &output)
        }
        output.append("}")
        member("derived", policy.isDerived, &output)
        member("kdf", policy.kdf, &output)
        member("convergent_encryption", policy.isConvergent, &output)
        member("exportable", policy.isExportable, &output)
        member("min_decryption_version", policy.minDecryptionVersion, &output)
        member("min_encryption_version", policy.minEncryptionVersion, &output)
        member("latest_version", policy.latestVersion, &output)
        member("archive_version", policy.archiveVersion, &output)
        member("archive_min_version", policy.archiveMinVersion, &output)
        member("min_available_version", policy.minAvailableVersion, &output)
        member("deletion_allowed", policy.allowsDeletion, &output)
        member("convergent_version", policy.convergentVersion, &output)
        member("type", policy.type, &output)
        try stamp("backup_info", .backupInfo, policy.backupInfo, &output)
        try stamp("restore_info", .restoreInfo, policy.restoreInfo, &output)
        member("allow_plaintext_backup", policy.allowsPlaintextBackup, &output)
        member("version_template", policy.versionTemplate, &output)
        member("storage_prefix", policy.storagePrefix, &output)
        member("auto_rotate_period", policy.autoRotateNanoseconds, &output)
        member("Imported", policy.isImported, &output)
        member("AllowImportedKeyRotation", policy.allowsImportedKeyRotation, &output)
        member("soft_deleted", policy.isSoftDeleted, &output)
        if !policy.parameterSet.isEmpty { member("ParameterSet", policy.parameterSet, &output) }
        if let hybrid = policy.hybridConfig { write(hybrid, &output) }
        if !policy.disabledVersions.isEmpty {
            member("strongroom_disabled_versions", text(policy.disabledVersions, pairs: false), &output)
        }
        if !policy.usage.isEmpty { member("strongroom_usage", text(policy.usage, pairs: true), &output) }
        if !policy.usageLimits.isEmpty {
            member("strongroom_usage_limits", text(policy.usageLimits, pairs: false), &output)
        }
    }

    private static func text(_ numbers: [Int], pairs: Bool) -> String {
        var text = ""
        for (index, number) in numbers.enumerated() {
            if index > 0 { text += pairs && index % 2 == 1 ? ":" : "," }
            text += String(number)
        }
        return text
    }

    private static func write(_ hybrid: (pqc: String, ec: String), _ output: inout ByteWriter) {
        output.append(",\"HybridConfig\":{\"pqc_key_type\":")
        word(hybrid.pqc, &output)
        output.append(",\"ec_key_type\":")
        word(hybrid.ec, &output)
        output.append("}")
    }

    private static func write(_ entry: BackupEntry, _ output: inout ByteWriter) throws(BackupFault) {
        guard !entry.hasExternalReference else { throw .externalReference }
        output.append("{\"key\":")
        base64(entry.key, &output)
        secret("hmac_key", entry.hmacKey, &output)
        output.append(",\"time\":")
        try time(entry.time, .time, &output)
        try number("ec_x", .ecX, entry.ecX, &output)
        try number("ec_y", .ecY, entry.ecY, &output)
        try secretNumber("ec_d", .ecD, entry.ecD, &output)
        output.append(",\"rsa_key\":")
        try write(entry.rsa, &output)
        output.append(",\"rsa_public_key\":")
        if let half = entry.rsaPublic {
            output.append("{")
            try write(half, &output)
            output.append("}")
        } else {
            output.append("null")
        }
        member("public_key", entry.publicKey, &output)
        member("convergent_version", entry.convergentVersion, &output)
        member("creation_time", entry.creationUnixSeconds, &output)
        write(entry.certificateChain, &output)
        output.append(",\"external_key_ref\":null}")
    }

    private static func write(_ chain: [[UInt8]], _ output: inout ByteWriter) {
        output.append(",\"certificate_chain\":")
        guard !chain.isEmpty else { return output.append("null") }
        for (index, certificate) in chain.enumerated() {
            output.append(index == 0 ? "[\"" : ",\"")
            certificate.withUnsafeBytes { output.append(base64: ByteView($0)) }
            output.append("\"")
        }
        output.append("]")
    }

    private static func write(_ rsa: BackupRSAKey?, _ output: inout ByteWriter) throws(BackupFault) {
        guard let rsa else { return output.append("null") }
        output.append("{")
        try write(rsa.publicHalf, &output)
        try secretNumber("D", .privateExponent, rsa.privateExponent, &output)
        output.append(",\"Primes\":")
        if rsa.prime1 == nil, rsa.prime2 == nil {
            output.append("null")
        } else {
            output.append("[")
            try decimal(rsa.prime1, .primes, &output)
            output.append(",")
            try decimal(rsa.prime2, .primes, &output)
            output.append("]")
        }
        output.append(",\"Precomputed\":{\"Dp\":")
        try decimal(rsa.exponent1, .exponent1, &output)
        try secretNumber("Dq", .exponent2, rsa.exponent2, &output)
        try secretNumber("Qinv", .coefficient, rsa.coefficient, &output)
        output.append(",\"CRTValues\":[]}}")
    }

    private static func write(_ half: BackupRSAPublicKey, _ output: inout ByteWriter) throws(BackupFault) {
        output.append("\"N\":")
        try decimal(half.modulus, .modulus, &output)
        output.append(",\"E\":")
        try decimal(half.publicExponent, .publicExponent, &output)
    }
}

// MARK: - Members, each with the comma in front of it

extension BackupWriter {
    private static func begin(_ name: StaticString, _ output: inout ByteWriter) {
        output.append(",\"")
        output.append(name)
        output.append("\":")
    }

    private static func member(_ name: StaticString, _ value: Bool, _ output: inout ByteWriter) {
        begin(name, &output)
        output.append(value ? "true" : "false")
    }

    private static func member(_ name: StaticString, _ value: Int, _ output: inout ByteWriter) {
        begin(name, &output)
        output.append(decimal: value)
    }

    private static func member(_ name: StaticString, _ value: String, _ output: inout ByteWriter) {
        begin(name, &output)
        output.append(jsonString: value)
    }

    private static func secret(_ name: StaticString, _ value: borrowing SecretBytes?, _ output: inout ByteWriter) {
        begin(name, &output)
        base64(value, &output)
    }

    private static func number(
        _ name: StaticString, _ field: BackupField, _ value: [UInt8]?, _ output: inout ByteWriter
    ) throws(BackupFault) {
        begin(name, &output)
        guard let value else { return output.append("null") }
        try decimal(value, field, &output)
    }

    private static func secretNumber(
        _ name: StaticString, _ field: BackupField, _ value: borrowing SecretBytes?, _ output: inout ByteWriter
    ) throws(BackupFault) {
        begin(name, &output)
        try decimal(value, field, &output)
    }

    private static func stamp(
        _ name: StaticString, _ field: BackupField, _ stamp: BackupStamp?, _ output: inout ByteWriter
    ) throws(BackupFault) {
        begin(name, &output)
        guard let stamp else { return output.append("null") }
        output.append("{\"time\":")
        try time(stamp.time, field, &output)
        member("version", stamp.version, &output)
        output.append("}")
    }

    // MARK: - Values

    private static func base64(_ value: borrowing SecretBytes?, _ output: inout ByteWriter) {
        switch value {
        case nil: output.append("null")
        case .some(let secret):
            output.append("\"")
            secret.exposing { output.append(base64: $0) }
            output.append("\"")
        }
    }

    private static func decimal(
        _ value: borrowing SecretBytes?, _ field: BackupField, _ output: inout ByteWriter
    ) throws(BackupFault) {
        switch value {
        case nil: output.append("null")
        case .some(let secret):
            try secret.exposing { (bytes) throws(BackupFault) in try decimal(bytes, field, &output) }
        }
    }

    private static func decimal(
        _ value: [UInt8], _ field: BackupField, _ output: inout ByteWriter
    ) throws(BackupFault) {
        try value.withUnsafeBufferPointer { (buffer) throws(BackupFault) in
            try decimal(ByteView(UnsafeRawBufferPointer(buffer)), field, &output)
        }
    }

    private static func decimal(
        _ value: ByteView, _ field: BackupField, _ output: inout ByteWriter
    ) throws(BackupFault) {
        do {
            try output.append(decimalOf: value)
        } catch {
            throw error == .invalidNumbers ? .number(field) : .cryptoUnavailable
        }
    }

    private static func time(
        _ time: (seconds: Int, nanoseconds: Int), _ field: BackupField, _ output: inout ByteWriter
    ) throws(BackupFault) {
        output.append("\"")
        guard TimestampText.append(seconds: time.seconds, nanoseconds: time.nanoseconds, to: &output) else {
            throw .time(field)
        }
        output.append("\"")
    }

    /// A name as a string, a number bare: as it was read.
    private static func word(_ text: String, _ output: inout ByteWriter) {
        if let number = Int(text), String(number) == text {
            output.append(decimal: number)
        } else {
            output.append(jsonString: text)
        }
    }
}
