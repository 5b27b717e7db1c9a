internal import Bytes
internal import EngineKit

/// What users write about a secret, names and values. **Source** system wire facts §17.1.
struct CustomMetadata: Sendable, Equatable {
    // By the bytes of the names: Swift's strings are equal too when Unicode only writes them differently.
    private(set) var pairs: [(name: String, value: String)] = []

    static func == (left: CustomMetadata, right: CustomMetadata) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    /// Nothing.
    init() {}

    /// Reads an object of texts.
    init(_ value: JSONValue, in text: ByteView) throws(KVError) {
        try merge(value, in: text, removesNull: false)
        try check()
    }

    /// Merges an object of texts; null takes a name away.
    mutating func merge(_ value: JSONValue, in text: ByteView) throws(KVError) {
        try merge(value, in: text, removesNull: true)
        try check()
    }

    private mutating func merge(_ value: JSONValue, in text: ByteView, removesNull: Bool) throws(KVError) {
        guard value.kind == .object else { throw .customMetadata(.notTexts) }
        let raw = text.slice(value.offset, value.count)
        var places = Dictionary(
            uniqueKeysWithValues: pairs.enumerated().map { (StorageName($0.element.name), $0.offset) })
        var removed: Set<Int> = []
        do throws(JSONFault) {
            var scanner = JSONScanner(raw, depthLimit: JSONScanner.deepestLimit)
            guard try scanner.openDocument() else { return }
            var isFirst = true
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: raw)
                let value = try scanner.scanValue()
                let place = places[StorageName(name)]
                if removesNull && value.kind == .null {
                    if let place { removed.insert(place) }
                    continue
                }
                guard value.isString else { throw .notAnObject }
                if let place {
                    pairs[place].value = JSONText.string(value, in: raw)
                    removed.remove(place)
                } else {
                    places[StorageName(name)] = pairs.count
                    pairs.append((name, JSONText.string(value, in: raw)))
                }
            }
        } catch {
            throw .customMetadata(.notTexts)
        }
        pairs = pairs.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
        pairs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func check() throws(KVError) {
        guard pairs.count <= KVLimits.metadataPairs else {
            throw .customMetadata(.tooMany(limit: KVLimits.metadataPairs, count: pairs.count))
        }
        for (name, value) in pairs {
            guard (1...KVLimits.metadataKey).contains(name.utf8.count) else {
                throw .customMetadata(.keyLength(limit: KVLimits.metadataKey))
            }
            guard (1...KVLimits.metadataValue).contains(value.utf8.count) else {
                throw .customMetadata(.valueLength(limit: KVLimits.metadataValue))
            }
            guard Self.isPrintable(name) else { throw .customMetadata(.keyUnprintable) }
            guard Self.isPrintable(value) else { throw .customMetadata(.valueUnprintable) }
        }
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// Appends it as a JSON object.
    func write(into body: inout ByteWriter) {
        body.append("{")
        for (index, pair) in pairs.enumerated() {
            if index > 0 { body.append(",") }
            body.append(jsonString: pair.name)
            body.append(":")
            body.append(jsonString: pair.value)
        }
        body.append("}")
    }

    /// Puts it into a record. **Layout** `count ‖ (name ‖ value)…`.
    func put(into record: inout RecordWriter) {
        record.put(pairs.count)
        for (name, value) in pairs {
            record.put(text: name)
            record.put(text: value)
        }
    }

    /// Reads what `put` wrote.
    init(from reader: inout RecordReader) throws(RecordFault) {
        for _ in 0..<(try reader.count(ofAtLeast: 16)) { pairs.append((try reader.text(), try reader.text())) }
    }
}

/// A name that is equal to another only when its bytes are.
struct StorageName: Hashable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
}
