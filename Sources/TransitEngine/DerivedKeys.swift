internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST derivedkeys/plaintext|wrapped/:name`: keys derived by index, and the same encrypted. **Source** wire facts
/// §11.
///
/// The derivation is ours, as the field keeps its own to itself: HKDF-SHA256 with the version's HMAC key as material,
/// the request's salt, and info = label ‖ length(info, 8) ‖ info ‖ length(context, 8) ‖ context ‖ index(4) ‖ bits(4),
/// integers big-endian.
struct DerivedKeysCommand: Sendable {
    private static let table = FieldTable(
        "salt", "key_index_from", "key_index_to", "bits", "info", "key_version", "context", "nonce")

    let work: BatchWork
    /// Whether the reply also carries the keys themselves.
    let showsPlaintext: Bool
    let indexes: Range<Int>
    let bits: Int
    let salt: [UInt8]
    let info: [UInt8]

    init(_ request: EngineRequest, kind: ByteView, _ name: KeyName) throws(TransitError) {
        guard kind.equals("plaintext") || kind.equals("wrapped") else { throw .dataKeyKind }
        showsPlaintext = kind.equals("plaintext")
        let parameters = try Parameters(Self.table, of: request)
        let texts = RequestTexts(body: request.body)
        let saltText = try BatchWork.text(0, parameters, texts)
        if saltText.isBlank { throw .saltMissing }
        guard case .success(let salt) = Base64.decode(texts.view(saltText)) else { throw .saltNotBase64 }
        guard case .success(let info) = Base64.decode(texts.view(try BatchWork.text(4, parameters, texts))) else {
            throw .infoNotBase64
        }
        (self.salt, self.info) = (salt, info)
        let first = try parameters.read { (p) throws(ParameterFault) in try p.int(1) } ?? 0
        let end = try parameters.read { (p) throws(ParameterFault) in try p.int(2) }
        guard first >= 0, first < Int(UInt32.max), let end = end ?? .some(first + 1), end > first,
            end - first <= DataKeyCommand.mostKeys, end <= Int(UInt32.max)
        else { throw .keyIndexes(most: DataKeyCommand.mostKeys) }
        indexes = first..<end
        bits = try parameters.read { (p) throws(ParameterFault) in try p.int(3) } ?? 256
        var item = BatchItem()
        item.keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(5) } ?? 0
        item.context = try BatchWork.text(6, parameters, texts)
        item.hasNonce = try !BatchWork.text(7, parameters, texts).isBlank
        if case .failure = Base64.decode(texts.view(item.context)) { throw .contextNotBase64 }
        let length = texts.view(item.context).count + salt.count + info.count
        let (bytes, tooMany) = length.multipliedReportingOverflow(by: end - first)
        if tooMany || bytes > DataKeyCommand.mostWork { throw .dataKeyWork(most: DataKeyCommand.mostWork) }
        work = BatchWork(
            name: name, texts: texts, parameters: parameters, items: Array(repeating: item, count: indexes.count),
            isBatch: false, partialFailureCode: nil, warnings: parameters.warnings(replaced: ["name", "plaintext"]),
            mayFanOut: false)
    }

    /// The wanted length in bytes.
    func byteCount() throws(TransitError) -> Int {
        guard [128, 256, 512].contains(bits) else { throw .dataKeyBits }
        return bits / 8
    }
}

extension Transit {
    /// Derives and encrypts keys.
    func performStoring(_ command: DerivedKeysCommand, into body: inout ByteWriter) async throws(TransitError)
        -> EngineReply
    {
        guard let known = try await catalog.ring(command.work.name) else { throw .encryptionKeyNotFound }
        let count = try command.byteCount()
        guard known.settings.type.cipher != nil else { throw .ring(.cannotEncrypt(known.settings.type)) }
        let (ring, grant) = try await granted(command.work) { () throws(TransitError) in throw .encryptionKeyNotFound }
        var workspace = Workspace()
        // Members in the byte order of their names, as everywhere.
        let order = command.indexes.sorted { String($0).utf8.lexicographicallyPrecedes(String($1).utf8) }
        let item = command.work.items[0]
        body.append("{")
        for (position, index) in order.enumerated() {
            do throws(KeyRingError) {
                try grant.withVersion(item.keyVersion) { (version) throws(KeyRingError) in
                    try workspace.decodeContext(command.work.texts.view(item.context))
                    try version.deriveMessage(
                        index: index, count: count, salt: command.salt, info: command.info, &workspace)
                }
                body.append("\"")
                body.append(decimal: index)
                body.append("\":{")
                try command.work.appendResealed(
                    0, item, ring, grant, workspace: &workspace, showsVersion: false, to: &body)
            } catch {
                for item in command.work.items[position...] { grant.giveBack(item.keyVersion) }
                throw .ring(error)
            }
            if command.showsPlaintext {
                body.append(",\"plaintext\":\"")
                body.append(base64: workspace.currentMessage)
                body.append("\"")
            }
            body.append("},")
        }
        body.append("\"key_version\":")
        body.append(decimal: item.keyVersion == 0 ? ring.settings.latestVersion : item.keyVersion)
        body.append("}")
        return EngineReply(warnings: command.work.warnings + finish(ring, grant))
    }
}
