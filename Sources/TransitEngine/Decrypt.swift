internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST decrypt/:name`. **Source** wire facts §4.13.
struct DecryptCommand: Sendable {
    private static let shape = BatchShape(
        table: FieldTable(
            "ciphertext", "batch_input", "context", "associated_data", "nonce", "partial_failure_response_code",
            "padding_scheme", "hash_algorithm"),
        batch: 1, input: 0, context: 2, keyVersion: -1, associatedData: 3, nonce: 4, partialFailureCode: 5,
        inputName: "ciphertext", missingInput: "missing ciphertext to decrypt")

    let work: BatchWork

    init(_ request: EngineRequest, _ name: KeyName) throws(TransitError) {
        var work = try BatchWork(request, name, Self.shape, missing: .missingCiphertext)
        work.padding = try BatchWork.padding(work.parameters, scheme: 6, hash: 7)
        self.work = work
        if !work.isBatch && work.items[0].input.isBlank { throw .missingCiphertext }
    }
}

extension BatchWork {
    /// Opens one item into the workspace's message.
    @inline(__always)
    func open(_ index: Int, _ item: BatchItem, _ ring: KeyRing, _ workspace: inout Workspace) throws(TransitError) {
        if item.input.isBlank { throw .missingCiphertext }
        do throws(KeyRingError) {
            try workspace.decodeContext(texts.view(item.context))
            if item.hasNonce { throw .nonceNotAllowed }
            let hasData = !item.associatedData.isBlank
            if hasData {
                guard ring.settings.type.cipher != nil else {
                    throw .associatedDataNotSupported(item: index, ring.settings.type)
                }
                try workspace.decodeAssociatedData(texts.view(item.associatedData), item: index)
            }
            workspace.rsaPadding = padding
            try ring.open(texts.view(item.input), &workspace, isAuthenticatingData: hasData)
        } catch {
            throw .ring(error)
        }
    }

    /// Opens one item and appends `"plaintext":"…"`.
    @inline(__always)
    func appendOpened(
        _ index: Int, _ item: BatchItem, _ ring: KeyRing, _ workspace: inout Workspace, to body: inout ByteWriter
    ) throws(TransitError) {
        try open(index, item, ring, &workspace)
        body.append("\"plaintext\":\"")
        body.append(base64: workspace.currentMessage)
        body.append("\"")
    }
}

extension Transit {
    /// Decrypts from memory.
    func perform(_ command: DecryptCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.work.name), !ring.settings.type.isRSA,
            command.work.missingCiphertextVersions(ring).isEmpty
        else { return .needsStorage }
        return .done(try decrypt(command.work, ring, into: &body))
    }

    /// Decrypts, loading the key if need be.
    func performStoring(_ command: DecryptCommand, into body: inout ByteWriter) async throws(TransitError)
        -> EngineReply
    {
        let work = command.work
        guard let ring = try await catalog.ring(work.name) else { throw .encryptionKeyNotFound }
        try await catalog.load(work.missingCiphertextVersions(ring), of: ring)
        guard work.isBatch, ring.settings.type.supportsEncryption else { return try decrypt(work, ring, into: &body) }
        let tally = await work.appendResultsInParallel(
            failure: Self.failedPlaintext, leastItems: ring.settings.type.isRSA ? 2 : nil, to: &body,
            soles: .opened(ring)
        ) {
            (index, item, workspace, body) throws(TransitError) in
            try work.appendOpened(index, item, ring, &workspace, to: &body)
        }
        return work.reply(tally)
    }

    // Compatibility: a failed item still has its (empty) plaintext, wire facts §4.13.
    private static let failedPlaintext: StaticString = "\"plaintext\":\"\","

    private func decrypt(
        _ work: BatchWork, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        guard ring.settings.type.supportsEncryption else {
            let error = KeyRingError.cannotDecrypt(ring.settings.type)
            return work.reply(try work.refuse(error, failure: Self.failedPlaintext, to: &body))
        }
        if work.isBatch {
            let tally = work.appendResults(failure: Self.failedPlaintext, to: &body, soles: .opened(ring)) {
                (index, item, workspace, body) throws(TransitError) in
                try work.appendOpened(index, item, ring, &workspace, to: &body)
            }
            return work.reply(tally)
        }
        var workspace = Workspace()
        body.append("{")
        try work.appendOpened(0, work.items[0], ring, &workspace, to: &body)
        body.append("}")
        return EngineReply(warnings: work.warnings)
    }
}
