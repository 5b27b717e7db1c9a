package import Bytes

/// What is wrong with a backup blob. Names members, never what they hold.
package enum BackupFault: Error, Equatable {
    /// Nested too deep, or JSON that is no object.
    case json(JSONFault)
    /// Not JSON: a character where it cannot be.
    case invalidCharacter(UnexpectedCharacter)
    /// JSON that stops half-way.
    case unexpectedEnd
    /// An object without a policy.
    case missingPolicy
    /// A member of another kind than it has to be: text for a number, a list for an object.
    case wrongKind(BackupField)
    /// No integer, one out of range, or a list of numbers of the wrong length.
    case number(BackupField)
    /// Not base64.
    case base64(BackupField, Base64Fault)
    /// No RFC 3339 time, or one that cannot be written.
    case time(BackupField)
    /// More bytes, entries, certificates or key bytes than `BackupLimits` has.
    case tooLarge(BackupField?)
    /// A key whose material lies in another system, which cannot be written.
    case externalReference
    /// The crypto library failed.
    case cryptoUnavailable
}

/// Bounds on a backup blob.
package enum BackupLimits {
    /// Bytes of JSON.
    package static let bytes = 32 << 20
    /// Entries, live and archived together.
    package static let entries = 100_000
    /// Bytes of one symmetric key, seed or HMAC key.
    package static let keyBytes = 16 << 10
    /// Bytes of one certificate.
    package static let certificateBytes = 64 << 10
    /// Certificates in one entry.
    package static let certificates = 100
    /// Nested arrays and objects, those of unknown members included.
    package static let depth = 32
}

/// A character that cannot stand where it does. Its wire text is `invalid character <quoted> <place>`.
package struct UnexpectedCharacter: Error, Equatable {
    /// What a reader of JSON was about to read; the raw value is how clients see it put.
    package enum Place: String, Sendable {
        case value = "looking for beginning of value"
        case key = "looking for beginning of object key string"
        case afterKey = "after object key"
        case afterMember = "after object key:value pair"
        case afterElement = "after array element"
        case afterDocument = "after top-level value"
        case string = "in string literal"
        case escape = "in string escape code"
        case hexEscape = "in \\u hexadecimal character escape"
        case number = "in numeric literal"
        case fraction = "after decimal point in numeric literal"
        case exponent = "in exponent of numeric literal"
        case wordTrue = "in literal true"
        case wordFalse = "in literal false"
        case wordNull = "in literal null"
    }

    /// The byte.
    package let byte: UInt8
    /// Where it stands.
    package let place: Place
    /// In a word: the letter that had to come instead.
    package let expected: UInt8?

    /// A byte at a place.
    package init(byte: UInt8, place: Place, expected: UInt8? = nil) {
        self.byte = byte
        self.place = place
        self.expected = expected
    }

    /// The byte in single quotes, escaped where it would not show.
    package var quoted: String {
        switch byte {
        case UInt8(ascii: "'"): return "'\\''"
        case UInt8(ascii: "\\"): return "'\\\\'"
        case 0x07: return "'\\a'"
        case 0x08: return "'\\b'"
        case 0x09: return "'\\t'"
        case 0x0A: return "'\\n'"
        case 0x0B: return "'\\v'"
        case 0x0C: return "'\\f'"
        case 0x0D: return "'\\r'"
        case 0x20...0x7E, 0xA1...0xAC, 0xAE...0xFF: return "'\(Unicode.Scalar(byte))'"
        default:
            var writer = ByteWriter()
            withUnsafeBytes(of: byte) { writer.append(hex: ByteView($0)) }
            return byte < 0x80 ? "'\\x\(writer.view.string)'" : "'\\u00\(writer.view.string)'"
        }
    }
}

/// The members of a backup blob; raw values are their names there.
package enum BackupField: String, Sendable {
    case policy, name, keys, derived, kdf, exportable, type
    case imported = "Imported"
    case keySize = "key_size"
    case convergentEncryption = "convergent_encryption"
    case minDecryptionVersion = "min_decryption_version"
    case minEncryptionVersion = "min_encryption_version"
    case latestVersion = "latest_version"
    case archiveVersion = "archive_version"
    case archiveMinVersion = "archive_min_version"
    case minAvailableVersion = "min_available_version"
    case deletionAllowed = "deletion_allowed"
    case convergentVersion = "convergent_version"
    case backupInfo = "backup_info"
    case restoreInfo = "restore_info"
    case allowPlaintextBackup = "allow_plaintext_backup"
    case versionTemplate = "version_template"
    case storagePrefix = "storage_prefix"
    case autoRotatePeriod = "auto_rotate_period"
    case allowImportedKeyRotation = "AllowImportedKeyRotation"
    case softDeleted = "soft_deleted"
    case disabledVersions = "strongroom_disabled_versions"
    case usage = "strongroom_usage"
    case usageLimits = "strongroom_usage_limits"
    case parameterSet = "ParameterSet"
    case hybridConfig = "HybridConfig"
    case pqc, ec, key, time, version
    case hmacKey = "hmac_key"
    case ecX = "ec_x"
    case ecY = "ec_y"
    case ecD = "ec_d"
    case rsaKey = "rsa_key"
    case rsaPublicKey = "rsa_public_key"
    case publicKey = "public_key"
    case creationTime = "creation_time"
    case certificateChain = "certificate_chain"
    case externalKeyReference = "external_key_ref"
    case managedKeyID = "managed_key_id"
    case modulus = "N"
    case publicExponent = "E"
    case privateExponent = "D"
    case primes = "Primes"
    case precomputed = "Precomputed"
    case exponent1 = "Dp"
    case exponent2 = "Dq"
    case coefficient = "Qinv"
    case archivedKeys = "archived_keys"
}
