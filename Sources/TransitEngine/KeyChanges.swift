internal import Bytes
internal import EngineKit
internal import KeyRings

/// The parameters of `POST keys/:name/config`; nil leaves a setting as it is. **Source** wire facts §4.5.
struct KeyChanges: Sendable {
    private static let table = FieldTable(
        "min_decryption_version", "min_encryption_version", "deletion_allowed", "exportable",
        "allow_plaintext_backup", "auto_rotate_period", "usage_warn", "usage_rotate", "usage_refuse",
        "disabled_versions")

    private let minDecryption: Int?
    private let minEncryption: Int?
    private let deletionAllowed: Bool?
    private let exportable: Bool?
    private let plaintextBackup: Bool?
    private let autoRotateSeconds: Int?
    private let usage: (warn: Int?, rotate: Int?, refuse: Int?)
    private let disabled: [Int]?
    let warnings: [String]

    init(_ request: EngineRequest) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        (minDecryption, minEncryption) = try parameters.read { (p) throws(ParameterFault) in
            (try p.int(0), try p.int(1))
        }
        (deletionAllowed, exportable, plaintextBackup) = try parameters.read { (p) throws(ParameterFault) in
            (try p.bool(2), try p.bool(3), try p.bool(4))
        }
        autoRotateSeconds = try parameters.read { (p) throws(ParameterFault) in try p.durationSeconds(5) }
        usage = try parameters.read { (p) throws(ParameterFault) in (try p.int(6), try p.int(7), try p.int(8)) }
        disabled = try parameters.versionList(9)
        var notes = parameters.warnings(replaced: ["name"])
        if minDecryption == 0 {
            notes.append("since Vault 0.3, transit key numbering starts at 1; forcing minimum to 1")
        }
        warnings = notes
    }

    /// The settings after the changes, checked in the wire's order.
    func apply(to settings: KeySettings) throws(TransitError) -> KeySettings {
        var next = settings
        if let minDecryption {
            if minDecryption < 0 { throw .minDecryptionNegative }
            if minDecryption > settings.latestVersion {
                throw .minDecryptionAboveLatest(minDecryption, latest: settings.latestVersion)
            }
            next.minDecryptionVersion = max(minDecryption, 1)
        }
        if let minEncryption {
            if minEncryption < 0 { throw .minEncryptionNegative }
            if minEncryption > settings.latestVersion {
                throw .minEncryptionAboveLatest(minEncryption, latest: settings.latestVersion)
            }
            next.minEncryptionVersion = minEncryption
        }
        if next.minEncryptionVersion > 0 && next.minEncryptionVersion < next.minDecryptionVersion {
            throw .minEncryptionBelowDecryption(next.minEncryptionVersion, decryption: next.minDecryptionVersion)
        }
        if let deletionAllowed { next.allowsDeletion = deletionAllowed }
        // Compatibility: these two only ever go from false to true; false is passed over in silence.
        if exportable == true { next.isExportable = true }
        if plaintextBackup == true { next.allowsPlaintextBackup = true }
        if let autoRotateSeconds {
            try KeySettings.check(autoRotateSeconds: autoRotateSeconds)
            next.autoRotateSeconds = autoRotateSeconds
        }
        next.usageLimits = try limits(from: settings.usageLimits)
        if let disabled {
            let isSound = disabled.allSatisfy { $0 >= 1 && $0 < settings.latestVersion }
            guard isSound, disabled.count <= KeyRing.residentLimit else { throw .disabledVersions }
            next.disabledVersions = Set(disabled).sorted()
        }
        if next != settings {
            if next.minAvailableVersion > next.minEncryptionVersion { throw .minEncryptionBelowAvailable }
            if next.minAvailableVersion > next.minDecryptionVersion { throw .minDecryptionBelowAvailable }
        }
        return next
    }

    private func limits(from old: UsageLimits) throws(TransitError) -> UsageLimits {
        var next = old
        next.refuse = usage.refuse ?? old.refuse
        // A lower refusal pulls the other two down with it, unless the request sets them itself.
        next.warn = usage.warn ?? min(old.warn, next.refuse)
        next.rotate = usage.rotate ?? min(old.rotate, next.refuse)
        let isSound =
            next.refuse >= 1 && next.refuse <= UsageLimits().refuse && (0...next.refuse).contains(next.warn)
            && (0...next.refuse).contains(next.rotate)
        guard isSound else { throw .usageLimitsInvalid }
        return next
    }
}

extension Parameters {
    /// A list of versions: an array of integers, or such a text with commas; nil when absent, none when null.
    fileprivate func versionList(_ index: Int) throws(TransitError) -> [Int]? {
        let value = self[index]
        switch value.kind {
        case .absent: return nil
        case .null: return []
        case .array: break
        default:
            let text = try read { (p) throws(ParameterFault) in try p.string(index) } ?? ""
            let numbers = text.split(separator: ",").map { Int($0) }
            guard numbers.allSatisfy({ $0 != nil }) else { throw .disabledVersions }
            return numbers.compactMap { $0 }
        }
        var versions: [Int] = []
        do throws(JSONFault) {
            var scanner = JSONScanner(raw(value), depthLimit: 4)
            try scanner.enter()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                let element = try scanner.scanValue()
                let isText = element.kind == .number || element.kind == .string
                guard isText, let number = Int(raw(value).slice(element.offset, element.count).string) else {
                    throw .notAnObject
                }
                versions.append(number)
            }
        } catch {
            throw .disabledVersions
        }
        return versions
    }
}

extension KeySettings {
    /// The field stores periods in nanoseconds, in 64 bits.
    static let longestPeriodSeconds = Int.max / 1_000_000_000

    /// Throws for a period that is neither 0 nor between an hour and 292 years.
    static func check(autoRotateSeconds period: Int) throws(TransitError) {
        if period != 0 && period < 3600 { throw .autoRotateTooShort }
        if period > longestPeriodSeconds { throw .autoRotateTooLong }
    }
}

extension Transit {
    /// Changes a key's settings.
    func configure(_ name: KeyName, _ changes: KeyChanges) async throws(TransitError) -> KeyRing {
        let changed = try await catalog.update(name) { (ring) throws(TransitError) in
            try ring.changed(to: try changes.apply(to: ring.settings))
        }
        guard let changed else { throw .keyToConfigureNotFound(name) }
        return changed
    }
}
