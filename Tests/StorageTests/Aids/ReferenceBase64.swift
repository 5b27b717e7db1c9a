/// The decoding rule of the wire, byte by byte and with no thought of speed: what the fast decoders are held to.
/// **Source** transit wire facts §1.4; RFC 4648 §4.
package enum ReferenceBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [Int] = (0...255).map { byte in alphabet.firstIndex { $0 == byte } ?? -1 }

    /// The outcome of decoding.
    package enum Outcome: Equatable {
        /// The bytes meant.
        case bytes([UInt8])
        /// The offset of the first error.
        case fault(Int)
    }

    /// Standard padded base64 of the bytes.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for index in 0..<4 {
                text.append(index <= part.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What the text means, or where it stops being base64.
    package static func decode(_ text: [UInt8]) -> Outcome {
        var bytes: [UInt8] = []
        var symbols: [Int] = []
        var at = 0
        while at < text.count {
            let byte = text[at]
            if byte == 0x0D || byte == 0x0A {
                at += 1
            } else if values[Int(byte)] >= 0 {
                symbols.append(values[Int(byte)])
                at += 1
                if symbols.count == 4 { flush(&symbols, &bytes) }
            } else if byte == UInt8(ascii: "="), symbols.count >= 2 {
                return finish(text, at, symbols, bytes)
            } else {
                return .fault(at)
            }
        }
        return symbols.isEmpty ? .bytes(bytes) : .fault(text.count - symbols.count)
    }

    /// From the first padding sign on.
    private static func finish(_ text: [UInt8], _ padding: Int, _ symbols: [Int], _ decoded: [UInt8]) -> Outcome {
        func next(_ from: Int) -> Int { text[from...].firstIndex { $0 != 0x0D && $0 != 0x0A } ?? text.count }
        var (symbols, bytes) = (symbols, decoded)
        var at = next(padding + 1)
        if symbols.count == 2 {
            guard at < text.count else { return .fault(text.count) }
            guard text[at] == UInt8(ascii: "=") else { return .fault(at - 1) }
            at = next(at + 1)
        }
        if at < text.count { return .fault(at) }
        flush(&symbols, &bytes)
        return .bytes(bytes)
    }

    private static func flush(_ symbols: inout [Int], _ bytes: inout [UInt8]) {
        let bits = symbols.reduce(0) { $0 << 6 | $1 } << (6 * (4 - symbols.count))
        for index in 0..<symbols.count - 1 { bytes.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * index))) }
        symbols = []
    }
}
