internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST cmac/:name(/:url_mac_length)`. **Source** wire facts §11.
struct CMACCommand: Sendable {
    private static let shape = BatchShape(
        table: FieldTable("input", "batch_input", "mac_length", "key_version"),
        batch: 1, input: 0, context: -1, keyVersion: 3, associatedData: -1, nonce: -1, partialFailureCode: -1,
        inputName: "input", missingInput: nil)

    let name: KeyName
    let keyVersion: Int
    let length: Int
    let work: BatchWork

    init(_ request: EngineRequest, _ name: KeyName, length: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.shape.table, of: request)
        self.name = name
        self.length = try Self.length(parameters, 2, url: length)
        keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(3) } ?? 0
        work = try BatchWork(request, name, Self.shape, missing: .missingCMACInput)
    }

    /// The wanted length of a code: the URL's before the body's, 0 for the whole.
    static func length(_ parameters: Parameters, _ index: Int, url: ByteView) throws(TransitError) -> Int {
        var length = try parameters.read { (p) throws(ParameterFault) in try p.int(index) } ?? 0
        if !url.isEmpty {
            guard let stated = Int(url.string) else { throw .macLength }
            length = stated
        }
        guard (0...CMACKey.codeLength).contains(length) else { throw .macLength }
        return length == 0 ? CMACKey.codeLength : length
    }
}

extension Transit {
    /// Computes CMACs from memory.
    func perform(_ command: CMACCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.name), !ring.isMissing(command.keyVersion) else {
            return .needsStorage
        }
        return .done(try cmac(command, ring, into: &body))
    }

    /// Computes CMACs, loading the key if need be.
    func performStoring(_ command: CMACCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .encryptionKeyNotFound }
        if command.keyVersion > 0 { try await catalog.load(ring.missing([command.keyVersion]), of: ring) }
        return try cmac(command, ring, into: &body)
    }

    private func cmac(
        _ command: CMACCommand, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        let work = command.work
        let version: KeyVersion
        do throws(KeyRingError) { version = try ring.hmacVersion(command.keyVersion) } catch { throw .ring(error) }
        guard case .cmac = ring.settings.type.family else { throw .ring(.cannotCMAC(ring.settings.type)) }
        if work.isBatch {
            _ = work.appendResults(failure: "", to: &body) { (_, item, workspace, body) throws(TransitError) in
                if item.input.isAbsent { throw .missingCMACInput }
                try Self.appendCMAC(item, command, version, ring.settings, &workspace, to: &body)
            }
        } else {
            var workspace = Workspace()
            body.append("{")
            try Self.appendCMAC(work.items[0], command, version, ring.settings, &workspace, to: &body)
            body.append("}")
        }
        return EngineReply(warnings: work.warnings)
    }

    private static func appendCMAC(
        _ item: BatchItem, _ command: CMACCommand, _ version: KeyVersion, _ settings: KeySettings,
        _ workspace: inout Workspace, to body: inout ByteWriter
    ) throws(TransitError) {
        try decode(item, command.work, &workspace)
        body.append("\"cmac\":\"")
        do throws(KeyRingError) {
            try version.appendCMAC(
                length: command.length, of: workspace.currentMessage, settings: settings, to: &body)
        } catch {
            throw .ring(error)
        }
        body.append("\"")
    }
}
