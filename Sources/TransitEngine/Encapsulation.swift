internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST encapsulate/:name` and `decapsulate/:name`: a secret shared by means of a KEM key. Our own addition.
/// **Source** FIPS 203; draft-connolly-cfrg-xwing-kem.
struct EncapsulationCommand: Sendable {
    private static let table = FieldTable("key_version", "ciphertext")

    let name: KeyName
    let keyVersion: Int
    /// What is decapsulated; nil to encapsulate.
    let ciphertext: TextRef?
    let texts: RequestTexts
    let warnings: [String]

    init(_ request: EngineRequest, _ name: KeyName, decapsulates: Bool) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        texts = RequestTexts(body: request.body)
        self.name = name
        keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(0) } ?? 0
        warnings = parameters.warnings(replaced: ["name"])
        let text = try BatchWork.text(1, parameters, texts)
        if decapsulates && text.isBlank { throw .missingDecapsulation }
        ciphertext = decapsulates ? text : nil
    }
}

extension Transit {
    /// Encapsulates and decapsulates.
    func performStoring(
        _ command: EncapsulationCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .encryptionKeyNotFound }
        guard ring.settings.type.kem != nil else { throw .encapsulationType(ring.settings.type) }
        do throws(KeyRingError) {
            if let text = command.ciphertext {
                try await catalog.loadNamed(command.texts.view(text), of: ring)
                try Self.decapsulate(command.texts.view(text), ring, into: &body)
            } else {
                try await catalog.loadStated(command.keyVersion, of: ring)
                try Self.encapsulate(command.keyVersion, ring, into: &body)
            }
        } catch {
            if case .asymmetric(.decryptionFailed) = error { throw .decapsulationFailed }
            throw .ring(error)
        }
        return EngineReply(warnings: command.warnings)
    }

    private static func encapsulate(_ number: Int, _ ring: KeyRing, into body: inout ByteWriter) throws(KeyRingError) {
        let version = try ring.encryptionVersion(number)
        guard let kem = version.kem else { throw .corruptRecord }
        let made: KEMEncapsulation
        let key = try kem.privateKey().publicKey
        do throws(AsymmetricError) { made = try key.encapsulate() } catch { throw .asymmetric(error) }
        body.append("{\"ciphertext\":\"")
        version.prefix.withUnsafeBytes { body.append(ByteView($0)) }
        made.ciphertext.withUnsafeBytes { body.append(base64: ByteView($0)) }
        body.append("\",\"key_version\":")
        body.append(decimal: version.number)
        body.append(",\"shared_secret\":\"")
        made.secret.exposing { body.append(base64: $0) }
        body.append("\"}")
    }

    private static func decapsulate(_ text: ByteView, _ ring: KeyRing, into body: inout ByteWriter) throws(KeyRingError)
    {
        let parts = try CiphertextText(text, ring.settings)
        let version = try ring.decryptionVersion(parts.version)
        guard let kem = version.kem else { throw .corruptRecord }
        var payload = ByteWriter(capacity: Base64.decodedRoom(parts.payload.count))
        do throws(Base64Fault) { try payload.replace(with: parts.payload) } catch { throw .ciphertextBase64 }
        let key = try kem.privateKey()
        do throws(AsymmetricError) {
            let secret = try key.decapsulate(payload.view)
            body.append("{\"shared_secret\":\"")
            secret.exposing { body.append(base64: $0) }
            body.append("\"}")
        } catch {
            throw .asymmetric(error)
        }
    }
}

extension KeyCatalog {
    /// Loads the version that a ciphertext names, where it is not in memory.
    func loadNamed(_ text: ByteView, of ring: KeyRing) async throws(KeyRingError) {
        guard let version = try? CiphertextText(text, ring.settings).version else { return }
        try await loadStated(version == 0 ? 1 : version, of: ring)
    }

    /// Loads the version that a request names, where it is not in memory.
    func loadStated(_ number: Int, of ring: KeyRing) async throws(KeyRingError) {
        guard ring.isMissing(number) else { return }
        do throws(TransitError) { try await load([number], of: ring) } catch { throw .versionNotInMemory(number) }
    }
}
