package import Bytes

/// A secret of the configuration: a token, a key, a connection string with a password. It is never printed.
package final class SecretSetting: Sendable {
    private let bytes: SecretBytes

    init(_ text: [UInt8]) {
        bytes = text.span.withUnsafeBytes { SecretBytes(copying: ByteView($0)) }
    }

    /// Length in bytes.
    package var count: Int { bytes.count }

    /// Lends the bytes for the time of the call.
    package func exposing<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try bytes.exposing(body)
    }
}

extension SecretSetting: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `(secret)`.
    package var description: String { "(secret)" }
    /// `(secret)`.
    package var debugDescription: String { "(secret)" }
    /// No children: a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// How the texts of secrets are found and read.
enum SecretText {
    /// Longest secret that a file may hold.
    static let mostBytes = 64 * 1024

    /// What a value of the configuration stands for: itself, or what `env://NAME` or `file://path` name.
    static func resolve(_ text: String, environment: [String: String]) throws(SettingsFault) -> [UInt8] {
        if text.hasPrefix("env://") {
            guard let value = environment[String(text.dropFirst(6))], !value.isEmpty else {
                throw .unreadable("the environment variable that env:// names is not set")
            }
            return Array(value.utf8)
        }
        if text.hasPrefix("file://") {
            return try ConfigurationFiles.read(String(text.dropFirst(7)), atMost: mostBytes)
        }
        return Array(text.utf8)
    }

    /// The bytes without one line end after them, which editors leave in files.
    static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == 0x0A else { return bytes }
        let shorter = bytes.dropLast()
        return Array(shorter.last == 0x0D ? shorter.dropLast() : shorter)
    }

    /// A key of 32 bytes: as they are, in 64 hexadecimal digits, or in base64.
    static func key256(_ bytes: [UInt8]) -> [UInt8]? {
        if bytes.count == 32 { return bytes }
        let text = withoutLineEnd(bytes)
        if text.count == 32 { return text }
        if text.count == 64, let key = Hex.decode(String(decoding: text, as: UTF8.self)) { return key }
        let decoded = text.span.withUnsafeBytes { Base64.decode(ByteView($0)) }
        guard case .success(let key) = decoded, key.count == 32 else { return nil }
        return key
    }
}
