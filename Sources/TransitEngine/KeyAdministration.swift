internal import Bytes
internal import EngineKit
internal import KeyRings

/// Everything that is done to keys rather than with them. **Source** wire facts §4.1 to §4.8.
enum KeyCommand: Sendable {
    case create(KeyName, KeySettings, warnings: [String])
    case read(KeyName, KeyView, warnings: [String])
    case list(after: String?, limit: Int)
    case delete(KeyName)
    case configure(KeyName, KeyChanges)
    case rotate(KeyName, warnings: [String])
    case trim(KeyName, to: Int?, warnings: [String])
    case softDelete(KeyName, isDeleted: Bool)

    /// `POST keys/:name`.
    static func create(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        let (settings, warnings) = try KeyCreation.settings(request)
        return .create(name, settings, warnings: warnings)
    }

    private static let readTable = FieldTable("context", "all_versions")

    /// `GET keys/:name`.
    static func read(_ request: EngineRequest, _ name: KeyName) throws(TransitError) -> KeyCommand {
        let parameters = try Parameters(readTable, of: request)
        let texts = RequestTexts(body: request.body)
        let context = try BatchWork.text(0, parameters, texts)
        guard case .success(let context) = Base64.decode(texts.view(context)) else { throw .contextNotBase64 }
        let showsAll = try parameters.read { (p) throws(ParameterFault) in try p.bool(1) } ?? false
        return .read(
            name, KeyView(context: context, showsAll: showsAll), warnings: parameters.warnings(replaced: ["name"]))
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
    func perform(_ command: KeyCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        // A long list of versions is written by a task, not by an event loop.
        guard case .read(let name, let view, let warnings) = command, let ring = catalog.cached(name),
            ring.workingCount <= 64
        else { return .needsStorage }
        return .done(EngineReply(warnings: warnings + (try describe(ring, view, into: &body))))
    }

    /// Administers a key.
    func performStoring(_ command: KeyCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        let ring: KeyRing
        var notes: [String]
        var view = KeyView()
        switch command {
        case .list(let after, let limit): return try await list(after: after, limit: limit, into: &body)
        case .delete(let name): return try await delete(name)
        case .create(let name, let settings, let warnings):
            // Compatibility: for a key that exists, everything else that was asked for is passed over in silence.
            if try await catalog.ring(name) == nil { try settings.checkDerivation() }
            ring = try await catalog.create(name, settings: settings)
            notes = warnings
        case .read(let name, let wanted, let warnings):
            guard let known = try await catalog.ring(name) else { throw .nothingThere }
            (ring, notes, view) = (known, warnings, wanted)
            if view.showsAll {
                view.versions = try await catalog.allVersions(of: ring, from: ring.settings.minDecryptionVersion)
            }
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
        return EngineReply(warnings: notes + (try describe(ring, view, into: &body)))
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
        let rotated = try await catalog.update(name) { (ring) async throws(TransitError) in try await next(of: ring) }
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
}
