internal import Bytes
package import EngineKit
internal import Primitives

/// How tokens and accessors are spelled. **Source** system wire facts §8.
package enum TokenSpelling {
    /// What service tokens begin with.
    package static let servicePrefix: StaticString = "hvs."
    /// What batch tokens begin with.
    package static let batchPrefix: StaticString = "hvb."
    /// Letters after the prefix of a service token, and of an accessor: about 143 bits.
    package static let letters = 24
    /// Length of a service token.
    package static let length = 28
    /// Longer texts are no service tokens.
    static let longestService = 512
    /// Longer texts are no batch tokens.
    static let longestBatch = 32 * 1024
    private static let alphabet: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    /// A fresh service token; nil when there is no randomness.
    package static func makeService() -> SealSecret? {
        var text = ByteWriter(capacity: length)
        text.append(servicePrefix)
        guard appendLetters(to: &text) else { return nil }
        return SealSecret(copying: text.view)
    }

    /// A fresh accessor; nil when there is no randomness.
    static func makeAccessor() -> String? {
        var text = ByteWriter(capacity: letters)
        return appendLetters(to: &text) ? text.view.string : nil
    }

    private static func appendLetters(to text: inout ByteWriter) -> Bool {
        let end = text.count + letters
        while text.count < end {
            guard let bytes = try? RandomSource.secret(count: 32) else { return false }
            bytes.exposing { bytes in
                // 248 is the largest multiple of 62: bytes above would favour some letters.
                for index in 0..<bytes.count where bytes[index] < 248 && text.count < end {
                    text.append(alphabet.utf8Start[Int(bytes[index] % 62)])
                }
            }
        }
        return true
    }
}
