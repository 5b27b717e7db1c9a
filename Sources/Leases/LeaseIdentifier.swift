internal import Bytes
internal import Primitives

/// A lease's name taken apart: the path of the request, and 24 letters and digits behind the last slash.
struct LeaseIdentifier: Hashable, Sendable {
    static let suffixLength = 24
    static let longestPath = 1024
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    let path: String
    let suffix: Suffix

    /// The 24 bytes, as numbers.
    struct Suffix: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0

        init(_ bytes: some Sequence<UInt8>) {
            for (index, byte) in bytes.prefix(24).enumerated() {
                let bits = UInt64(byte) << UInt64(56 - 8 * (index & 7))
                if index < 8 { first |= bits } else if index < 16 { second |= bits } else { third |= bits }
            }
        }

        var text: String {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(24)
            for word in [first, second, third] {
                for shift in stride(from: UInt64(56), through: 0, by: -8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Reads a name; nil for what cannot be one.
    init?(_ id: String) {
        let bytes = id.utf8
        guard bytes.count > Self.suffixLength + 1, bytes.count <= Self.longestPath + Self.suffixLength + 1 else {
            return nil
        }
        let cut = bytes.index(bytes.endIndex, offsetBy: -Self.suffixLength)
        guard bytes[bytes.index(before: cut)] == UInt8(ascii: "/") else { return nil }
        let tail = bytes[cut...]
        guard tail.allSatisfy({ Self.isLetterOrDigit($0) }) else { return nil }
        path = String(id[..<bytes.index(before: cut)])
        suffix = Suffix(tail)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80
    }

    /// A new name below `path`.
    static func random(below path: String) throws(LeaseError) -> String {
        var letters: [UInt8] = []
        letters.reserveCapacity(suffixLength)
        var bytes = [UInt8](repeating: 0, count: 48)
        while letters.count < suffixLength {
            let failed = bytes.withUnsafeMutableBytes { buffer in
                do throws(CryptoError) { try RandomSource.fill(buffer) } catch { return true }
                return false
            }
            if failed { throw .noRandomness }
            // 248 is four times 62: larger bytes would favour some letters.
            for byte in bytes where byte < 248 && letters.count < suffixLength {
                letters.append(alphabet[Int(byte) % 62])
            }
        }
        return path + "/" + String(decoding: letters, as: UTF8.self)
    }
}
