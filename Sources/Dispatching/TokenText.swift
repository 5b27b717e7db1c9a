internal import Bytes
internal import Primitives

/// How tokens are spelled.
package enum TokenText {
    /// Length of a service token.
    package static let length = 28
    /// Length of a service token as older clients know them.
    package static let shortLength = 26

    /// A fresh service token: `hvs.`, or `s.` for the short ones, and 24 characters of base 62, about 143 bits; nil
    /// when there is no randomness.
    package static func make(length: Int = length) -> String? {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var token = length == shortLength ? "s." : "hvs."
        while token.utf8.count < length {
            guard let bytes = try? RandomSource.secret(count: 32) else { return nil }
            // 248 is the largest multiple of 62: bytes above would favour some letters.
            bytes.exposing { bytes in
                for byte in bytes.array where byte < 248 && token.utf8.count < length {
                    token.append(alphabet[Int(byte) % 62])
                }
            }
        }
        return token
    }
}
