internal import Bytes
internal import EngineKit
internal import KeyRings

/// Everything that is done to keys rather than with them. **Source** wire facts §4.1 to §4.8.
enum KeyCommand: Sendable {
    case create(KeyName, KeySettings, warnings: [String])
    case read(KeyName, warnings: [String])
    case list(after: String?, limit: Int)
    case delete(KeyName)
    case configure(KeyName, KeyChanges)
    case rotate(KeyName, warnings: [String])
    case trim(KeyName, to: Int?, warnings: [String])
    case softDelete(KeyName, isDeleted: Bool)

    private static let createTable = FieldTable(
        "type", "derived", "convergent_encryption", "exportable", "allow_plaintext_backup", "auto_rotate_period",
        "key_size", "context")

    /// `POST keys/:name`.
    static func create(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        let parameters = try Parameters(createTable, of: request)
        let typeName = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "aes256-gcm96"
        let flags = try parameters.read { (p) throws(ParameterFault) in
            try (p.bool(1) ?? false, p.bool(2) ?? false, p.bool(3) ?? false, p.bool(4) ?? false)
        }
        let period = try parameters.read { (p) throws(ParameterFault) in try p.durationSeconds(5) } ?? 0
        let size = try parameters.read { (p) throws(ParameterFault) in try p.int(6) } ?? 0
        try KeySettings.check(autoRotateSeconds: period)
        guard let type = KeyType(rawValue: typeName) else { throw .unknownKeyType(typeName) }
        if flags.1 && !flags.0 { throw .convergentNeedsDerivation }
        if size != 0 { throw .keySizeNotValid(type) }
        var settings = KeySettings(type: type)
        (settings.isDerived, settings.isConvergent) = (flags.0, flags.1)
        (settings.isExportable, settings.allowsPlaintextBackup) = (flags.2, flags.3)
        settings.autoRotateSeconds = period
        return .create(name, settings, warnings: parameters.warnings(replaced: ["name"]))
    }

    private static let readTable = FieldTable("context")

    /// `GET keys/:name`.
    static func read(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        let parameters = try Parameters(readTable, of: request)
        let texts = RequestTexts(body: request.body)
        let context = try BatchWork.text(0, parameters, texts)
        if case .failure = Base64.decode(texts.view(context)) { throw .contextNotBase64 }
        return .read(name, warnings: parameters.warnings(replaced: ["name"]))
    }

    private static let listTable = FieldTable("after", "limit")

    /// `LIST keys`.
    static func list(_ request: EngineRequest) throws(TransitError) -> KeyCommand {
        let parameters = try Parameters(listTable, of: request)
        let after = try parameters.read { (p) throws(ParameterFault) in try p.string(0) }
        let limit = try parameters.read { (p) throws(ParameterFault) in try p.int(1) } ?? 0
        return .list(after: after, limit: limit > 0 ? limit : .max)
    }

    private static let trimTable = FieldTable("min_available_version")
    private static let noTable = FieldTable()

    /// `POST keys/:name/trim`.
    static func trim(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        let parameters = try Parameters(trimTable, of: request)
        let version = try parameters.read { (p) throws(ParameterFault) in try p.int(0) }
        return .trim(name, to: version, warnings: parameters.warnings(replaced: ["name"]))
    }

    /// `POST keys/:name/rotate`.
    static func rotate(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        .rotate(name, warnings: try Parameters(noTable, of: request).warnings(replaced: ["name"]))
    }
}

extension Transit {
    /// Reads a key from memory; everything else needs storage.
    func perform(_ command: KeyCommand, into body: inout ByteWriter) -> Handling {
        // A long list of versions is written by a task, not by an event loop.
        guard case .read(let name, let warnings) = command, let ring = catalog.cached(name), ring.versions.count <= 64
        else { return .needsStorage }
        ring.description.write(into: &body)
        return .done(EngineReply(warnings: warnings))
    }

    /// Administers a key.
    func performStoring(_ command: KeyCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        let ring: KeyRing
        var notes: [String]
        switch command {
        case .list(let after, let limit): return try await list(after: after, limit: limit, into: &body)
        case .delete(let name): return try await delete(name)
        case .create(let name, let settings, let warnings):
            ring = try await catalog.create(name, settings: settings)
            notes = warnings
        case .read(let name, let warnings):
            guard let known = try await catalog.ring(name) else { throw .nothingThere }
            (ring, notes) = (known, warnings)
        case .configure(let name, let changes):
            ring = try await configure(name, changes)
            notes = changes.warnings
        case .rotate(let name, let warnings):
            (ring, notes) = (try await rotate(name), warnings)
        case .trim(let name, let version, let warnings):
            (ring, notes) = (try await trim(name, to: version), warnings)
        case .softDelete(let name, let isDeleted):
            guard let (changed, warnings) = try await softDelete(name, isDeleted) else { return .noContent }
            (ring, notes) = (changed, warnings)
        }
        noteRotation(of: ring)
        ring.description.write(into: &body)
        return EngineReply(warnings: notes)
    }

