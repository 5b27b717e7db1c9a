internal import Primitives

/// Random letters for names and passwords.
enum RandomText {
    private static let lower = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    private static let upper = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let digits = Array("0123456789".utf8)

    /// Letters and digits, for names.
    static func letters(_ count: Int) throws(UsernameTemplate.Fault) -> String {
        guard let text = draw(count, from: digits + upper + lower) else { throw .noRandomness }
        return String(decoding: text, as: UTF8.self)
    }

    /// 20 letters, digits and `-`, some of each; nil without randomness.
    static func password() -> String? {
        let sets = [lower, upper, digits, [UInt8(ascii: "-")]]
        // Thrown away and drawn anew until there is some of each: no place is more likely to hold one than another.
        for _ in 0..<1000 {
            guard let text = draw(20, from: sets.flatMap { $0 }) else { return nil }
            guard sets.allSatisfy({ set in text.contains { set.contains($0) } }) else { continue }
            // Some tools take a leading dash for an option.
            if text[0] != UInt8(ascii: "-") { return String(decoding: text, as: UTF8.self) }
        }
        return nil
    }

    static func uuid() throws(UsernameTemplate.Fault) -> String {
        var bytes = [UInt8](repeating: 0, count: 36)
        var failed = false
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            do throws(CryptoError) { try RandomSource.uuid(into: start) } catch { failed = true }
        }
        if failed { throw .noRandomness }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func draw(_ count: Int, from alphabet: [UInt8]) -> [UInt8]? {
        let limit = 256 / alphabet.count * alphabet.count
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var bytes = [UInt8](repeating: 0, count: 64)
        while result.count < count {
            var failed = false
            bytes.withUnsafeMutableBytes { buffer in
                do throws(CryptoError) { try RandomSource.fillSecret(buffer) } catch { failed = true }
            }
            if failed { return nil }
            for byte in bytes where Int(byte) < limit && result.count < count {
                result.append(alphabet[Int(byte) % alphabet.count])
            }
        }
        return result
    }
}
