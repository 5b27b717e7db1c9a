internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// How digests and random bytes are spelled.
enum OutputFormat: String, Sendable { case hex, base64 }

/// `POST hash(/:algorithm)`. **Source** wire facts §4.24.
struct HashCommand: Sendable {
    private static let table = FieldTable("input", "algorithm", "format")
    private let input: ByteView
    private let texts: RequestTexts
    private let algorithm: String
    private let format: String
    private let warnings: [String]

    init(_ request: EngineRequest, algorithm: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        texts = RequestTexts(body: request.body)
        let reference = try BatchWork.text(0, parameters, texts)
        if reference.isAbsent { throw .missingHashInput }
        input = texts.view(reference)
        let stated = try parameters.read { (p) throws(ParameterFault) in try p.string(1) } ?? "sha2-256"
        self.algorithm = algorithm.isEmpty ? stated : algorithm.string
        format = try parameters.read { (p) throws(ParameterFault) in try p.string(2) } ?? "hex"
        warnings = parameters.warnings(replaced: ["urlalgorithm"])
    }

    /// Appends `{"sum":"…"}`.
    func perform(into body: inout ByteWriter) throws(TransitError) -> EngineReply {
        var workspace = Workspace()
        do throws(KeyRingError) { try workspace.decodeMessage(input) } catch {
            if case .base64(let fault) = error { throw .hashInputBase64(fault) }
            throw .ring(error)
        }
        guard let format = OutputFormat(rawValue: format) else { throw .hashFormat(self.format) }
        // SHA-1 is offered for HMAC only, as on the wire.
        guard let digest = DigestAlgorithm(wireName: algorithm), digest != .sha1 else {
            throw .hashAlgorithm(algorithm)
        }
        var sum = ByteWriter(capacity: 64)
        let message = workspace.currentMessage
        do throws(CryptoError) {
            try sum.append(room: 64) { (out) throws(CryptoError) in
                try digest.hash(message, into: out)
                return digest.length
            }
        } catch {
            throw .ring(.cryptoUnavailable)
        }
        body.append("{\"sum\":\"")
        body.append(sum.view, as: format)
        body.append("\"}")
        return EngineReply(warnings: warnings)
    }
}

/// `POST random(/:source)(/:bytes)`. **Source** wire facts §4.23.
struct RandomCommand: Sendable {
    private static let table = FieldTable("bytes", "format")
    private static let most = 131_072
    private let count: Int
    private let format: OutputFormat
    private let warnings: [String]

    init(_ request: EngineRequest, rest: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        let parts = rest.string.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let names = ["platform", "seal", "all"]
        var (source, amount): (String?, String?) = (nil, nil)
        if let first = parts.first, !first.isEmpty {
            if names.contains(first) || parts.count > 1 { source = first } else { amount = first }
        }
        if parts.count > 1 { amount = parts.dropFirst().joined(separator: "/") }
        if let amount, !amount.isEmpty {
            guard let number = Int(amount) else { throw .randomCount(amount) }
            count = number
        } else {
            count = try parameters.read { (p) throws(ParameterFault) in try p.int(0) } ?? 32
        }
        if count < 1 { throw .randomTooFew }
        if count > Self.most { throw .randomTooMany }
        let stated = try parameters.read { (p) throws(ParameterFault) in try p.string(1) } ?? "base64"
        guard let format = OutputFormat(rawValue: stated) else { throw .randomFormat(stated) }
        if let source, !names.contains(source) { throw .randomSource(source) }
        self.format = format
        let notes =
            source == "seal" ? ["no seal/entropy augmentation available, using platform entropy source"] : []
        warnings = notes + parameters.warnings(replaced: ["source", "urlbytes"])
    }

    /// Appends `{"random_bytes":"…"}`.
    func perform(into body: inout ByteWriter) throws(TransitError) -> EngineReply {
        var workspace = Workspace()
        do throws(KeyRingError) { try workspace.drawMessage(count: count) } catch { throw .ring(error) }
        body.append("{\"random_bytes\":\"")
        body.append(workspace.currentMessage, as: format)
        body.append("\"}")
        return EngineReply(warnings: warnings)
    }
}

extension ByteWriter {
    /// Appends the bytes in the given spelling.
    fileprivate mutating func append(_ bytes: ByteView, as format: OutputFormat) {
        switch format {
        case .hex: append(hex: bytes)
        case .base64: append(base64: bytes)
        }
    }
}
