internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST encrypt/:name`. **Source** wire facts §4.12.
struct EncryptCommand: Sendable {
    private static let shape = BatchShape(
        table: FieldTable(
            "plaintext", "batch_input", "context", "key_version", "associated_data", "nonce",
            "partial_failure_response_code", "type", "convergent_encryption", "padding_scheme", "hash_algorithm",
            isValidated: false),
        batch: 1, input: 0, context: 2, keyVersion: 3, associatedData: 4, nonce: 5, partialFailureCode: 6,
        inputName: "plaintext", missingInput: "missing plaintext to encrypt")

    let work: BatchWork
    /// Parameters that count when the key does not exist.
    private let type: String?
    private let isConvergent: Bool

    init(_ request: EngineRequest, _ name: KeyName) throws(TransitError) {
        var work = try BatchWork(request, name, Self.shape, missing: .missingPlaintext)
        work.resealPadding = try BatchWork.padding(work.parameters, scheme: 9, hash: 10)
        let isBlank = work.items[0].context.isBlank
        if !work.isPlain, work.items.contains(where: { $0.context.isBlank != isBlank }) { throw .mixedContexts }
        type = try work.parameters.read { (p) throws(ParameterFault) in try p.string(7) }
        isConvergent = try work.parameters.read { (p) throws(ParameterFault) in try p.bool(8) } ?? false
        self.work = work
    }

    /// The settings of a key that this request brings into being.
    func upsertSettings() throws(TransitError) -> KeySettings {
        let isDerived = !work.items[0].context.isBlank
        if isConvergent && !isDerived { throw .convergentNeedsContext }
        let name = type ?? KeyType.aes256GCM96.rawValue
        // Compatibility: of the types that exist, only these are told by name (wire facts §4.12).
        guard let type = KeyType(rawValue: name), type.cipher != nil else {
            throw name.hasPrefix("ecdsa-p") ? .typeNotForEncryption(name) : .unknownKeyType(name)
        }
        var settings = KeySettings(type: type)
        settings.isDerived = isDerived
        settings.isConvergent = isConvergent
        return settings
    }

    /// Whether any item could be encrypted at all: broken base64 alone brings no key into being.
    func hasSoundItem() -> Bool {
        var workspace = Workspace()
        return work.items.contains { item in
            do {
                try workspace.decodeMessage(work.texts.view(item.input))
                try workspace.decodeContext(work.texts.view(item.context))
                return true
            } catch {
                return false
            }
        }
    }
}

/// Sealing of items, shared by encrypt and rewrap.
extension BatchWork {
    /// Checks and seals one item and appends `"ciphertext":"…","key_version":n`.
    @inline(__always)
    func appendSealed(
        _ index: Int, _ item: BatchItem, _ ring: KeyRing, _ grant: UsageGrant, _ workspace: inout Workspace,
        to body: inout ByteWriter
    ) throws(TransitError) {
        do throws(KeyRingError) {
            try workspace.decodeMessage(texts.view(item.input))
            try workspace.decodeContext(texts.view(item.context))
            try appendResealed(index, item, ring, grant, workspace: &workspace, to: &body)
        } catch {
            grant.giveBack(item.keyVersion)
            throw .ring(error)
        }
    }

    /// Seals the workspace's message under the workspace's context.
    @inline(__always)
    func appendResealed(
        _ index: Int, _ item: BatchItem, _ ring: KeyRing, _ grant: UsageGrant, workspace: inout Workspace,
        showsVersion: Bool = true, to body: inout ByteWriter
    ) throws(KeyRingError) {
        if item.hasNonce { throw .nonceNotAllowed }
        try grant.withVersion(item.keyVersion) { (version) throws(KeyRingError) in
            try appendResealed(index, item, ring, version, &workspace, showsVersion: showsVersion, to: &body)
        }
    }

    @inline(__always)
    private func appendResealed(
        _ index: Int, _ item: BatchItem, _ ring: KeyRing, _ version: KeyVersion, _ workspace: inout Workspace,
        showsVersion: Bool, to body: inout ByteWriter
    ) throws(KeyRingError) {
        let hasData = !item.associatedData.isBlank
        if hasData {
            guard ring.settings.type.cipher != nil else {
                throw .associatedDataNotSupported(item: index, ring.settings.type)
            }
            try workspace.decodeAssociatedData(texts.view(item.associatedData), item: index)
        }
        workspace.rsaPadding = resealPadding
        body.append("\"ciphertext\":\"")
        try version.appendSealed(&workspace, settings: ring.settings, isAuthenticatingData: hasData, to: &body)
        if showsVersion {
            body.append("\",\"key_version\":")
            body.append(decimal: version.number)
        } else {
            body.append("\"")
        }
    }
}

extension Transit {
    /// Encrypts from memory.
    func perform(_ command: EncryptCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.work.name), !ring.settings.type.isRSA,
            let grant = UsageGrant(ring, command.work)
        else { return .needsStorage }
        return .done(try encrypt(command.work, ring, grant, into: &body))
    }

    /// Encrypts, making the key if need be.
    func performStoring(_ command: EncryptCommand, into body: inout ByteWriter) async throws(TransitError)
        -> EngineReply
    {
        let work = command.work
        let (ring, grant) = try await granted(work) { () async throws(TransitError) -> KeyRing in
            guard !config.isUpsertDisabled else { throw .encryptionKeyNotFound }
            let settings = try command.upsertSettings()
            guard work.isBatch || command.hasSoundItem() else { throw Self.firstFault(of: command) }
            return try await catalog.create(work.name, settings: settings)
        }
        guard work.isBatch, ring.settings.type.supportsEncryption else {
            return try encrypt(work, ring, grant, into: &body)
        }
        let tally = await work.appendResultsInParallel(
            failure: "", leastItems: ring.settings.type.isRSA ? 16 : nil, to: &body, soles: .sealed(grant)
        ) {
            (index, item, workspace, body) throws(TransitError) in
            try work.appendSealed(index, item, ring, grant, &workspace, to: &body)
        }
        return work.reply(tally, extra: finish(ring, grant))
    }

    private static func firstFault(of command: EncryptCommand) -> TransitError {
        var workspace = Workspace()
        do throws(KeyRingError) {
            try workspace.decodeMessage(command.work.texts.view(command.work.items[0].input))
            try workspace.decodeContext(command.work.texts.view(command.work.items[0].context))
            return .missingPlaintext
        } catch {
            return .ring(error)
        }
    }

    private func encrypt(
        _ work: BatchWork, _ ring: KeyRing, _ grant: UsageGrant, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        guard ring.settings.type.supportsEncryption else {
            return work.reply(try work.refuse(.cannotEncrypt(ring.settings.type), failure: "", to: &body))
        }
        if work.isBatch {
            let tally = work.appendResults(failure: "", to: &body, soles: .sealed(grant)) {
                (index, item, workspace, body) throws(TransitError) in
                try work.appendSealed(index, item, ring, grant, &workspace, to: &body)
            }
            return work.reply(tally, extra: finish(ring, grant))
        }
        var workspace = Workspace()
        body.append("{")
        try work.appendSealed(0, work.items[0], ring, grant, &workspace, to: &body)
        body.append("}")
        return EngineReply(warnings: work.warnings + finish(ring, grant))
    }

    /// The ring with its messages counted, loading, making and reserving as needed.
    func granted(
        _ work: BatchWork, orCreate create: () async throws(TransitError) -> KeyRing
    ) async throws(TransitError) -> (KeyRing, UsageGrant) {
        for _ in 0..<64 {
            let ring: KeyRing
            if let known = try await catalog.ring(work.name) { ring = known } else { ring = try await create() }
            try await catalog.load(work.missingKeyVersions(ring), of: ring)
            if let grant = UsageGrant(ring, work) { return (ring, grant) }
            for (version, messages) in UsageGrant.demand(of: work, on: ring) {
                try await catalog.reserve(ring, version, messages: messages)
            }
            // Right away, before the ring can leave a crowded cache and take the reservation with it.
            if let grant = UsageGrant(ring, work) { return (ring, grant) }
        }
        throw .contention
    }
}
