internal import Bytes

/// One thing to be done: an item of `batch_input`, or the single input of a request without one.
///
/// **Layout** 48 bytes, all references; a batch is one array of them.
struct BatchItem: Sendable {
    /// Plaintext, ciphertext or HMAC input, as the text that was sent.
    var input = TextRef.absent
    /// Base64 of the derivation context.
    var context = TextRef.absent
    /// Base64 of the associated data.
    var associatedData = TextRef.absent
    /// The client's own mark, given back with the result.
    var reference = TextRef.absent
    /// 0 asks for the latest.
    var keyVersion = 0
    /// A nonce came with the item.
    var hasNonce = false
    /// The item is its input and nothing else, in text that stands in the body as it is.
    var isSole = false
    /// What `proof` is.
    var proofKind = ProofKind.none

    /// A signature or MAC to be verified. Such items have no associated data, and it stands in its place.
    var proof: TextRef {
        get { associatedData }
        set { associatedData = newValue }
    }

    /// What a request wants verified.
    enum ProofKind: UInt8, Sendable { case none, signature, hmac, cmac, several }

    /// Notes a signature or MAC; a signature goes before the others.
    mutating func note(_ proof: TextRef, _ kind: ProofKind) {
        if proof.isAbsent { return }
        // Compatibility: of a signature and a MAC together, the signature counts (wire facts §4.18).
        if proofKind == .none || kind == .signature { self.proof = proof }
        proofKind = proofKind == .none ? kind : .several
    }
}

/// Reads `batch_input`. Two manners, as on the wire (facts §1.3): strict for encrypt and decrypt, loose elsewhere.
struct BatchReader {
    /// The member that holds the input.
    let inputName: StaticString
    /// What a strict reader says of an item without it; nil makes the reader loose.
    let missingInput: String?
    /// More than so many faults are counted, not told.
    private static let toldFaults = 20

    private(set) var items: [BatchItem] = []
    private var soleItems = 0
    // The index of the item that is being read; after a fault no items are kept.
    private var index = 0
    // Items of loose readers that hold no input: each costs more memory than it took to send.
    private var inputless = 0
    private static let mostInputless = 100_000
    private var faults: [String] = []
    private var untold = 0

    // Items of verify hold signatures or MACs, and no associated data.
    private let hasProofs: Bool

    init(inputName: StaticString, missingInput: String?, hasProofs: Bool = false) {
        self.inputName = inputName
        self.missingInput = missingInput
        self.hasProofs = hasProofs
    }

    private var isStrict: Bool { missingInput != nil }

    /// Whether every item is its input and nothing else.
    var isPlain: Bool { soleItems == index }

