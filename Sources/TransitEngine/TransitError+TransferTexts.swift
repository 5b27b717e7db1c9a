internal import Bytes
internal import EngineKit
internal import KeyRings

/// Sentences of import, export, backup and restore. **Source** wire facts §4.9, §4.10, §4.19 to §4.22, §7.3.
extension TransitError {
    var transferText: String? { importText ?? exportText ?? backupText }

    private var importText: String? {
        switch self {
        case .unknownImportType(let name): "unknown key type: \(name.shown)"
        case .wrappingHash(let name): "unknown hash function: \(name.shown)"
        case .importConvergent: "import cannot be used on keys with convergent encryption enabled"
        case .importRotation: "allow_rotation must be set to true if auto-rotation is enabled"
        case .importExists:
            "the import path cannot be used with an existing key; use import-version to rotate an existing imported key"
        case .importNotImported: "the import_version endpoint can only be used with an imported key"
        case .importVersionConvergent: "import_version cannot be used on keys with convergent encryption enabled"
        case .importVersionType: "provided type does not support importing key versions"
        case .importMissing(let name):
            "no key found with name \(name.text); to import a new key, use the import/ endpoint"
        case .importDerived(let type): "derived keys of type \(type.rawValue) cannot be imported"
        case .importDerivedPublic:
            "error importing key: unable to import only public key for derived Ed25519 key: imported key should "
                + "not be an Ed25519 key pair but is instead an HKDF key"
        case .importPublicType: "provided type does not support public_key import"
        case .importPublicTwice: "cannot add a public key to a key version that already has a public key set"
        case .importPrivateTwice: "private key imported, key version cannot be updated"
        case .importPairMismatch: "cannot import key, key pair does not match"
        case .importTooShort: "provided ciphertext is too short"
        case .importTooLong: "provided ciphertext is too long"
        case .importDecryption: "crypto/rsa: decryption error"
        case .importEphemeralKey: "expected ephemeral AES key to be 256-bit"
        case .importUnwrap: "the wrapped key could not be unwrapped: integrity check failed"
        case .importBase64(let fault): "illegal base64 data at input byte \(fault.offset)"
        case .importFault(let text): "error importing key: \(text)"
        default: nil
        }
    }

    private var exportText: String? {
        switch self {
        case .exportKind(let name): "invalid export type: \(name.shown)"
        case .exportFormat(let name): "invalid format: \(name.shown)"
        case .exportFormatHMAC: "unknown format for HMAC key; supported values are `` or `raw`"
        case .exportFormatPair(let family):
            "unknown key format for \(family) key; supported values are ``, `der`, or `pem`"
        case .exportNoChain: "selected key version does not have a certificate chain imported"
        case .notExportable: "private key material is not exportable"
        case .keyNotExportable: "key is not exportable"
        case .exportNoEncryption: "encryption not supported for the key"
        case .exportNoSigning: "signing not supported for the key"
        case .exportNoCertificates: "certificate chain not supported for keys that do not support signing"
        case .exportUnknown(let type, let kind): "unknown key type \(type.rawValue) for export type \(kind)"
        case .exportVersion: "invalid key version"
        case .exportVersionTooOld: "version for export is below minimum decryption version"
        case .exportVersionMissing: "version does not exist or cannot be found"
        case .byokNoDestination: "no such destination key to export to"
        case .byokNoSource: "no such source key for export"
        case .byokNotRSA: "unsupported key type in use; must be a rsa key"
        case .byokSoftDeleted(let side): "for \(side) key: \(KeyRingError.softDeleted.wireText)"
        // Compatibility: "requring" is the wire's own spelling (facts §4.22).
        case .byokDestinationType(let type):
            "key wrapping (requring message signing) is not supported for key type \(type.rawValue)"
        default: nil
        }
    }

    private var backupText: String? {
        switch self {
        case .backupMissing(let name): "key \"\(name.text)\" not found"
        case .backupNotExportable: "exporting is disallowed on the policy"
        case .backupNotAllowed: "plaintext backup is disallowed on the policy"
        case .restoreMissing: "'backup' must be supplied"
        case .restoreTooLarge:
            "the backup is larger than \(BackupLimits.bytes) bytes or \(BackupLimits.entries) versions"
        case .restorePath: "key names cannot be paths"
        case .restoreName: "the name of the key to be restored is not one"
        case .restoreType: "the backup holds a key of a type that is not supported"
        case .restoreTemplate: "the backup has a version_template that cannot be used"
        case .restoreExists(let name): "key \"\(name.text)\" already exists"
        case .restoreFault(let fault): fault.wireText
        case .restoreFlaw(let name, let flaw): "failed to restore the policy \"\(name.text)\": \(flaw.wireText)"
        case .restoreArchive(let name, let archive, let latest):
            "failed to restore the policy \"\(name.text)\": archive version of \(archive) is greater than the latest "
                + "version \(latest)"
        case .restoreVersion(let number): "the backup lacks the key of version \(number)"
        default: nil
        }
    }
}

extension BackupFault {
    /// The sentence that clients know.
    var wireText: String {
        switch self {
        case .json(.tooDeep(limit: let limit)): "the backup is nested deeper than \(limit) levels"
        case .json: "the backup is not a JSON object"
        case .invalidCharacter(let character):
            "invalid character \(character.quoted) \(character.place.rawValue)"
                + (character.expected.map { " (expecting '\(Unicode.Scalar($0))')" } ?? "")
        case .unexpectedEnd: "unexpected end of JSON input"
        case .missingPolicy: "the backup holds no policy"
        case .wrongKind(let field): "the backup's member \(field.rawValue) is of another kind"
        case .number(let field): "the backup's member \(field.rawValue) is no number that can be used"
        case .base64(let field, let fault):
            "the backup's member \(field.rawValue): illegal base64 data at input byte \(fault.offset)"
        case .time(let field): "the backup's member \(field.rawValue) is no time"
        case .tooLarge(let field): "the backup is too large" + (field.map { " (\($0.rawValue))" } ?? "")
        case .externalReference: "keys that are kept elsewhere are not supported"
        case .cryptoUnavailable: "the cryptographic library failed; try again"
        }
    }
}
