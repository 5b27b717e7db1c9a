internal import Bytes

/// Hashes of the empty text and of whole numbers below 100, as key versions are: most entries hold some.
///
/// Nothing longer is kept, so that no secret stays here. **Layout** four slots a value, for devices by their numbers:
/// whose hash it is, and its text.
struct CommonHashes {
    /// The most characters of a value that may be here.
    static let longest = 2
    private static let devicesKept = 4
    private static let slots = 101 * devicesKept

    private var devices = [Int](repeating: 0, count: slots)
    private var texts: [UInt8] = []

    /// Appends the hash of a value that is one of these; false, and nothing appended, for any other.
    mutating func append(_ value: ByteView, _ hasher: inout ValueHasher, to output: inout ByteWriter) -> Bool {
        guard let number = Self.number(value) else { return false }
        let slot = number * Self.devicesKept + hasher.device & (Self.devicesKept - 1)
        let place = slot * ValueHasher.hashLength
        if devices[slot] == hasher.device {
            texts.withUnsafeBytes { output.append(ByteView($0).slice(place, ValueHasher.hashLength)) }
            return true
        }
        let start = output.count
        hasher.append(hash: value, to: &output)
        let text = output.view.dropFirst(start)
        guard text.count == ValueHasher.hashLength else { return true }
        if texts.isEmpty { texts = [UInt8](repeating: 0, count: Self.slots * ValueHasher.hashLength) }
        for index in 0..<text.count { texts[place + index] = text[index] }
        devices[slot] = hasher.device
        return true
    }

    // 100 for the empty text. Numbers are spelled in one way only: without a zero in front.
    private static func number(_ value: ByteView) -> Int? {
        if value.isEmpty { return 100 }
        var number = 0
        for index in 0..<value.count {
            guard case 0x30...0x39 = value[index] else { return nil }
            number = number * 10 + Int(value[index] - 0x30)
        }
        return value.count == 1 || number >= 10 ? number : nil
    }
}
