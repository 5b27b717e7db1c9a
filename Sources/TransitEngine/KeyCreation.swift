internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// The parameters of `POST keys/:name`. **Source** wire facts §4.1, §3, §11.
enum KeyCreation {
    private static let table = FieldTable(
        "type", "derived", "convergent_encryption", "exportable", "allow_plaintext_backup", "auto_rotate_period",
        "key_size", "context", "parameter_set", "hybrid_key_type_pqc", "hybrid_key_type_ec", "external_key_ref",
        "managed_key_name", "managed_key_id")

    /// The settings of the key that is wanted.
    static func settings(_ request: EngineRequest) throws(TransitError) -> (KeySettings, warnings: [String]) {
        let parameters = try Parameters(table, of: request)
        func text(_ index: Int) throws(TransitError) -> String {
            try parameters.read { (p) throws(ParameterFault) in try p.string(index) } ?? ""
        }
        func flag(_ index: Int) throws(TransitError) -> Bool {
            try parameters.read { (p) throws(ParameterFault) in try p.bool(index) } ?? false
        }
        let typeName = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "aes256-gcm96"
        let (isDerived, isConvergent) = (try flag(1), try flag(2))
        let (isExportable, allowsBackup) = (try flag(3), try flag(4))
        let period = try parameters.read { (p) throws(ParameterFault) in try p.durationSeconds(5) } ?? 0
        let size = try parameters.read { (p) throws(ParameterFault) in try p.int(6) } ?? 0
        try KeySettings.check(autoRotateSeconds: period)
        let outside = [try text(11), try text(12), try text(13)]
        guard let type = KeyType(rawValue: typeName) else { throw .unknownKeyType(typeName) }
        if outside.contains(where: { !$0.isEmpty }) { throw .externalKeysNotSupported }
        if isConvergent && !isDerived { throw .convergentNeedsDerivation }
        var settings = KeySettings(type: type)
        (settings.isDerived, settings.isConvergent) = (isDerived, isConvergent)
        settings.keySize = try keySize(size, type)
        (settings.isExportable, settings.allowsPlaintextBackup) = (isExportable, allowsBackup)
        settings.autoRotateSeconds = period
        try settings.setParameters(set: try text(8), postQuantum: try text(9), classic: try text(10))
        return (settings, parameters.warnings(replaced: ["name"]))
    }

    private static func keySize(_ size: Int, _ type: KeyType) throws(TransitError) -> Int {
        guard case .hmac = type.family else {
            if size != 0 { throw .keySizeNotValid(type) }
            return 0
        }
        if size == 0 { return 32 }
        guard type.keyLengths?.contains(size) == true else { throw .keySizeOutOfRange(size) }
        return size
    }
}

extension KeySettings {
    /// Throws where the type cannot be derived, or not convergently.
    func checkDerivation() throws(TransitError) {
        if isDerived && !type.supportsDerivation { throw .derivationNotSupported(type) }
        if isConvergent && !type.supportsConvergence { throw .convergenceNotSupported(type) }
    }

    /// Takes the parameters that only some types have.
    mutating func setParameters(set: String, postQuantum: String, classic: String) throws(TransitError) {
        guard type.family == .postQuantum else { return }
        guard set.utf8.count <= 8 else { throw .parameterSet(type) }
        parameterSet = set
        guard mlDSA != nil else { throw .parameterSet(type) }
        guard type == .hybrid else { return }
        hybrid = HybridParts(postQuantum: postQuantum, classic: classic)
        guard postQuantum == "ml-dsa", let classicHalf, classicHalf.modulusBits == nil else { throw .hybridParts }
    }
}
