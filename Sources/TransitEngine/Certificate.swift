internal import Bytes
internal import Certificates
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST keys/:name/csr` and `keys/:name/set-certificate`. **Source** wire facts §4.25.
struct CertificateCommand: Sendable {
    private static let table = FieldTable("version", "csr", "certificate_chain")

    let name: KeyName
    /// nil or 0 for the latest.
    let version: Int
    /// Whether a chain is set, or a signing request made.
    let isChain: Bool
    let text: TextRef
    let texts: RequestTexts
    let warnings: [String]

    init(_ request: EngineRequest, _ name: KeyName, isChain: Bool) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        self.name = name
        self.isChain = isChain
        texts = RequestTexts(body: request.body)
        version = try parameters.read { (p) throws(ParameterFault) in try p.int(0) } ?? 0
        text = try BatchWork.text(isChain ? 2 : 1, parameters, texts)
        warnings = parameters.warnings(replaced: ["name"])
    }
}

extension Transit {
    /// Makes a signing request, or sets a chain.
    func performStoring(
        _ command: CertificateCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        guard let ring = try await catalog.ring(command.name) else { throw .certificateKeyMissing(command.name) }
        try Self.checkCertifiable(ring)
        if command.isChain {
            try await setChain(command, into: &body)
        } else {
            try await request(command, ring, into: &body)
        }
        return EngineReply(warnings: command.warnings)
    }

    private static func checkCertifiable(_ ring: KeyRing) throws(TransitError) {
        guard ring.settings.type.pair != nil else { throw .certificateType(ring.settings.type) }
        if ring.settings.isDerived { throw .certificateDerived }
    }

    private func version(_ number: Int, of ring: KeyRing) async throws(TransitError) -> KeyVersion? {
        if number == 0 { return ring.latest }
        try await catalog.load(ring.missing([number]), of: ring)
        return try? ring.working(number)
    }

    private func request(
        _ command: CertificateCommand, _ ring: KeyRing, into body: inout ByteWriter
    ) async throws(TransitError) {
        guard let version = try await version(command.version, of: ring), let pair = version.pair else {
            throw .csrVersion
        }
        let text = command.texts.view(command.text)
        let name = command.name.text
        let type = ring.settings.type.rawValue
        do {
            guard let key = try pair.privateKey() else { throw TransitError.csrPrivate }
            let request = try SigningRequest.make(template: command.text.isBlank ? nil : text, key: key)
            body.append("{\"csr\":")
            request.withUnsafeBytes { body.append(jsonString: ByteView($0)) }
            body.append(",\"name\":")
            body.append(jsonString: name)
            body.append(",\"type\":")
            body.append(jsonString: type)
            body.append("}")
        } catch let error as TransitError {
            throw error
        } catch let error as KeyRingError {
            throw .ring(error)
        } catch let error as CertificateError {
            throw .certificate(error, isStored: false)
        } catch {
            throw .ring(.cryptoUnavailable)
        }
    }

    private func setChain(_ command: CertificateCommand, into body: inout ByteWriter) async throws(TransitError) {
        let text = command.texts.view(command.text)
        let chain: CertificateChain
        do throws(CertificateError) { chain = try CertificateChain(pem: text) } catch {
            throw .certificate(error, isStored: false)
        }
        do throws(CertificateError) { try chain.checkShape() } catch { throw .certificate(error, isStored: true) }
        let ring = try await catalog.update(command.name) { (ring) async throws(TransitError) in
            try Self.checkCertifiable(ring)
            guard let version = try await version(command.version, of: ring), let pair = version.pair else {
                throw .chainVersion
            }
            do {
                try chain.check(matches: pair.publicKey())
                return try ring.replacing(version.certified(chain.certificates, settings: ring.settings))
            } catch let error as CertificateError {
                throw .certificate(error, isStored: true, type: ring.settings.type)
            } catch let error as KeyRingError {
                throw .ring(error)
            } catch {
                throw .ring(.cryptoUnavailable)
            }
        }
        guard let ring else { throw .certificateKeyMissing(command.name) }
        body.append("{\"certificate_chain\":")
        body.append(jsonString: text)
        body.append(",\"name\":")
        body.append(jsonString: command.name.text)
        body.append(",\"type\":")
        body.append(jsonString: ring.settings.type.rawValue)
        body.append("}")
    }
}

extension TransitError {
    /// What clients are told of certificates. **Source** wire facts §4.25.
    fileprivate static func certificate(
        _ error: CertificateError, isStored: Bool, type: KeyType = .rsa2048
    ) -> TransitError {
        if case .signing(let error) = error { return .ring(.asymmetric(error)) }
        return .certificateFault((isStored ? "failed to persist certificate chain: " : "") + error.wireText(type))
    }
}

extension CertificateError {
    fileprivate func wireText(_ type: KeyType) -> String {
        switch self {
        case .requestTooLarge: "the CSR template is longer than \(SigningRequest.templateLimit) bytes"
        case .requestNotPEM: "could not decode PEM CSR"
        case .requestMalformed(let part): "x509: malformed certificate request: \(part)"
        case .chainTooLarge: "the certificate chain is longer than \(CertificateChain.textLimit) bytes"
        case .chainTooLong: "the certificate chain has more than \(CertificateChain.lengthLimit) certificates"
        case .chainNoPEMBlock: "could not decode a PEM block in the certificate chain"
        case .chainNoCertificate: "provided certificate chain did not contain any valid PEM encoded certificate"
        case .chainMalformed(let part):
            "could not parse a certificate in the certificate chain: x509: malformed certificate: \(part)"
        case .firstIsNotLeaf: "certificate in the first element is not a valid leaf certificate"
        case .lastIsNotCA: "certificate in the last element is not a valid CA certificate"
        case .severalLeaves:
            "could not validate if there is only one leaf certificate in the provided chain"
        case .leafAlgorithmMismatch(let leaf):
            "could not validate key match between leaf certificate key and key entry in transit: provided leaf "
                + "certificate public key algorithm '\(leaf)' does not match the transit key type '\(type.rawValue)'"
        case .leafKeyMismatch: "leaf certificate public key does not match the selected key version"
        case .noHosts: "no name to make a certificate for"
        case .signing: "could not create the csr"
        }
    }
}
