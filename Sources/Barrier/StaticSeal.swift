internal import Bytes
internal import Glibc
package import Primitives

/// Where a static seal's key comes from.
package enum StaticKeySource: Sendable {
    /// A file that holds the key.
    case file(path: String)
    /// An environment variable that holds it.
    case environment(name: String)
    /// The key itself, which somebody read already.
    case given(KeyShare)

    // The longest text of a key, with white space around it.
    private static let limit = 256

    /// Reads the key: 32 raw bytes, 64 hex digits or base64, the texts with white space around them.
    /// **Throws** `.badKeySource`.
    func exposingKey() throws(SealError) -> SecretBytes {
        switch self {
        case .given(let key): return try key.exposing { (text) throws(SealError) in try Self.parse(text) }
        case .environment(let name):
            guard let value = getenv(name) else { throw .badKeySource }
            let count = strnlen(value, Self.limit + 1)
            return try Self.parse(ByteView(UnsafeRawBufferPointer(start: value, count: count)))
        case .file(let path):
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw .badKeySource }
            defer { close(file) }
            var count = 0
            let text = SecretBytes(count: Self.limit + 1) { count = read(file, $0.baseAddress, $0.count) }
            return try text.exposing { (text) throws(SealError) in
                try Self.parse(text.slice(0, count))
            }
        }
    }

    private static func parse(_ text: ByteView) throws(SealError) -> SecretBytes {
        guard text.count <= limit else { throw .badKeySource }
        if text.count == 32 { return SecretBytes(copying: text) }
        var (start, end) = (0, text.count)
        while start < end, isSpace(text[start]) { start += 1 }
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        guard let key = ShareText.decode(text.slice(start, end - start)), key.count == 32 else { throw .badKeySource }
        return key
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}

/// An automatic seal whose key is given to the server from outside: by a file or the environment.
///
/// **Layout** of a wrapped key: see `RootKeyWrap`.
package struct StaticSeal: Seal {
    private let currentID: String
    private let keys: [String: AEADKey]

    /// A seal that wraps with the current key, and unwraps with the previous ones too. **Throws** `.badKeySource`, also
    /// when two keys have one id or an id is empty.
    package init(
        currentID: String, current: StaticKeySource, previous: [(id: String, source: StaticKeySource)] = []
    ) throws(SealError) {
        self.currentID = currentID
        var keys: [String: AEADKey] = [:]
        for (id, source) in [(currentID, current)] + previous.map({ ($0.id, $0.source) }) {
            guard !id.isEmpty, keys[id] == nil else { throw .badKeySource }
            do throws(CryptoError) {
                keys[id] = try AEADKey(.aes256GCM, material: Self.material(source))
            } catch {
                throw .badKeySource
            }
        }
        self.keys = keys
    }

    private static func material(_ source: StaticKeySource) throws(CryptoError) -> SecretBytes {
        do throws(SealError) { return try source.exposingKey() } catch { throw .invalidKeyLength }
    }

    package var type: String { "static" }
    package var isAutomatic: Bool { true }

    package func wrap(_ root: RootKey) throws(SealError) -> WrappedKey {
        guard let key = keys[currentID] else { throw .badKeySource }
        let blob = try RootKeyWrap.wrap(root, under: key, type: type, keyID: currentID)
        return WrappedKey(keyID: currentID, blob: blob)
    }

    package func unwrap(_ wrapped: WrappedKey) throws(SealError) -> RootKey {
        guard let key = keys[wrapped.keyID] else { throw .refused }
        return try RootKeyWrap.unwrap(wrapped.blob, under: key, type: type, keyID: wrapped.keyID)
    }

    package func isCurrent(_ wrapped: WrappedKey) -> Bool { wrapped.keyID == currentID }
    package func health() -> SealHealth { .healthy }
}
