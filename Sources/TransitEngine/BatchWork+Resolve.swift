internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// Which member of an endpoint's table plays which part in a `BatchWork`.
struct BatchShape {
    let table: FieldTable
    let batch: Int
    let input: Int
    let context: Int
    let keyVersion: Int
    let associatedData: Int
    let nonce: Int
    let partialFailureCode: Int
    let inputName: StaticString
    /// What strict readers say of an item without input; nil for the loose ones.
    let missingInput: String?
    /// Indexes of `signature`, `hmac` and `cmac`, where the endpoint has them.
    var proofs: (signature: Int, hmac: Int, cmac: Int)?
}

extension BatchWork {
    /// Reads the body in one pass. `missing` is thrown when there is neither a batch nor an input;
    /// without it, no input is an empty one.
    init(
        _ request: EngineRequest, _ name: KeyName, _ shape: BatchShape, missing: TransitError?
    ) throws(TransitError) {
        let texts = RequestTexts(body: request.body)
        var reader = BatchReader(
            inputName: shape.inputName, missingInput: shape.missingInput, hasProofs: shape.proofs != nil)
        let parameters: Parameters
        do throws(ParameterFault) {
            parameters = try Parameters(request, shape.table, streamed: shape.batch) { (scanner) throws(JSONFault) in
                try reader.read(&scanner, texts)
            }
        } catch {
            throw .parameters(error)
        }
        self.name = name
        self.texts = texts
        self.parameters = parameters
        warnings = parameters.warnings(replaced: ["name"])
        mayFanOut = request.mayFanOut
        let batch = parameters[shape.batch]
        isBatch = batch.kind != .absent && batch.kind != .null
        if batch.kind == .array {
            isPlain = reader.isPlain
            items = try reader.finished()
        } else if isBatch {
            throw .batchNotArray(got: batch.goType)
        } else {
            items = [try Self.single(parameters, texts, shape)]
            if items[0].input.isAbsent, let missing { throw missing }
        }
        partialFailureCode =
            isBatch ? try parameters.read { (p) throws(ParameterFault) in try p.int(shape.partialFailureCode) } : nil
    }

    private static func single(
        _ parameters: Parameters, _ texts: RequestTexts, _ shape: BatchShape
    ) throws(TransitError) -> BatchItem {
        var item = BatchItem()
        item.input = try text(shape.input, parameters, texts)
        item.context = try text(shape.context, parameters, texts)
        item.associatedData = try text(shape.associatedData, parameters, texts)
        if let proofs = shape.proofs {
            item.note(try text(proofs.signature, parameters, texts), .signature)
            item.note(try text(proofs.hmac, parameters, texts), .hmac)
            item.note(try text(proofs.cmac, parameters, texts), .cmac)
        }
        item.hasNonce = try !text(shape.nonce, parameters, texts).isBlank
        item.keyVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(shape.keyVersion) } ?? 0
        return item
    }

    /// Takes the RSA padding that two parameters name. **Source** wire facts §11.
    static func padding(
        _ parameters: Parameters, scheme: Int, hash: Int
    ) throws(TransitError) -> RSAEncryptionPadding {
        let name = try parameters.read { (p) throws(ParameterFault) in try p.string(hash) } ?? ""
        switch try parameters.read({ (p) throws(ParameterFault) in try p.string(scheme) }) ?? "" {
        case "", "oaep":
            guard let digest = DigestAlgorithm(wireName: name.isEmpty ? "sha2-256" : name) else {
                throw .paddingHash(name)
            }
            return .oaep(digest)
        case "pkcs1v15": return .pkcs1
        case let other: throw .paddingScheme(other)
        }
    }

    @inline(__always)
    static func text(
        _ index: Int, _ parameters: Parameters, _ texts: RequestTexts
    ) throws(TransitError) -> TextRef {
        guard let reference = texts.reference(parameters[index]) else {
            throw .parameters(parameters.conversion(index, "a string"))
        }
        return reference
    }
}

extension Parameters {
    /// Reads fields with this engine's error.
    @inline(__always)
    func read<T>(_ body: (Parameters) throws(ParameterFault) -> T) throws(TransitError) -> T {
        do throws(ParameterFault) { return try body(self) } catch { throw .parameters(error) }
    }

    /// Scans the body of a request whose parameters are few.
    init(_ table: FieldTable, of request: EngineRequest) throws(TransitError) {
        do throws(ParameterFault) { try self.init(request, table) } catch { throw .parameters(error) }
    }
}