    private func list(after: String?, limit: Int, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        let names = try await catalog.names(after: after, limit: limit)
        if names.isEmpty { throw .nothingThere }
        JSON.object(["keys": .array(names.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }

    private func delete(_ name: KeyName) async throws(TransitError) -> EngineReply {
        let existed = try await catalog.delete(name) { (ring) throws(TransitError) in
            if !ring.settings.allowsDeletion { throw .deletionNotAllowed(name) }
        }
        guard existed else { throw .keyToDeleteNotFound(name) }
        forgetRotation(of: name)
        return .noContent
    }

    private func rotate(_ name: KeyName) async throws(TransitError) -> KeyRing {
        let rotated = try await catalog.update(name) { (ring) throws(TransitError) in
            do throws(KeyRingError) { return try ring.rotated(nowUnixSeconds: now()) } catch { throw .ring(error) }
        }
        guard let rotated else { throw .keyToRotateNotFound }
        return rotated
    }

    private func trim(_ name: KeyName, to version: Int?) async throws(TransitError) -> KeyRing {
        let trimmed = try await catalog.update(name) { (ring) throws(TransitError) in
            guard let version else { throw .trimVersionMissing }
            let settings = ring.settings
            if version < settings.minAvailableVersion { throw .trimDecremented }
            if settings.minEncryptionVersion == 0 { throw .trimWithoutMinEncryption }
            if settings.minDecryptionVersion == 0 { throw .trimWithoutMinDecryption }
            if version > settings.minEncryptionVersion { throw .trimAboveMinEncryption }
            if version > settings.minDecryptionVersion { throw .trimAboveMinDecryption }
            if version < 0 { throw .trimNegative }
            if version == 0 { throw .trimNotPositive }
            var next = settings
            next.minAvailableVersion = version
            return try ring.changed(to: next)
        }
        guard let trimmed else { throw .keyToTrimNotFound }
        return trimmed
    }

    private func softDelete(
        _ name: KeyName, _ isDeleted: Bool
    ) async throws(TransitError) -> (KeyRing, warnings: [String])? {
        var warnings: [String] = []
        let changed = try await catalog.update(name) { (ring) throws(TransitError) in
            warnings = []
            if ring.settings.isSoftDeleted == isDeleted {
                warnings = [isDeleted ? "key was already marked as soft deleted" : "key was already restored"]
                return ring
            }
            var next = ring.settings
            next.isSoftDeleted = isDeleted
            return try ring.changed(to: next)
        }
        return changed.map { ($0, warnings) }
    }
}

extension KeyRing {
    /// The next picture with these settings, or this one when they are the same.
    func changed(to settings: KeySettings) throws(TransitError) -> KeyRing {
        if settings == self.settings { return self }
        do throws(KeyRingError) { return try with(settings) } catch { throw .ring(error) }
    }

    /// The key object of the wire. **Source** wire facts §4.2; `usage` and `usage_limits` are our own.
    var description: JSON {
        var members: [String: JSON] = [
            "name": .string(name.text), "type": .string(settings.type.rawValue), "derived": .bool(settings.isDerived),
            "deletion_allowed": .bool(settings.allowsDeletion), "exportable": .bool(settings.isExportable),
            "allow_plaintext_backup": .bool(settings.allowsPlaintextBackup),
            "min_available_version": .int(settings.minAvailableVersion),
            "min_decryption_version": .int(settings.minDecryptionVersion),
            "min_encryption_version": .int(settings.minEncryptionVersion),
            "latest_version": .int(settings.latestVersion), "supports_encryption": .bool(true),
            "supports_decryption": .bool(true), "supports_signing": .bool(false), "supports_derivation": .bool(true),
            "auto_rotate_period": .int(settings.autoRotateSeconds), "imported_key": .bool(false),
            "soft_deleted": .bool(settings.isSoftDeleted),
        ]
        var times: [String: JSON] = [:]
        var usage: [String: JSON] = [:]
        for version in workingSet {
            times[String(version.number)] = .int(version.createdUnixSeconds)
            usage[String(version.number)] = .int(Int(clamping: version.usage.messages))
        }
        (members["keys"], members["usage"]) = (.object(times), .object(usage))
        if settings.isDerived {
            members["kdf"] = .string("hkdf_sha256")
            members["convergent_encryption"] = .bool(settings.isConvergent)
        }
        if settings.isConvergent { members["convergent_encryption_version"] = .int(-1) }
        if settings.isBoundByNonces {
            let limits = settings.usageLimits
            members["usage_limits"] = .object([
                "warn": .int(limits.warn), "rotate": .int(limits.rotate), "refuse": .int(limits.refuse),
            ])
        }
        return .object(members)
    }
}
