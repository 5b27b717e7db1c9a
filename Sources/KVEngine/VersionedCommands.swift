internal import Bytes
internal import EngineKit

/// A write or a patch of a secret's data.
struct DataCommand: Sendable {
    private static let table = FieldTable("data", "options")
    private static let optionTable = FieldTable("cas")

    /// The new data or the patch, as it was spelled.
    let data: ByteView
    /// The version that must be the current one.
    let cas: Int?

    init(_ request: EngineRequest, isPatch: Bool) throws(KVError) {
        let parameters = try Parameters(Self.table, of: request)
        switch parameters[0].kind {
        case .object: break
        case .null where !isPatch: break
        case .absent, .null: throw .missingData
        default: throw .dataNotObject
        }
        data = JSONShapes.raw(parameters[0], in: parameters.text)
        switch parameters[1].kind {
        case .absent, .null: cas = nil
        case .object: cas = try Self.cas(parameters.raw(parameters[1]), request)
        default: throw .parameters(parameters.conversion(1, "a map"))
        }
    }

    private static func cas(_ options: ByteView, _ request: EngineRequest) throws(KVError) -> Int? {
        var inner = request
        inner.body = options
        let parameters = try Parameters(optionTable, of: inner)
        switch parameters[0].kind {
        case .absent: return nil
        case .number, .string, .escapedString:
            guard let number = Int(JSONText.string(parameters[0], in: options)) else { throw .casMalformed }
            return number
        default: throw .casMalformed
        }
    }
}

/// The numbers of versions that a request names: a list, or one text with commas between.
struct VersionNumbers: Sendable {
    private static let table = FieldTable("versions")

    let numbers: [Int]

    init(_ request: EngineRequest) throws(KVError) {
        let parameters = try Parameters(Self.table, of: request)
        let value = parameters[0]
        var texts: [String] = []
        switch value.kind {
        case .absent, .null: throw .missingVersions
        case .number: texts = [JSONText.string(value, in: parameters.text)]
        case .string, .escapedString:
            texts = JSONText.string(value, in: parameters.text).split(separator: ",").map {
                $0.trimmingSpaces
            }
        case .array: texts = try Self.elements(parameters.raw(value))
        default: throw .versionMalformed
        }
        guard !texts.isEmpty else { throw .missingVersions }
        guard texts.count <= KVLimits.versionsNamed else { throw .versionMalformed }
        var numbers: [Int] = []
        for text in texts {
            guard let number = Int(text) else { throw .versionMalformed }
            numbers.append(number)
        }
        self.numbers = numbers
    }

    private static func elements(_ array: ByteView) throws(KVError) -> [String] {
        var texts: [String] = []
        do throws(JSONFault) {
            var scanner = JSONScanner(array, depthLimit: JSONScanner.deepestLimit)
            guard scanner.peek() == UInt8(ascii: "[") else { return [] }
            try scanner.enter()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                let value = try scanner.scanValue()
                // What is neither number nor text is no number in any spelling.
                texts.append(value.kind == .number || value.isString ? JSONText.string(value, in: array) : "?")
            }
        } catch {
            throw .parameters(.json(error))
        }
        return texts
    }
}

/// What a read of data or of its keys asks for.
struct ReadQuery: Sendable {
    private static let table = FieldTable("version", "depth")

    /// The version; 0 for the current one.
    let version: Int
    /// How deep keys are told; 0 for all.
    let depth: Int

    init(_ request: EngineRequest) throws(KVError) {
        let parameters = try Parameters(Self.table, of: request)
        do throws(ParameterFault) {
            version = try parameters.int(0) ?? 0
            depth = max(try parameters.int(1) ?? 0, 0)
        } catch {
            throw .parameters(error)
        }
    }
}

extension Parameters {
    /// Scans the body with this room's error.
    init(_ table: FieldTable, of request: EngineRequest) throws(KVError) {
        do throws(ParameterFault) { self = try Parameters(request, table) } catch { throw .parameters(error) }
    }
}

extension Substring {
    /// Without spaces at both ends.
    var trimmingSpaces: String {
        var rest = drop { $0 == " " }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
