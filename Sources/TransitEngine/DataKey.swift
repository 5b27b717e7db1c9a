internal import Bytes
internal import EngineKit
internal import KeyRings

/// `POST datakey/plaintext|wrapped/:name`: a fresh random key, encrypted; and `datakeys/…`: many of them.
/// **Source** wire facts §4.15, §11.
struct DataKeyCommand: Sendable {
    private static let table = FieldTable(
        "context", "bits", "key_version", "associated_data", "nonce", "padding_scheme", "hash_algorithm", "count")
    /// So many keys are made by one request at most.
    static let mostKeys = 10_000
    /// So many bytes of context and associated data, counted once per key.
    static let mostWork = 64 << 20

    let work: BatchWork
    /// Whether the reply also carries the keys themselves.
    let showsPlaintext: Bool
    /// Whether a list was asked for.
    let isList: Bool
    /// The wanted length; checked only after the key was found.
    let bits: Int

    init(_ request: EngineRequest, kind: ByteView, _ name: KeyName, isList: Bool) throws(TransitError) {
        guard kind.equals("plaintext") || kind.equals("wrapped") else { throw .dataKeyKind }
        showsPlaintext = kind.equals("plaintext")
        self.isList = isList
        let parameters = try Parameters(Self.table, of: request)
        let texts = RequestTexts(body: request.body)
        bits = try parameters.read { (p) throws(ParameterFault) in try p.int(1) } ?? 256
        var item = BatchItem()
        item.keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(2) } ?? 0
        item.context = try BatchWork.text(0, parameters, texts)
        item.associatedData = try BatchWork.text(3, parameters, texts)
        item.hasNonce = try !BatchWork.text(4, parameters, texts).isBlank
        // Its fault is told before the key is looked for.
        if case .failure = Base64.decode(texts.view(item.context)) { throw .contextNotBase64 }
        var count = 1
        if isList {
            guard let stated = try parameters.read({ (p) throws(ParameterFault) in try p.int(7) }) else {
                throw .dataKeyCountMissing
            }
            guard (1...Self.mostKeys).contains(stated) else { throw .dataKeyCount(most: Self.mostKeys) }
            count = stated
            let (bytes, tooMany) = (texts.view(item.context).count + texts.view(item.associatedData).count)
                .multipliedReportingOverflow(by: count)
            if tooMany || bytes > Self.mostWork { throw .dataKeyWork(most: Self.mostWork) }
        }
        var work = BatchWork(
            name: name, texts: texts, parameters: parameters, items: Array(repeating: item, count: count),
            isBatch: false, partialFailureCode: nil, warnings: parameters.warnings(replaced: ["name", "plaintext"]),
            mayFanOut: false)
        work.resealPadding = try BatchWork.padding(parameters, scheme: 5, hash: 6)
        self.work = work
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
        // A long list is work for a task.
        guard let ring = catalog.cached(command.work.name), command.work.items.count <= 64 else {
            return .needsStorage
        }
        let count = try command.byteCount()
        guard let grant = UsageGrant(ring, command.work) else { return .needsStorage }
        return .done(try dataKeys(command, count, ring, grant, into: &body))
    }

    /// Makes data keys, loading the ring and reserving messages as needed.
    func performStoring(_ command: DataKeyCommand, into body: inout ByteWriter) async throws(TransitError)
        -> EngineReply
    {
        guard try await catalog.ring(command.work.name) != nil else { throw .encryptionKeyNotFound }
        let count = try command.byteCount()
        let (ring, grant) = try await granted(command.work) { () throws(TransitError) in throw .encryptionKeyNotFound }
        return try dataKeys(command, count, ring, grant, into: &body)
    }

    private func dataKeys(
        _ command: DataKeyCommand, _ count: Int, _ ring: KeyRing, _ grant: UsageGrant, into body: inout ByteWriter
    ) throws(TransitError) -> EngineReply {
        var workspace = Workspace()
        if command.isList { body.append("{\"key_pairs\":[") }
        for index in command.work.items.indices {
            if index > 0 { body.append(",") }
            do throws(KeyRingError) {
                try appendDataKey(command, index, count, ring, grant, &workspace, into: &body)
            } catch {
                for item in command.work.items[index...] { grant.giveBack(item.keyVersion) }
                // Compatibility: there is no item to be named (wire facts §4.15).
                if case .associatedDataNotSupported(_, let type) = error { throw .dataKeyAssociatedData(type) }
                throw .ring(error)
            }
        }
        if command.isList {
            body.append("],\"key_version\":")
            let requested = command.work.items[0].keyVersion
            body.append(decimal: requested == 0 ? ring.settings.latestVersion : requested)
            body.append("}")
        }
        return EngineReply(warnings: command.work.warnings + finish(ring, grant))
    }

    private func appendDataKey(
        _ command: DataKeyCommand, _ index: Int, _ count: Int, _ ring: KeyRing, _ grant: UsageGrant,
        _ workspace: inout Workspace, into body: inout ByteWriter
    ) throws(KeyRingError) {
        let item = command.work.items[index]
        guard ring.settings.type.supportsEncryption else { throw .cannotEncrypt(ring.settings.type) }
        try workspace.drawMessage(count: count)
        try workspace.decodeContext(command.work.texts.view(item.context))
        body.append("{")
        try command.work.appendResealed(
            0, item, ring, grant, workspace: &workspace, showsVersion: !command.isList, to: &body)
        if command.showsPlaintext {
            body.append(",\"plaintext\":\"")
            body.append(base64: workspace.currentMessage)
            body.append("\"")
        }
        body.append("}")
    }
}
