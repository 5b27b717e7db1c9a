internal import Bytes
internal import EngineKit
internal import Primitives
internal import Vocabulary

/// `sys/tools/random` and `sys/tools/hash`. **Source** system wire facts §12.
package enum ToolsSection {
    private static let randomFields = FieldTable("bytes", "format", "source", "urlbytes")
    private static let hashFields = FieldTable("input", "algorithm", "format", "urlalgorithm")
    private static let mostBytes = 131_072

    /// The section.
    package static func make() -> SystemSection {
        SystemSection([
            SectionPath("tools/random", write: { (request, _) throws(SectionFault) in try random(request, []) })
                .told(
                    "Random bytes.",
                    .write(
                        "Draws bytes.",
                        takes: [.int("bytes", "How many; 32 by default."), .text("source", "platform, seal or all.")]
                            + format, gives: .data([.text("random_bytes").required]))),
            SectionPath(
                "tools/random/",
                write: { (request, rest) throws(SectionFault) in
                    try random(request, rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init))
                }
            ).told(
                "Random bytes: a source, a number, or both.",
                .write("Draws bytes.", takes: format, gives: .data([.text("random_bytes").required]))),
            SectionPath("tools/hash", write: { (request, _) throws(SectionFault) in try hash(request, nil) })
                .told(
                    "Digests.",
                    .write(
                        "Makes a digest.", takes: message + [.text("algorithm", "Hash function.")] + format,
                        gives: .data([.text("sum").required]))),
            SectionPath("tools/hash/", write: { (request, name) throws(SectionFault) in try hash(request, name) })
                .told(
                    "Digests.", at: "{algorithm}",
                    .write("Makes a digest.", takes: message + format, gives: .data([.text("sum").required]))),
        ])
    }

    private static let format = [PathField.text("format", "base64 or hex.")]
    private static let message = [PathField.base64("input", "The message.").required]

    private static let sources = ["platform", "all", "seal"]

    private static func random(_ request: EngineRequest, _ parts: [String]) throws(SectionFault) -> SectionCommand {
        let fields = try parameters(request, randomFields)
        var rest = parts
        var source = try reading { () throws(ParameterFault) in try fields.string(2) } ?? "platform"
        if let first = rest.first, sources.contains(first) {
            source = first
            rest.removeFirst()
        }
        guard rest.count <= 1 else { throw .unsupportedPath }
        guard sources.contains(source) else {
            throw SectionFault(
                .invalidRequest, "unsupported entropy source; must be \"platform\" or \"seal\", or \"all\"")
        }
        var count = try reading { () throws(ParameterFault) in try fields.int(0) } ?? 32
        if let text = rest.first, !text.isEmpty {
            guard let number = Int(text) else {
                throw SectionFault(.invalidRequest, "error parsing url-set byte count: not a number")
            }
            count = number
        }
        guard count >= 1 else { throw SectionFault(.invalidRequest, "\"bytes\" cannot be less than 1") }
        guard count <= mostBytes else {
            throw SectionFault(.invalidRequest, "\"bytes\" should be less than \(mostBytes)")
        }
        let format = try format(fields, 1, standard: "base64")
        return .now(.update) { [count] (body) throws(SectionFault) in
            do throws(CryptoError) {
                let bytes = try RandomSource.secret(count: count)
                body.append("{\"random_bytes\":\"")
                bytes.exposing { if format == "hex" { body.append(hex: $0) } else { body.append(base64: $0) } }
                body.append("\"}")
            } catch {
                throw SectionFault(.unavailable, "the random source is not available; try again")
            }
            return EngineReply()
        }
    }

    private static func format(
        _ fields: Parameters, _ index: Int, standard: String
    ) throws(SectionFault) -> String {
        let format = try reading { () throws(ParameterFault) in try fields.string(index) } ?? standard
        guard format == "hex" || format == "base64" else {
            throw SectionFault(.invalidRequest, "unsupported encoding format; must be \"hex\" or \"base64\"")
        }
        return format
    }

    private static func decode(_ text: String) -> Result<[UInt8], Base64Fault> {
        var copy = ByteWriter(capacity: text.utf8.count)
        copy.append(text: text)
        return Base64.decode(copy.view)
    }

    private static func hash(_ request: EngineRequest, _ named: String?) throws(SectionFault) -> SectionCommand {
        let fields = try parameters(request, hashFields)
        let name = try reading { () throws(ParameterFault) in try fields.string(1) }
        let wanted = named ?? name ?? "sha2-256"
        guard let algorithm = DigestAlgorithm(wireName: wanted), algorithm != .sha1 else {
            // The name of an algorithm that there is none of could be anything.
            throw SectionFault(.invalidRequest, "unsupported algorithm \(AlgorithmName.shown(wanted))")
        }
        let format = try format(fields, 2, standard: "hex")
        guard fields[0].isPresent else {
            throw SectionFault(.invalidRequest, "unable to decode input as base64: no input")
        }
        let text = try reading { () throws(ParameterFault) in try fields.string(0) } ?? ""
        let input: [UInt8]
        switch decode(text) {
        case .success(let bytes): input = bytes
        case .failure(let fault):
            throw SectionFault(
                .invalidRequest,
                "unable to decode input as base64: illegal base64 data at input byte \(fault.offset)")
        }
        return .now(.update) { (body) throws(SectionFault) in
            var digest = ByteWriter(capacity: 64)
            digest.append(room: algorithm.length) { out in
                var copy = ByteWriter(capacity: input.count)
                input.withUnsafeBytes { copy.append(ByteView($0)) }
                do throws(CryptoError) { try algorithm.hash(copy.view, into: out) } catch { return 0 }
                return algorithm.length
            }
            guard digest.count == algorithm.length else {
                throw SectionFault(.internal, "the digest could not be made")
            }
            body.append("{\"sum\":\"")
            if format == "hex" { body.append(hex: digest.view) } else { body.append(base64: digest.view) }
            body.append("\"}")
            return EngineReply()
        }
    }
}

/// Names that came from a client, in sentences.
enum AlgorithmName {
    /// The name, if it could be one.
    static func shown(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
        return isPlain && name.utf8.count <= 32 ? name : "(not a name)"
    }
}
