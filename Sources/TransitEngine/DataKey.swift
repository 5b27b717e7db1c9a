internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST datakey/plaintext|wrapped/:name`: a fresh random key, encrypted. **Source** wire facts §4.15.
struct DataKeyCommand: Sendable {
    private static let table = FieldTable("context", "bits", "key_version", "associated_data", "nonce")

    let work: BatchWork
    /// Whether the reply also carries the key itself.
    let showsPlaintext: Bool
    /// The wanted length; checked only after the key was found.
    let bits: Int
    // Its fault is told before the key is looked for.
    private let context: ByteView

    init(_ request: EngineRequest, kind: ByteView, _ name: KeyName) throws(TransitError) {
        guard kind.equals("plaintext") || kind.equals("wrapped") else { throw .dataKeyKind }
        showsPlaintext = kind.equals("plaintext")
        let parameters = try Parameters(Self.table, of: request)
        let texts = RequestTexts(body: request.body)
        bits = try parameters.read { (p) throws(ParameterFault) in try p.int(1) } ?? 256
        var item = BatchItem()
        item.keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(2) } ?? 0
        item.context = try BatchWork.text(0, parameters, texts)
        item.associatedData = try BatchWork.text(3, parameters, texts)
        item.hasNonce = try !BatchWork.text(4, parameters, texts).isBlank
        context = texts.view(item.context)
        if case .failure = Base64.decode(context) { throw .contextNotBase64 }
        work = BatchWork(
            name: name, texts: texts, parameters: parameters, items: [item], isBatch: false, partialFailureCode: nil,
            warnings: parameters.warnings(replaced: ["name", "plaintext"]), mayFanOut: false)
    }

    /// The wanted length in bytes.
    func byteCount() throws(TransitError) -> Int {
        guard [128, 256, 512].contains(bits) else { throw .dataKeyBits }
        return bits / 8
    }
}

extension Transit {
    /// Makes a data key from memory.
    func perform(_ command: DataKeyCommand, into body: inout ByteWriter) throws(TransitError) -> Handling {
        guard let ring = catalog.cached(command.work.name) else { return .needsStorage }
        let count = try command.byteCount()
        guard let grant = UsageGrant(ring, command.work) else { return .needsStorage }
        return .done(try dataKey(command, count, ring, grant, into: &body))
    }

    /// Makes a data key, loading the ring and reserving a message as needed.
    func performStoring(_ command: DataKeyCommand, into body: inout ByteWriter) async throws(TransitError)
        -> EngineReply
    {
        guard try await catalog.ring(command.work.name) != nil else { throw .encryptionKeyNotFound }
        let count = try command.byteCount()
        let (ring, grant) = try await granted(command.work) { () throws(TransitError) in throw .encryptionKeyNotFound }
        return try dataKey(command, count, ring, grant, into: &body)
    }

    private func dataKey(
        _ command: DataKeyCommand, _ count: Int, _ ring: KeyRing, _ grant: UsageGrant, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        let item = command.work.items[0]
        var workspace = Workspace()
        do throws(KeyRingError) {
            try workspace.drawMessage(count: count)
            try workspace.decodeContext(command.work.texts.view(item.context))
            body.append("{")
            try command.work.appendResealed(0, item, ring, grant, workspace: &workspace, to: &body)
        } catch {
            grant.giveBack(item.keyVersion)
            throw .ring(error)
        }
        if command.showsPlaintext {
            body.append(",\"plaintext\":\"")
            body.append(base64: workspace.currentMessage)
            body.append("\"")
        }
        body.append("}")
        return EngineReply(warnings: command.work.warnings + finish(ring, grant))
    }
}
