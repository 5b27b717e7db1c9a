internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST hpke/seal/:name` and `hpke/open/:name`: encryption to a public key. Our own addition.
///
/// **Layout** of a ciphertext's payload: `encapsulated key ‖ ciphertext ‖ tag(16)`. The suite of a key follows from its
/// type: AES-256-GCM with HKDF-SHA256 for P-256, ML-KEM-768 and X-Wing, HKDF-SHA384 for P-384, HKDF-SHA512 for P-521
/// and ML-KEM-1024. **Source** RFC 9180; draft-ietf-hpke-pq.
struct HybridEncryptionCommand: Sendable {
    private static let table = FieldTable("plaintext", "ciphertext", "info", "associated_data", "key_version")

    let name: KeyName
    let keyVersion: Int
    let opens: Bool
    let input: TextRef
    let info: [UInt8]
    let associatedData: [UInt8]
    let texts: RequestTexts
    let warnings: [String]

    init(_ request: EngineRequest, _ name: KeyName, opens: Bool) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        let texts = RequestTexts(body: request.body)
        self.texts = texts
        self.name = name
        self.opens = opens
        keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(4) } ?? 0
        warnings = parameters.warnings(replaced: ["name"])
        input = try BatchWork.text(opens ? 1 : 0, parameters, texts)
        if !opens && input.isAbsent { throw .missingPlaintext }
        if opens && input.isBlank { throw .missingCiphertext }
        guard case .success(let info) = Base64.decode(texts.view(try BatchWork.text(2, parameters, texts))) else {
            throw .infoNotBase64
        }
        self.info = info
        switch Base64.decode(texts.view(try BatchWork.text(3, parameters, texts))) {
        case .success(let data): associatedData = data
        case .failure(let fault): throw .ring(.associatedDataBase64(item: 0, fault))
        }
    }
}

extension HPKESuite {
    /// The suite of a key type; nil for keys that HPKE does not know.
    static func suite(for type: KeyType) -> HPKESuite? {
        switch type {
        case .ecdsaP256, .mlKEM768, .xWing: HPKESuite(kdf: .hkdfSHA256, aead: .aes256GCM)
        case .ecdsaP384: HPKESuite(kdf: .hkdfSHA384, aead: .aes256GCM)
        case .ecdsaP521, .mlKEM1024: HPKESuite(kdf: .hkdfSHA512, aead: .aes256GCM)
        default: nil
        }
    }
}

extension Transit {
    /// Seals and opens.
    func performStoring(
        _ command: HybridEncryptionCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .encryptionKeyNotFound }
        guard let suite = HPKESuite.suite(for: ring.settings.type) else { throw .hpkeType(ring.settings.type) }
        let text = command.texts.view(command.input)
        do throws(KeyRingError) {
            if command.opens {
                try await catalog.loadNamed(text, of: ring)
                try Self.open(text, command, suite, ring, into: &body)
            } else {
                try await catalog.loadStated(command.keyVersion, of: ring)
                try Self.seal(text, command, suite, ring, into: &body)
            }
        } catch {
            if case .asymmetric(.decryptionFailed) = error { throw .hpkeFailed }
            throw .ring(error)
        }
        return EngineReply(warnings: command.warnings)
    }

    private static func seal(
        _ text: ByteView, _ command: HybridEncryptionCommand, _ suite: HPKESuite, _ ring: KeyRing,
        into body: inout ByteWriter
    ) throws(KeyRingError) {
        let version = try ring.encryptionVersion(command.keyVersion)
        var plaintext = ByteWriter(capacity: Base64.decodedRoom(text.count))
        do throws(Base64Fault) { try plaintext.replace(with: text) } catch { throw .base64(error) }
        let recipient = try version.hpkeRecipient()
        do {
            let sealed = try command.info.withUnsafeBytes { info in
                try command.associatedData.withUnsafeBytes { data in
                    try HPKE.seal(
                        plaintext.view, to: recipient, suite: suite, info: ByteView(info),
                        authenticating: ByteView(data))
                }
            }
            var payload = ByteWriter(capacity: sealed.encapsulatedKey.count + sealed.ciphertext.count)
            sealed.encapsulatedKey.withUnsafeBytes { payload.append(ByteView($0)) }
            sealed.ciphertext.withUnsafeBytes { payload.append(ByteView($0)) }
            body.append("{\"ciphertext\":\"")
            version.prefix.withUnsafeBytes { body.append(ByteView($0)) }
            body.append(base64: payload.view)
            body.append("\",\"encapsulated_key_length\":")
            body.append(decimal: sealed.encapsulatedKey.count)
            body.append(",\"key_version\":")
            body.append(decimal: version.number)
            body.append("}")
        } catch {
            throw .cryptoUnavailable
        }
    }

    private static func open(
        _ text: ByteView, _ command: HybridEncryptionCommand, _ suite: HPKESuite, _ ring: KeyRing,
        into body: inout ByteWriter
    ) throws(KeyRingError) {
        let parts = try CiphertextText(text, ring.settings)
        let version = try ring.decryptionVersion(parts.version)
        var payload = ByteWriter(capacity: Base64.decodedRoom(parts.payload.count))
        do throws(Base64Fault) { try payload.replace(with: parts.payload) } catch { throw .ciphertextBase64 }
        let key = try version.hpkeKey()
        do {
            let length = try key.recipient.kem.encapsulatedKeyLength
            guard payload.count >= length + AEADAlgorithm.tagLength else { throw AsymmetricError.decryptionFailed }
            var plaintext = ByteWriter(capacity: payload.count)
            try command.info.withUnsafeBytes { info in
                try command.associatedData.withUnsafeBytes { data in
                    try plaintext.append(room: payload.count) { out in
                        try HPKE.open(
                            payload.view.dropFirst(length), encapsulatedKey: payload.view.slice(0, length), key: key,
                            suite: suite, info: ByteView(info), authenticating: ByteView(data), into: out)
                    }
                }
            }
            body.append("{\"plaintext\":\"")
            body.append(base64: plaintext.view)
            body.append("\"}")
        } catch let error as AsymmetricError {
            throw .asymmetric(error)
        } catch {
            throw .cryptoUnavailable
        }
    }
}

extension KeyVersion {
    fileprivate func hpkeRecipient() throws(KeyRingError) -> HPKERecipient {
        if let pair { return .curve(try pair.publicKey()) }
        guard let kem else { throw .corruptRecord }
        return .kem(try kem.privateKey().publicKey)
    }

    fileprivate func hpkeKey() throws(KeyRingError) -> HPKEKey {
        if let kem { return .kem(try kem.privateKey()) }
        guard let pair else { throw .corruptRecord }
        guard let key = try pair.privateKey() else { throw .decryptionWithoutPrivateHalf }
        return .curve(key)
    }
}