    /// Reads the array in front of which the scanner stands.
    mutating func read(_ scanner: inout JSONScanner, _ texts: RequestTexts) throws(JSONFault) {
        // The member may come twice; the last one counts.
        (items, faults, untold, index, inputless, soleItems) = ([], [], 0, 0, 0, 0)
        try scanner.enter()
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            if scanner.peek() == UInt8(ascii: "{") {
                // Most items hold the input and nothing else.
                if let input = scanner.scanSoleString(named: inputName) {
                    var item = BatchItem()
                    item.input = TextRef(offset: input.offset, count: input.count, isUnescaped: false)
                    item.isSole = true
                    soleItems += 1
                    keep(item)
                } else {
                    try readItem(&scanner, texts)
                }
            } else {
                let value = try scanner.scanValue()
                note("[\(index)] expected a map, got '\(value.goType)'")
            }
            index += 1
        }
    }

    /// Throws when there is nothing to do, or when something could not be read.
    consuming func finished() throws(TransitError) -> [BatchItem] {
        if untold > 0 { faults.append("… and \(untold) more") }
        if !faults.isEmpty { throw .batchItems(faults) }
        if items.isEmpty { throw .emptyBatch }
        return items
    }

    private mutating func readItem(_ scanner: inout JSONScanner, _ texts: RequestTexts) throws(JSONFault) {
        try scanner.enter()
        var item = BatchItem()
        var isFirst = true
        while let key = try scanner.nextMember(&isFirst) {
            let value = try scanner.scanValue()
            guard let member = member(named: key, in: scanner.text) else { continue }
            switch member {
            case .input: item.input = inputText(value, texts)
            case .context: item.context = text(value, "context", texts)
            case .associatedData: item.associatedData = text(value, "associated_data", texts)
            case .reference: item.reference = text(value, "reference", texts)
            case .nonce: item.hasNonce = !text(value, "nonce", texts).isBlank
            case .signature: item.note(text(value, "signature", texts), .signature)
            case .hmac: item.note(text(value, "hmac", texts), .hmac)
            case .cmac: item.note(text(value, "cmac", texts), .cmac)
            case .keyVersion: item.keyVersion = version(value, scanner.text)
            }
        }
        if item.input.isAbsent {
            inputless += 1
            if let missingInput {
                note("'[\(index)].\(inputName)' \(missingInput)")
            } else if inputless == Self.mostInputless {
                note("more than \(Self.mostInputless) items have no \(inputName)")
            }
        }
        keep(item)
    }

    @inline(__always)
    private mutating func keep(_ item: BatchItem) {
        if faults.isEmpty { items.append(item) }
    }

    private enum Member { case input, context, associatedData, reference, nonce, keyVersion, signature, hmac, cmac }

    @inline(__always)
    private func member(named key: JSONValue, in text: ByteView) -> Member? {
        guard key.kind == .string else { return escapedMember(named: JSONText.string(key, in: text)) }
        let name = text.slice(key.offset, key.count)
        if name.equals(inputName) { return .input }
        if name.equals("context") { return .context }
        if name.equals("key_version") { return .keyVersion }
        if name.equals("associated_data") && !hasProofs { return .associatedData }
        if name.equals("reference") { return .reference }
        if name.equals("nonce") { return .nonce }
        return hasProofs ? Self.proofMember(named: name) : nil
    }

    private static func proofMember(named name: ByteView) -> Member? {
        if name.equals("signature") { return .signature }
        if name.equals("hmac") { return .hmac }
        return name.equals("cmac") ? .cmac : nil
    }

    private func escapedMember(named name: String) -> Member? {
        switch name {
        case inputName.description: .input
        case "context": .context
        case "key_version": .keyVersion
        case "associated_data" where !hasProofs: .associatedData
        case "reference": .reference
        case "nonce": .nonce
        case "signature" where hasProofs: .signature
        case "hmac" where hasProofs: .hmac
        case "cmac" where hasProofs: .cmac
        default: nil
        }
    }

    @inline(__always)
    private mutating func inputText(_ value: JSONValue, _ texts: RequestTexts) -> TextRef {
        if value.kind == .string { return TextRef(offset: value.offset, count: value.count, isUnescaped: false) }
        return unusualText(value, inputName.description, texts, nullable: !isStrict)
    }

    // The name is an autoclosure so that the good case makes no string.
    @inline(__always)
    private mutating func text(
        _ value: JSONValue, _ name: @autoclosure () -> String, _ texts: RequestTexts
    ) -> TextRef {
        if value.kind == .string { return TextRef(offset: value.offset, count: value.count, isUnescaped: false) }
        return unusualText(value, name(), texts, nullable: true)
    }

    private mutating func unusualText(
        _ value: JSONValue, _ name: String, _ texts: RequestTexts, nullable: Bool
    ) -> TextRef {
        let isFine =
            value.kind == .escapedString || value.kind == .null && nullable || value.kind == .number && !isStrict
        guard isFine, let reference = texts.reference(value) else {
            note(path(name) + " expected type 'string', got unconvertible type '\(value.goType)'")
            return .empty
        }
        return reference
    }

    private mutating func version(_ value: JSONValue, _ text: ByteView) -> Int {
        switch value.kind {
        case .null: return 0
        case .number, .string, .escapedString:
            if value.kind == .number || !isStrict, let number = Int(JSONText.string(value, in: text)) { return number }
            fallthrough
        default:
            note(path("key_version") + " expected type 'int', got unconvertible type '\(value.goType)'")
            return 0
        }
    }

    private func path(_ name: String) -> String {
        isStrict ? "'[\(index)].\(name)'" : "'[\(index)][\(name)]'"
    }

    private mutating func note(_ fault: String) {
        items = []
        if faults.count < Self.toldFaults { faults.append(fault) } else { untold += 1 }
    }
}

extension JSONValue {
    /// The name that the wire's sentences have for the kind.
    var goType: String {
        switch kind {
        case .absent, .null: "<nil>"
        case .true, .false: "bool"
        case .number: "json.Number"
        case .string, .escapedString: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
