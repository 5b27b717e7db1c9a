internal import Bytes
internal import Primitives

/// Reads the values of a backup blob one after another. `null` is zero for every one of them.
///
/// **Cost** two passes over the text: what is no JSON is refused before anything is made of it.
struct BackupReader: ~Copyable {
    /// The members of one kind of object, names in lower case.
    typealias Members = [(name: StaticString, field: BackupField)]

    let text: ByteView
    private var scanner: JSONScanner
    private var entries = 0
    // Where strings are decoded; what passed through is zeroed when the reader ends.
    private var scratch = ByteWriter()

    init(_ text: ByteView) {
        self.text = text
        scanner = JSONScanner(text, depthLimit: BackupLimits.depth)
    }

    /// Checks that the whole text is one JSON object of bearable size and depth, or `null`.
    static func check(_ text: ByteView) throws(BackupFault) {
        guard text.count <= BackupLimits.bytes else { throw .tooLarge(nil) }
        do throws(JSONFault) {
            var scanner = JSONScanner(text, depthLimit: BackupLimits.depth)
            let value = try scanner.scanValue()
            // Beyond the end a NUL is read; one within the text is found by the position.
            guard scanner.peek() == 0, scanner.position >= text.count else {
                throw .syntax(offset: scanner.position)
            }
            guard value.kind == .object || value.kind == .null else { throw .notAnObject }
        } catch {
            guard case .syntax = error else { throw .json(error) }
            throw JSONComplaint.about(text) ?? .json(error)
        }
    }

    // MARK: - Arrays and objects

    /// Steps into the object that comes next; false when it is `null`.
    mutating func enterObject(_ field: BackupField) throws(BackupFault) -> Bool {
        try enter(UInt8(ascii: "{"), field)
    }

    /// Steps into the array that comes next; false when it is `null`.
    mutating func enterArray(_ field: BackupField) throws(BackupFault) -> Bool {
        try enter(UInt8(ascii: "["), field)
    }

    private mutating func enter(_ bracket: UInt8, _ field: BackupField) throws(BackupFault) -> Bool {
        if scanner.peek() == bracket {
            do { try scanner.enter() } catch { throw .json(error) }
            return true
        }
        guard try next().kind == .null else { throw .wrongKind(field) }
        return false
    }

    /// The next member that is known, its value still to be read; nil at the end of the object.
    mutating func nextMember(_ isFirst: inout Bool, of members: Members) throws(BackupFault) -> BackupField? {
        while let name = try nextName(&isFirst) {
            if let member = members.first(where: { name.equalsIgnoringCase($0.name) }) { return member.field }
            _ = try next()
        }
        return nil
    }

    /// The next member's name, valid until the next call; nil at the end of the object.
    mutating func nextName(_ isFirst: inout Bool) throws(BackupFault) -> ByteView? {
        let key: JSONValue?
        do { key = try scanner.nextMember(&isFirst) } catch { throw .json(error) }
        guard let key else { return nil }
        return decoded(key)
    }

    /// Whether another element follows.
    mutating func nextElement(_ isFirst: inout Bool) throws(BackupFault) -> Bool {
        do { return try scanner.nextElement(&isFirst) } catch { throw .json(error) }
    }

    /// Counts an entry that is about to be read.
    mutating func countEntry(_ field: BackupField) throws(BackupFault) {
        entries += 1
        guard entries <= BackupLimits.entries else { throw .tooLarge(field) }
    }

    // MARK: - Scalars

    mutating func bool(_ field: BackupField) throws(BackupFault) -> Bool {
        switch try next().kind {
        case .true: true
        case .false, .null: false
        default: throw .wrongKind(field)
        }
    }

    mutating func int(_ field: BackupField) throws(BackupFault) -> Int {
        guard let digits = try numberText(field) else { return 0 }
        guard let value = Self.int(digits) else { throw .number(field) }
        return value
    }

    mutating func string(_ field: BackupField) throws(BackupFault) -> String {
        try stringBytes(field)?.string ?? ""
    }

    mutating func time(_ field: BackupField) throws(BackupFault) -> (seconds: Int, nanoseconds: Int) {
        guard let bytes = try stringBytes(field) else { return BackupEntry.noTime }
        guard let time = TimestampText.parse(bytes) else { throw .time(field) }
        return time
    }

