internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST verify/:name(/:hash_algorithm)`: signatures, HMACs and CMACs. **Source** wire facts §4.18.
struct VerifyCommand: Sendable {
    let name: KeyName
    /// How signatures were made, or why that cannot be told; it matters to signatures only.
    let request: SignatureRequest
    /// Length of CMACs.
    let macLength: Int
    let work: BatchWork
    /// What is verified: the same for all items.
    let kind: BatchItem.ProofKind

    init(_ request: EngineRequest, _ name: KeyName, algorithm: ByteView) throws(TransitError) {
        let parameters = try Parameters(SignatureParameters.table, of: request)
        self.name = name
        work = try BatchWork(request, name, SignatureParameters.shape, missing: nil)
        kind = try Self.kind(of: work)
        self.request = try SignatureParameters.request(parameters, urlAlgorithm: kind == .cmac ? .empty : algorithm)
        macLength = try CMACCommand.length(parameters, 14, url: .empty)
        if kind == .hmac && self.request.digest == nil { throw .signatureHash("none") }
    }

    private static func kind(of work: BatchWork) throws(TransitError) -> BatchItem.ProofKind {
        guard work.isBatch else {
            switch work.items[0].proofKind {
            case .none: throw .nothingToVerify
            // Compatibility: a signature wins over a MAC that came along (wire facts §4.18).
            case .several: return .signature
            case let kind: return kind
            }
        }
        let kinds = Set(work.items.map(\.proofKind))
        let stated = kinds.subtracting([.none])
        guard let kind = stated.first else { throw .noneToVerify }
        guard stated.count == 1, kind != .several else { throw .mixedProofs }
        if kinds.contains(.none) {
            throw .someProofsMissing(kind == .signature ? "signature" : kind == .hmac ? "hmac" : "cmac")
        }
        return kind
    }

    /// Versions of a large ring that the proofs name, and that are not in memory.
    func missingVersions(_ ring: KeyRing) -> Set<Int> {
        if ring.isFullyResident { return [] }
        return ring.missing(
            work.items.lazy.compactMap { item in
                let text = work.texts.view(item.proof)
                let parts =
                    kind == .signature
                    ? try? CiphertextText.signature(text, ring.settings) : try? CiphertextText.mac(text)
                return parts?.version
            }.filter { $0 != 0 })
    }
}

extension Transit {
    /// Verifies from memory.
    func perform(_ command: VerifyCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.name), command.work.items.count <= Self.mostSignaturesInLoop,
            command.missingVersions(ring).isEmpty
        else { return .needsStorage }
        return .done(try verify(command, ring, into: &body))
    }

    /// Verifies, loading the key if need be, and many items on the crypto pool.
    func performStoring(_ command: VerifyCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        let work = command.work
        guard let ring = try await catalog.ring(command.name) else {
            throw command.kind == .signature ? .verificationKeyNotFound : .encryptionKeyNotFound
        }
        try await catalog.load(command.missingVersions(ring), of: ring)
        guard work.isBatch, work.items.count > Self.mostSignaturesInLoop else {
            return try verify(command, ring, into: &body)
        }
        try check(command, ring)
        _ = await work.appendResultsInParallel(failure: Self.failure(command), leastItems: 8, to: &body) {
            (_, item, workspace, body) throws(TransitError) in
            try Self.appendVerdict(item, command, ring, &workspace, to: &body)
        }
        return EngineReply(warnings: work.warnings)
    }

    private func check(_ command: VerifyCommand, _ ring: KeyRing) throws(TransitError) {
        let type = ring.settings.type
        switch command.kind {
        case .hmac: if !type.supportsHMAC { throw .ring(.cannotHMAC(type)) }
        case .cmac: if case .cmac = type.family {} else { throw .ring(.cannotCMAC(type)) }
        default: try command.request.check(type, verifying: true)
        }
    }

    // Compatibility: `valid` stands in failed items of signatures, and not in those of MACs (wire facts §4.18).
    private static func failure(_ command: VerifyCommand) -> StaticString {
        command.kind == .signature ? "\"valid\":false," : ""
    }

    private func verify(
        _ command: VerifyCommand, _ ring: KeyRing, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        try check(command, ring)
        let work = command.work
        if work.isBatch {
            _ = work.appendResults(failure: Self.failure(command), to: &body) {
                (_, item, workspace, body) throws(TransitError) in
                try Self.appendVerdict(item, command, ring, &workspace, to: &body)
            }
        } else {
            var workspace = Workspace()
            let isValid = try Self.verdict(work.items[0], command, ring, &workspace)
            body.append(isValid ? "{\"valid\":true}" : "{\"valid\":false}")
        }
        return EngineReply(warnings: work.warnings)
    }

    private static func appendVerdict(
        _ item: BatchItem, _ command: VerifyCommand, _ ring: KeyRing, _ workspace: inout Workspace,
        to body: inout ByteWriter
    ) throws(TransitError) {
        if item.input.isAbsent { throw .missingInput }
        if try verdict(item, command, ring, &workspace) {
            body.append("\"valid\":true")
        } else if command.kind == .signature {
            body.append("\"valid\":false")
        }
    }

    private static func verdict(
        _ item: BatchItem, _ command: VerifyCommand, _ ring: KeyRing, _ workspace: inout Workspace
    ) throws(TransitError) -> Bool {
        let work = command.work
        try decode(item, work, &workspace)
        let proof = work.texts.view(item.proof)
        do throws(KeyRingError) {
            if command.kind == .signature { return try ring.verifies(proof, &workspace, command.request) }
            let parts = try CiphertextText.mac(proof)
            try workspace.decodeCode(parts.payload)
            let version = try ring.macVersion(parts.version)
            if command.kind == .cmac {
                return try version.verifies(
                    cmac: workspace.currentCode, length: command.macLength, of: workspace.currentMessage,
                    settings: ring.settings)
            }
            return try version.verifies(
                hmac: workspace.currentCode, command.request.digest ?? .sha2_256, of: workspace.currentMessage)
        } catch {
            throw error == .missingContext ? .derivationWithoutContext : .ring(error)
        }
    }
}
