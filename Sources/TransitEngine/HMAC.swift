internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST hmac/:name(/:algorithm)`. **Source** wire facts §4.16; checks in their order: key, version, algorithm, batch.
struct HMACCommand: Sendable {
    private static let shape = BatchShape(
        table: FieldTable("input", "batch_input", "algorithm", "key_version"),
        batch: 1, input: 0, context: -1, keyVersion: -1, associatedData: -1, nonce: -1, partialFailureCode: -1,
        inputName: "input", missingInput: nil)
    private static let head = FieldTable("algorithm", "key_version", "input", "batch_input")

    let name: KeyName
    let algorithm: DigestAlgorithm?
    let keyVersion: Int
    // Faults of the batch are told only when key, version and algorithm are good.
    private let outcome: Result<BatchWork, TransitError>

    init(_ request: EngineRequest, _ name: KeyName, algorithm: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.head, of: request)
        let stated = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "sha2-256"
        self.name = name
        self.algorithm = DigestAlgorithm(wireName: algorithm.isEmpty ? stated : algorithm.string)
        keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(1) } ?? 0
        outcome = Result { () throws(TransitError) in
            try BatchWork(request, name, Self.shape, missing: .missingHMACInput)
        }
    }

    /// The items, once everything before them is good.
    func work() throws(TransitError) -> BatchWork { try outcome.get() }
}

extension Transit {
    /// Computes HMACs from memory.
    func perform(_ command: HMACCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.name), !ring.isMissing(command.keyVersion) else {
            return .needsStorage
        }
        return .done(try hmac(command, ring, into: &body))
    }

    /// Computes HMACs, loading the key if need be.
    func performStoring(_ command: HMACCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .encryptionKeyNotFound }
        if command.keyVersion > 0 { try await catalog.load(ring.missing([command.keyVersion]), of: ring) }
        return try hmac(command, ring, into: &body)
    }

    private func hmac(
        _ command: HMACCommand, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        guard ring.settings.type.supportsHMAC else { throw .ring(.cannotHMAC(ring.settings.type)) }
        let version: KeyVersion
        do throws(KeyRingError) { version = try ring.hmacVersion(command.keyVersion) } catch {
            // In a batch, a ring that refuses to work says so in each item.
            guard error == .softDeleted, let work = try? command.work(), work.isBatch else { throw .ring(error) }
            _ = work.appendResults(failure: "", to: &body) { (_, _, _, _) throws(TransitError) in throw .ring(error) }
            return EngineReply(warnings: work.warnings)
        }
        guard let algorithm = command.algorithm else { throw .hmacAlgorithm }
        let work = try command.work()
        if work.isBatch {
            // Compatibility: failed items leave the status at 200 here.
            _ = work.appendResults(failure: "", to: &body) { (_, item, workspace, body) throws(TransitError) in
                try Self.appendHMAC(item, work, version, algorithm, &workspace, to: &body)
            }
        } else {
            var workspace = Workspace()
            body.append("{")
            try Self.appendHMAC(work.items[0], work, version, algorithm, &workspace, to: &body)
            body.append("}")
        }
        return EngineReply(warnings: work.warnings)
    }

    private static func appendHMAC(
        _ item: BatchItem, _ work: BatchWork, _ version: KeyVersion, _ algorithm: DigestAlgorithm,
        _ workspace: inout Workspace, to body: inout ByteWriter
    ) throws(TransitError) {
        if item.input.isAbsent { throw .missingHMACInput }
        do throws(KeyRingError) {
            try workspace.decodeMessage(work.texts.view(item.input))
            body.append("\"hmac\":\"")
            try version.appendHMAC(algorithm, of: workspace.currentMessage, to: &body)
            body.append("\"")
        } catch {
            if case .base64(let fault) = error { throw .inputBase64(fault) }
            throw .ring(error)
        }
    }
}