    /// A name, or a number as its digits.
    mutating func word(_ field: BackupField) throws(BackupFault) -> String {
        let value = try next()
        switch value.kind {
        case .null: return ""
        case .string, .escapedString: return decoded(value).string
        case .number: return text.slice(value.offset, value.count).string
        default: throw .wrongKind(field)
        }
    }

    /// Whether there is anything but `null` and the empty string.
    mutating func isFilled() throws(BackupFault) -> Bool {
        let value = try next()
        return value.kind != .null && !(value.isString && value.count == 0)
    }

    // MARK: - Bytes and big integers

    /// Key material in base64.
    mutating func secret(_ field: BackupField) throws(BackupFault) -> SecretBytes? {
        guard let encoded = try stringBytes(field) else { return nil }
        let decoded = try Self.decode(encoded, field, limit: BackupLimits.keyBytes)
        return SecretBytes(copying: decoded.view)
    }

    /// What is nobody's secret, in base64.
    mutating func bytes(_ field: BackupField, limit: Int) throws(BackupFault) -> [UInt8]? {
        guard let encoded = try stringBytes(field) else { return nil }
        return try Self.decode(encoded, field, limit: limit).view.array
    }

    /// A big integer that is nobody's secret.
    mutating func number(_ field: BackupField) throws(BackupFault) -> [UInt8]? {
        guard let digits = try numberText(field) else { return nil }
        do { return try DecimalNumber.bytes(digits) } catch { throw Self.fault(error, field) }
    }

    /// A secret big integer.
    mutating func secretNumber(_ field: BackupField) throws(BackupFault) -> SecretBytes? {
        guard let digits = try numberText(field) else { return nil }
        do { return try DecimalNumber.secret(digits) } catch { throw Self.fault(error, field) }
    }

    private static func decode(
        _ encoded: ByteView, _ field: BackupField, limit: Int
    ) throws(BackupFault) -> ByteWriter {
        // Line breaks may stand between the characters, but not more of them than that.
        guard encoded.count <= limit * 2 else { throw .tooLarge(field) }
        let room = Base64.decodedRoom(encoded.count)
        var decoded = ByteWriter(capacity: room)
        var length = 0
        decoded.append(room: room) { output in
            length = Base64.decode(encoded, into: output)
            return length
        }
        guard length >= 0 else { throw .base64(field, Base64Fault(offset: ~length)) }
        guard length <= limit else { throw .tooLarge(field) }
        return decoded
    }

    // MARK: - Beneath

    private mutating func next() throws(BackupFault) -> JSONValue {
        do { return try scanner.scanValue() } catch { throw .json(error) }
    }

    private mutating func numberText(_ field: BackupField) throws(BackupFault) -> ByteView? {
        let value = try next()
        guard value.kind != .null else { return nil }
        guard value.kind == .number else { throw .wrongKind(field) }
        return text.slice(value.offset, value.count)
    }

    private mutating func stringBytes(_ field: BackupField) throws(BackupFault) -> ByteView? {
        let value = try next()
        guard value.kind != .null else { return nil }
        guard value.isString else { throw .wrongKind(field) }
        return decoded(value)
    }

    /// What the string means; valid until the next string is decoded.
    private mutating func decoded(_ value: JSONValue) -> ByteView {
        let raw = text.slice(value.offset, value.count)
        guard value.kind == .escapedString else { return raw }
        scratch.truncate(to: 0)
        JSONText.unescape(raw, into: &scratch)
        return scratch.view
    }

    /// The integer that the digits spell, a sign in front allowed; nil for fractions, exponents and what is too large.
    static func int(_ text: ByteView) -> Int? {
        let isNegative = text[0] == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty else { return nil }
        var value = 0
        for index in 0..<digits.count {
            guard digits[index] >= 0x30, digits[index] <= 0x39 else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int(digits[index] - 0x30)
            let (sum, isOver) = tens.addingReportingOverflow(isNegative ? -digit : digit)
            if isTooLarge || isOver { return nil }
            value = sum
        }
        return value
    }

    private static func fault(_ error: AsymmetricError, _ field: BackupField) -> BackupFault {
        error == .invalidNumbers ? .number(field) : .cryptoUnavailable
    }
}
