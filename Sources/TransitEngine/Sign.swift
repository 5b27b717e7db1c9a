internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST sign/:name(/:hash_algorithm)`. **Source** wire facts §4.17.
struct SignCommand: Sendable {
    let name: KeyName
    let request: SignatureRequest
    let keyVersion: Int
    // Faults of the batch are told only when key and parameters are good.
    private let outcome: Result<BatchWork, TransitError>

    init(_ request: EngineRequest, _ name: KeyName, algorithm: ByteView) throws(TransitError) {
        let parameters = try Parameters(SignatureParameters.table, of: request)
        self.name = name
        self.request = try SignatureParameters.request(parameters, urlAlgorithm: algorithm)
        keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(5) } ?? 0
        outcome = Result { () throws(TransitError) in
            try BatchWork(request, name, SignatureParameters.shape, missing: nil)
        }
    }

    /// The items, once everything before them is good.
    func work() throws(TransitError) -> BatchWork { try outcome.get() }
}

extension SignatureRequest {
    /// Throws when a key of the type cannot sign so. **Source** wire facts §4.17: after the key was found.
    func check(_ type: KeyType, verifying: Bool) throws(TransitError) {
        guard type.supportsSigning else { throw .ring(verifying ? .cannotVerify(type) : .cannotSign(type)) }
        if digest == nil && (!isPrehashed || rsaScheme != .pkcs1v15) { throw .hashNoneNotAllowed }
    }
}

extension KeyType {
    /// Whether one private operation is short enough for an event loop.
    var signsQuickly: Bool { !isRSA && self != .ecdsaP521 }
}

extension Transit {
    /// More items than this are work for the crypto pool.
    static let mostSignaturesInLoop = 8

    /// Signs from memory.
    func perform(_ command: SignCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.name), ring.settings.type.signsQuickly else { return .needsStorage }
        try command.request.check(ring.settings.type, verifying: false)
        let work = try command.work()
        guard work.items.count <= Self.mostSignaturesInLoop, !ring.isMissing(command.keyVersion) else {
            return .needsStorage
        }
        return .done(try sign(command, work, ring, into: &body))
    }

    /// Signs, loading the key if need be, and many items on the crypto pool.
    func performStoring(_ command: SignCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .signingKeyNotFound }
        try command.request.check(ring.settings.type, verifying: false)
        let work = try command.work()
        if command.keyVersion > 0 { try await catalog.load(ring.missing([command.keyVersion]), of: ring) }
        guard work.isBatch, work.items.count > Self.mostSignaturesInLoop else {
            return try sign(command, work, ring, into: &body)
        }
        _ = await work.appendResultsInParallel(failure: Self.failedSignature, leastItems: 8, to: &body) {
            (_, item, workspace, body) throws(TransitError) in
            try Self.appendSignature(item, work, command, ring, &workspace, to: &body)
        }
        return EngineReply(warnings: work.warnings)
    }

    // Compatibility: a failed item still has a version, 0 (wire facts §4.17).
    private static let failedSignature: StaticString = "\"key_version\":0,"

    private func sign(
        _ command: SignCommand, _ work: BatchWork, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        if work.isBatch {
            // Compatibility: failed items leave the status at 200 here.
            _ = work.appendResults(failure: Self.failedSignature, to: &body) {
                (_, item, workspace, body) throws(TransitError) in
                try Self.appendSignature(item, work, command, ring, &workspace, to: &body)
            }
        } else {
            try signSingle(command, work, ring, into: &body)
        }
        return EngineReply(warnings: work.warnings)
    }

    // Members in the order of their names, unlike those of a batch's items.
    private func signSingle(
        _ command: SignCommand, _ work: BatchWork, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) {
        var workspace = Workspace()
        var signature = ByteWriter(capacity: 512)
        try Self.decode(work.items[0], work, &workspace)
        let (version, publicKey) = try Self.sign(command, ring, &workspace, to: &signature)
        body.append("{\"key_version\":")
        body.append(decimal: version.number)
        if let publicKey {
            body.append(",\"public_key\":\"")
            publicKey.withUnsafeBytes { body.append(base64: ByteView($0)) }
            body.append("\"")
        }
        body.append(",\"signature\":\"")
        body.append(signature.view)
        body.append("\"}")
    }

    private static func appendSignature(
        _ item: BatchItem, _ work: BatchWork, _ command: SignCommand, _ ring: KeyRing,
        _ workspace: inout Workspace, to body: inout ByteWriter
    ) throws(TransitError) {
        if item.input.isAbsent { throw .missingInput }
        try decode(item, work, &workspace)
        body.append("\"signature\":\"")
        let (version, publicKey) = try sign(command, ring, &workspace, to: &body)
        body.append("\",\"key_version\":")
        body.append(decimal: version.number)
        if let publicKey {
            // Compatibility: without the underscore that a single reply has (wire facts §4.17).
            body.append(",\"publickey\":\"")
            publicKey.withUnsafeBytes { body.append(base64: ByteView($0)) }
            body.append("\"")
        }
    }

    private static func sign(
        _ command: SignCommand, _ ring: KeyRing, _ workspace: inout Workspace, to output: inout ByteWriter
    ) throws(TransitError) -> (KeyVersion, publicKey: [UInt8]?) {
        do throws(KeyRingError) {
            let version = try ring.signingVersion(command.keyVersion)
            let publicKey = try version.appendSignature(
                &workspace, command.request, settings: ring.settings, to: &output)
            return (version, publicKey)
        } catch {
            throw error == .missingContext ? .derivationWithoutContext : .ring(error)
        }
    }

    /// Decodes an item's input and context.
    static func decode(_ item: BatchItem, _ work: BatchWork, _ workspace: inout Workspace) throws(TransitError) {
        do throws(KeyRingError) {
            try workspace.decodeMessage(work.texts.view(item.input))
            try workspace.decodeContext(work.texts.view(item.context))
        } catch {
            switch error {
            case .base64(let fault): throw .inputBase64(fault)
            case .contextBase64: throw .contextNotBase64
            default: throw .ring(error)
            }
        }
    }
}
