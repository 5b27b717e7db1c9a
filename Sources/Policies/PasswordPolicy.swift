internal import Bytes
package import EngineKit
internal import HCL

/// How passwords are made: a length, and sets of characters with the least number of each.
///
/// `length = 20  rule "charset" { charset = "abc…" min-chars = 1 }`. **Source** system wire facts §10.
package struct PasswordPolicy: Sendable, Equatable {
    /// Fills memory with random bytes; false when there are none to be had.
    package typealias Random = @Sendable (UnsafeMutableRawBufferPointer) -> Bool

    /// A set of characters.
    package struct Charset: Sendable, Equatable {
        /// The characters, each once, in order.
        package var characters: [Unicode.Scalar]
        /// Least number of characters out of it.
        package var least: Int
    }

    /// A policy with its text.
    struct Stored: Sendable {
        let text: String
        let policy: PasswordPolicy
    }

    /// Bounds on the length of a password.
    package static let lengths = 4...100
    private static let maxCharsets = 32

    /// Number of characters.
    package let length: Int
    /// Where they come from.
    package let charsets: [Charset]

    /// Reads a policy, HCL or JSON.
    package init(reading text: String) throws(PolicyFault) {
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        let document: HCLDocument
        do throws(HCLError) { document = try HCLDocument.parse(writer.view, file: "policy") } catch {
            throw .syntax(error)
        }
        var (length, charsets) = (0, [Charset]())
        for item in document.body.items {
            switch item.name {
            case "length": length = try Self.integer(item)
            case "rule":
                let blocks = HCLBody.blocks(of: item, labels: 1)
                if let place = blocks.misshapen.first {
                    throw .password(.value(key: "rule", wanted: "a block with a type", line: place.line))
                }
                for block in blocks.found {
                    guard block.labels == ["charset"] else { throw .password(.unknownRule(block.labels.first ?? "")) }
                    charsets.append(try Self.charset(block.body))
                }
            default: throw .password(.unknownKey(item.name, line: item.position.line))
            }
        }
        guard Self.lengths.contains(length) else {
            throw .password(.length(least: Self.lengths.lowerBound, most: Self.lengths.upperBound))
        }
        if charsets.isEmpty { throw .password(.noCharset) }
        if charsets.count > Self.maxCharsets { throw .password(.tooManyRules(limit: Self.maxCharsets)) }
        // At most 32 times 100: no overflow.
        let required = charsets.reduce(0) { $0 + $1.least }
        if required > length { throw .password(.tooManyRequired(required: required, length: length)) }
        (self.length, self.charsets) = (length, charsets)
    }

    private static func integer(_ item: HCLItem) throws(PolicyFault) -> Int {
        guard case .attribute(let attribute) = item, case .integer(let value) = attribute.value.kind, value >= 0,
            value <= lengths.upperBound
        else {
            throw .password(
                .value(
                    key: item.name, wanted: "a number between 0 and \(lengths.upperBound)", line: item.position.line))
        }
        return value
    }

    private static func charset(_ body: HCLBody) throws(PolicyFault) -> Charset {
        var (text, least) = ("", 0)
        for item in body.items {
            switch item.name {
            case "charset":
                guard case .attribute(let attribute) = item, case .string(let value) = attribute.value.kind else {
                    throw .password(.value(key: "charset", wanted: "a string", line: item.position.line))
                }
                text = value
            case "min-chars", "min_chars": least = try integer(item)
            default: throw .password(.unknownKey(item.name, line: item.position.line))
            }
        }
        let characters = Set(text.unicodeScalars).sorted { $0.value < $1.value }
        if characters.isEmpty { throw .password(.emptyCharset) }
        let isPrintable = characters.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isPrintable else { throw .password(.unprintable) }
        return Charset(characters: characters, least: least)
    }

    /// A password: uniform among all that the rules allow. Nil when there are no random bytes.
    ///
    /// **Cost** draws whole passwords out of all characters until one has enough of each set. When the rules make that
    /// too rare, the demanded characters are drawn first, the rest after them, and all are shuffled: then no character
    /// is uniform, but none can be foretold.
    package func password(_ random: @escaping Random) -> SealSecret? {
        var dice = Dice(random)
        let every = Set(charsets.flatMap(\.characters)).sorted { $0.value < $1.value }
        for _ in 0..<200 {
            var drawn: [Unicode.Scalar] = []
            for _ in 0..<length {
                guard let index = dice.roll(every.count) else { return nil }
                drawn.append(every[index])
            }
            let fits = charsets.allSatisfy { set in
                set.least == 0 || drawn.count { set.characters.contains($0) } >= set.least
            }
            if fits { return Self.secret(drawn) }
        }
        var drawn: [Unicode.Scalar] = []
        for set in charsets {
            for _ in 0..<set.least {
                guard let index = dice.roll(set.characters.count) else { return nil }
                drawn.append(set.characters[index])
            }
        }
        while drawn.count < length {
            guard let index = dice.roll(every.count) else { return nil }
            drawn.append(every[index])
        }
        for last in stride(from: drawn.count - 1, to: 0, by: -1) {
            guard let index = dice.roll(last + 1) else { return nil }
            drawn.swapAt(index, last)
        }
        return Self.secret(drawn)
    }

    private static func secret(_ scalars: [Unicode.Scalar]) -> SealSecret {
        var writer = ByteWriter(capacity: scalars.count * 4)
        for scalar in scalars {
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { writer.append(byte) }
        }
        return SealSecret(copying: writer.view)
    }
}

/// Uniform numbers out of random bytes.
private struct Dice {
    private let random: PasswordPolicy.Random
    private var bytes = [UInt8](repeating: 0, count: 256)
    private var used = 256

    init(_ random: @escaping PasswordPolicy.Random) { self.random = random }

    /// A number from 0 to below `sides`, which is at least 1 and at most 2^21; nil when there are no random bytes.
    mutating func roll(_ sides: Int) -> Int? {
        // 32 bits, without those that would favour the low numbers.
        let sides = UInt32(truncatingIfNeeded: max(sides, 1))
        let limit = UInt32.max - UInt32.max % sides
        while true {
            guard let number = draw() else { return nil }
            if number < limit { return Int(number % sides) }
        }
    }

    private mutating func draw() -> UInt32? {
        if used + 4 > bytes.count {
            guard bytes.withUnsafeMutableBytes({ random($0) }) else { return nil }
            used = 0
        }
        var number: UInt32 = 0
        for index in used..<(used + 4) { number = number << 8 | UInt32(bytes[index]) }
        used += 4
        return number
    }
}
