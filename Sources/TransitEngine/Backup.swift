internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `GET backup/:name` and `POST restore(/:name)`. **Source** wire facts §4.19, §4.20, §6.
struct RestoreCommand: Sendable {
    private static let table = FieldTable("backup", "force", "name")
    // A blob and its base64.
    private static let most = BackupLimits.bytes / 3 * 4 + 4

    /// The name of the URL; empty for the one in the blob.
    let name: String
    let isForced: Bool
    let text: TextRef
    let texts: RequestTexts

    init(_ request: EngineRequest, name: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        texts = RequestTexts(body: request.body)
        text = try BatchWork.text(0, parameters, texts)
        isForced = try parameters.read { (p) throws(ParameterFault) in try p.bool(1) } ?? false
        self.name = name.string
        if text.isBlank { throw .restoreMissing }
        if texts.view(text).count > Self.most { throw .restoreTooLarge }
    }
}

extension Transit {
    /// Restores a ring.
    func performStoring(
        _ command: RestoreCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        var json = ByteWriter()
        do throws(Base64Fault) { try json.replace(with: command.texts.view(command.text)) } catch {
            throw .importBase64(error)
        }
        let blob: BackupBlob
        do throws(BackupFault) { blob = try BackupBlob(json: json.view) } catch { throw .restoreFault(error) }
        // Compatibility: a name in the URL may hold a slash, in which case this is what is said (wire facts §4.20).
        if command.name.contains("/") { throw .restorePath }
        let text = command.name.isEmpty ? blob.policy.name : command.name
        guard let name = KeyName(text: text) else { throw .restoreName }
        // Before the numbers of RSA keys are checked, which takes its time.
        if !command.isForced, try await catalog.ring(name) != nil { throw .restoreExists(name) }
        let now = moment
        // The numbers of many RSA keys take their time.
        let restored = try await SlowWork.run { () throws(TransitError) in
            try RestoredRing(blob, name: name, now: now)
        }
        let ring = try await catalog.put(name) { (known) throws(TransitError) in
            if known != nil && !command.isForced { throw .restoreExists(name) }
            return try restored.ring(replacing: known)
        }
        forgetRotation(of: name)
        noteRotation(of: ring)
        return .noContent
    }

    /// Backs a ring up: all its versions, in plaintext.
    func backup(_ name: KeyName, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        let now = moment
        let ring = try await catalog.update(name) { (ring) throws(TransitError) in
            if ring.settings.isSoftDeleted { throw .ring(.softDeleted) }
            if !ring.settings.isExportable { throw .backupNotExportable }
            if !ring.settings.allowsPlaintextBackup { throw .backupNotAllowed }
            var next = ring.settings
            next.backup = BackupMark(moment: now, version: next.latestVersion)
            return try ring.changed(to: next)
        }
        guard let ring else { throw .backupMissing(name) }
        let versions = try await catalog.allVersions(of: ring, from: ring.settings.firstVersion)
        let blob = try BackedUpRing(ring, versions).blob()
        var json = ByteWriter(capacity: 4096)
        do throws(BackupFault) { try blob.write(into: &json) } catch { throw .restoreFault(error) }
        body.append("{\"backup\":\"")
        body.append(base64: json.view)
        body.append("\"}")
        return EngineReply()
    }
}
