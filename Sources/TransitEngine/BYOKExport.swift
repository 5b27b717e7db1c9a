internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `GET byok-export/:destination/:source(/:version)`: keys wrapped for another server. **Source** wire facts §4.22.
struct BYOKExportCommand: Sendable {
    private static let table = FieldTable("hash")

    let destination: KeyName
    let source: KeyName
    let version: String
    let digest: DigestAlgorithm
    let warnings: [String]

    init(_ request: EngineRequest, _ destination: KeyName, _ source: KeyName, version: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        let hash = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "SHA256"
        guard let digest = DigestAlgorithm(wrappingName: hash) else { throw .wrappingHash(hash) }
        self.digest = digest
        self.destination = destination
        self.source = source
        self.version = version.string
        warnings = parameters.warnings(replaced: ["destination", "source", "version"])
    }
}

extension Transit {
    /// Wraps the source's versions under the destination's public key.
    func performStoring(
        _ command: BYOKExportCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        guard let destination = try await catalog.ring(command.destination) else { throw .byokNoDestination }
        guard let source = try await catalog.ring(command.source) else { throw .byokNoSource }
        if destination.settings.isSoftDeleted { throw .byokSoftDeleted("destination") }
        if source.settings.isSoftDeleted { throw .byokSoftDeleted("source") }
        if !source.settings.isExportable { throw .keyNotExportable }
        guard destination.settings.type.isRSA, let pair = destination.latest.pair else {
            // Compatibility: keys that can at least sign get another sentence ("requring" is the wire's own).
            throw destination.settings.type.pair != nil
                ? .byokNotRSA : .byokDestinationType(destination.settings.type)
        }
        let wrapping: PublicKey
        do throws(KeyRingError) { wrapping = try pair.publicKey() } catch { throw .ring(error) }
        let versions = try await VersionChoice.versions(command.version, of: source, catalog)
        let order = versions.sorted { String($0.number).utf8.lexicographicallyPrecedes(String($1.number).utf8) }
        body.append("{\"keys\":{")
        for (index, version) in order.enumerated() {
            body.append(index > 0 ? ",\"" : "\"")
            body.append(decimal: version.number)
            body.append("\":\"")
            do {
                try Self.wrap(version, wrapping, command.digest, to: &body)
            } catch let error as KeyRingError {
                throw .ring(error)
            } catch {
                throw .ring(.cryptoUnavailable)
            }
            body.append("\"")
        }
        body.append("},\"name\":")
        body.append(jsonString: source.name.text)
        body.append(",\"type\":")
        body.append(jsonString: source.settings.type.rawValue)
        body.append("}")
        return EngineReply(warnings: command.warnings)
    }

    /// **Layout** base64 of OAEP(ephemeral key) ‖ KWP(ephemeral key, target). **Source** wire facts §5.9.
    private static func wrap(
        _ version: KeyVersion, _ wrapping: PublicKey, _ digest: DigestAlgorithm, to body: inout ByteWriter
    ) throws {
        guard version.hasPrivateHalf else { throw KeyRingError.signingWithoutPrivateHalf }
        let ephemeral = try RandomSource.secret(count: 32)
        var blob = ByteWriter(capacity: 8192)
        try blob.append(room: wrapping.algorithm.signatureRoom) { out in
            try ephemeral.exposing { try wrapping.encrypt($0, .oaep(digest), into: out) }
        }
        // Pairs go as PKCS #8; everything else as its bytes.
        if let key = try version.pair?.privateKey() {
            try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in
                do throws(CryptoError) { try append(der, ephemeral, to: &blob) } catch { throw .library(error) }
            }
        } else {
            try version.exposingKey { (bytes) throws(CryptoError) in try append(bytes, ephemeral, to: &blob) }
        }
        body.append(base64: blob.view)
    }

    private static func append(
        _ target: ByteView, _ ephemeral: borrowing SecretBytes, to blob: inout ByteWriter
    ) throws(CryptoError) {
        try ephemeral.exposing { (key) throws(CryptoError) in
            try blob.append(room: AESKeyWrap.wrappedLength(target.count)) { (out) throws(CryptoError) in
                try AESKeyWrap.wrap(target, key: key, into: out)
            }
        }
    }
}
