internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST rewrap/:name`: decrypts and encrypts again under a newer version. **Source** wire facts §4.14.
///
/// Beyond the field's servers, `associated_data` is taken, so that ciphertexts with it can be rewrapped too.
struct RewrapCommand: Sendable {
    private static let shape = BatchShape(
        table: FieldTable(
            "ciphertext", "batch_input", "context", "key_version", "associated_data", "nonce",
            "decrypt_padding_scheme", "encrypt_padding_scheme", "hash_algorithm"),
        batch: 1, input: 0, context: 2, keyVersion: 3, associatedData: 4, nonce: 5, partialFailureCode: -1,
        inputName: "ciphertext", missingInput: nil)

    let work: BatchWork

    init(_ request: EngineRequest, _ name: KeyName) throws(TransitError) {
        var work = try BatchWork(request, name, Self.shape, missing: .missingCiphertext)
        work.padding = try BatchWork.padding(work.parameters, scheme: 6, hash: 8)
        work.resealPadding = try BatchWork.padding(work.parameters, scheme: 7, hash: 8)
        self.work = work
        if !work.isBatch && work.items[0].input.isBlank { throw .missingCiphertext }
    }
}

extension BatchWork {
    /// Opens one item and seals it anew.
    @inline(__always)
    func appendRewrapped(
        _ index: Int, _ item: BatchItem, _ ring: KeyRing, _ grant: UsageGrant, _ workspace: inout Workspace,
        to body: inout ByteWriter
    ) throws(TransitError) {
        do throws(TransitError) {
            try open(index, item, ring, &workspace)
            do throws(KeyRingError) {
                try appendResealed(index, item, ring, grant, workspace: &workspace, to: &body)
            } catch {
                throw .ring(error)
            }
        } catch {
            grant.giveBack(item.keyVersion)
            throw error
        }
    }
}

extension Transit {
    /// Rewraps from memory.
    func perform(_ command: RewrapCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.work.name), !ring.settings.type.isRSA,
            command.work.missingCiphertextVersions(ring).isEmpty,
            let grant = UsageGrant(ring, command.work)
        else {
            return .needsStorage
        }
        return .done(try rewrap(command.work, ring, grant, into: &body))
    }

    /// Rewraps, loading the key and reserving messages as needed.
    func performStoring(_ command: RewrapCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        let work = command.work
        let (ring, grant) = try await granted(work) { () throws(TransitError) in throw .encryptionKeyNotFound }
        try await catalog.load(work.missingCiphertextVersions(ring), of: ring)
        guard work.isBatch, ring.settings.type.supportsEncryption else {
            return try rewrap(work, ring, grant, into: &body)
        }
        _ = await work.appendResultsInParallel(
            failure: "", leastItems: ring.settings.type.isRSA ? 2 : nil, to: &body
        ) {
            (index, item, workspace, body) throws(TransitError) in
            try work.appendRewrapped(index, item, ring, grant, &workspace, to: &body)
        }
        return EngineReply(warnings: work.warnings + finish(ring, grant))
    }

    private func rewrap(
        _ work: BatchWork, _ ring: KeyRing, _ grant: UsageGrant, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        guard ring.settings.type.supportsEncryption else {
            _ = try work.refuse(.cannotDecrypt(ring.settings.type), failure: "", to: &body)
            return EngineReply(warnings: work.warnings)
        }
        if work.isBatch {
            // Compatibility: failed items leave the status at 200 here, wire facts §4.14.
            _ = work.appendResults(failure: "", to: &body) { (index, item, workspace, body) throws(TransitError) in
                try work.appendRewrapped(index, item, ring, grant, &workspace, to: &body)
            }
        } else {
            var workspace = Workspace()
            body.append("{")
            try work.appendRewrapped(0, work.items[0], ring, grant, &workspace, to: &body)
            body.append("}")
        }
        return EngineReply(warnings: work.warnings + finish(ring, grant))
    }
}
