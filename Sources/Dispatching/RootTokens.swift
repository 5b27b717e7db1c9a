package import Bytes
package import EngineKit
internal import Primitives
package import Storage
internal import Synchronization
package import Vocabulary

/// The root tokens of a server that keeps them: known by their digests, which are stored sealed.
///
/// **Layout** of storage: `core/root-token/<SHA-256 of the token in hex>`, a record of format 1 with the second of its
/// making. **Concurrency** behind one short lock; there are few of them.
package final class RootTokens: TokenAuthority {
    private static let folder = "core/root-token/"
    private static let digestLength = 32
    private let digests = Mutex<[[UInt8]]>([])

    /// Knows no token before `load`.
    package init() {}

    package func standing(of token: ByteView, from client: PeerAddress) -> TokenStanding {
        guard !token.isEmpty, token.count <= 512, let presented = Self.digest(token) else { return .unknown }
        return digests.withLock { known in
            var isKnown = false
            // All of them are compared: which one it was must not show.
            for digest in known where Self.equal(digest, presented) { isKnown = true }
            return isKnown ? .known(.root) : .unknown
        }
    }

    package func use(_ token: [UInt8], from client: PeerAddress) async throws(TokenFault) -> TokenUse? { nil }
    package func spend(_ use: TokenUse) async {}
    package func issue(
        _ login: Login, at mount: MountPoint, path: String, for client: ClientFacts
    ) async throws(TokenFault) -> IssuedToken {
        throw TokenFault(.unavailable, "this server keeps no tokens")
    }

    /// Makes a token and stores it. Returns the token, which is kept nowhere.
    package func make(
        in storage: any StorageBackend, length: Int = TokenText.length, nowUnixSeconds: Int
    ) async throws(StorageError) -> String {
        guard let token = TokenText.make(length: length) else { throw .unavailable }
        try await adopt(token, in: storage, nowUnixSeconds: nowUnixSeconds)
        return token
    }

    /// Takes on a token that somebody chose.
    package func adopt(
        _ token: String, in storage: any StorageBackend, nowUnixSeconds: Int
    ) async throws(StorageError) {
        guard let digest = Self.digest(of: token) else { throw .unavailable }
        var writer = RecordWriter(format: 1)
        writer.put(nowUnixSeconds)
        var batch = WriteBatch()
        batch.put(StorageKey(Self.folder + Self.hex(digest)), writer.record)
        try await storage.commit(batch)
        digests.withLock { $0.append(digest) }
    }

    /// Reads the stored tokens, after each unsealing.
    package func load(from storage: any StorageBackend) async throws(StorageError) {
        var found: [[UInt8]] = []
        var cursor: StorageKey?
        while true {
            let keys = try await storage.list(under: Self.folder, after: cursor, limit: 1000)
            if keys.isEmpty { break }
            for key in keys {
                let digest = Hex.decode(String(key.path.dropFirst(Self.folder.count)))
                if let digest, digest.count == Self.digestLength { found.append(digest) }
            }
            cursor = keys.last
        }
        digests.withLock { [found] in $0 = found }
    }

    /// Forgets every token, before each sealing.
    package func unload() { digests.withLock { $0 = [] } }

    private static func digest(of token: String) -> [UInt8]? {
        var token = token
        return token.withUTF8 { digest(ByteView(UnsafeRawBufferPointer($0))) }
    }

    private static func digest(_ token: ByteView) -> [UInt8]? {
        [UInt8](unsafeUninitializedCapacity: digestLength) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            do throws(CryptoError) {
                try DigestAlgorithm.sha2_256.hash(token, into: start)
                count = digestLength
            } catch {
                count = 0
            }
        }
    }

    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { left.count == digestLength && ConstantTime.equal(ByteView(left), ByteView($0)) }
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        var writer = ByteWriter(capacity: 64)
        bytes.withUnsafeBytes { writer.append(hex: ByteView($0)) }
        return writer.view.string
    }
}

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
