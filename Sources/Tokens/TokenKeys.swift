internal import Bytes
internal import EngineKit
internal import Primitives

/// The two secrets of the store: the salt of the digests, and the key of batch tokens.
///
/// **Layout** of their record: format 1, salt(32), key(32). **Concurrency** does not change.
final class TokenKeys: Sendable {
    static let path = "keys"
    private static let batchBinding: StaticString = "strongroom batch token 1"
    private let salt: HMACKey
    private let batch: AEADKey

    /// Secrets from their record; nil when it is damaged.
    init?(record: [UInt8]) {
        let keys = record.withUnsafeBytes { bytes -> (HMACKey, AEADKey)? in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == 1, let salt = try? reader.view(),
                let key = try? reader.view(), salt.count == 32, key.count == 32,
                let digester = try? HMACKey(.sha2_256, key: salt),
                let sealer = try? AEADKey(.aes256GCM, material: SecretBytes(copying: key))
            else { return nil }
            return (digester, sealer)
        }
        guard let keys else { return nil }
        (salt, batch) = keys
    }

    /// A record of fresh secrets; nil when there is no randomness.
    static func makeRecord() -> [UInt8]? {
        guard let salt = try? RandomSource.secret(count: 32), let key = try? RandomSource.secret(count: 32) else {
            return nil
        }
        var writer = RecordWriter(format: 1)
        salt.exposing { writer.put($0) }
        key.exposing { writer.put($0) }
        return writer.record
    }

    func digest(of token: ByteView) -> TokenDigest? { TokenDigest(of: token, salt: salt) }

    /// What an accessor is filed under.
    func digest(ofAccessor accessor: String) -> TokenDigest? {
        var text = ByteWriter(capacity: 64)
        text.append("accessor:")
        text.append(text: accessor)
        return TokenDigest(of: text.view, salt: salt)
    }

    /// A batch token: the entry, sealed. **Layout** `hvb.` ‖ base64url(nonce(12) ‖ ciphertext ‖ tag(16)).
    func sealBatch(_ entry: TokenEntry) throws(TokenError) -> SealSecret {
        let record = entry.record
        var sealed = ByteWriter(capacity: record.count + 64)
        let isSealed = record.withUnsafeBytes { record in
            sealed.append(room: record.count + batch.algorithm.overhead) { output in
                do throws(CryptoError) {
                    try batch.seal(ByteView(record), authenticating: ByteView(Self.batchBinding), into: output)
                    return record.count + batch.algorithm.overhead
                } catch {
                    return 0
                }
            }
            return sealed.count > 0
        }
        guard isSealed else { throw .noRandomness }
        var token = ByteWriter(capacity: sealed.count * 4 / 3 + 8)
        token.append(TokenSpelling.batchPrefix)
        token.append(base64URL: sealed.view)
        guard token.count <= TokenSpelling.longestBatch else { throw .tooLarge }
        return SealSecret(copying: token.view)
    }

    /// The entry in a batch token; nil for one that this store did not make.
    func openBatch(_ token: ByteView) -> TokenEntry? {
        guard token.count <= TokenSpelling.longestBatch, token.hasPrefix(TokenSpelling.batchPrefix) else { return nil }
        var sealed = ByteWriter(capacity: token.count)
        do throws(Base64Fault) {
            try sealed.append(decodingURL: token.dropFirst(TokenSpelling.batchPrefix.utf8CodeUnitCount))
        } catch {
            return nil
        }
        var record = ByteWriter(capacity: sealed.count + 64)
        record.append(room: sealed.count + 64) { output in
            do throws(CryptoError) {
                return try batch.open(sealed.view, authenticating: ByteView(Self.batchBinding), into: output)
            } catch {
                return 0
            }
        }
        guard record.count > 0, let entry = TokenEntry(view: record.view), entry.kind == .batch else { return nil }
        return entry
    }
}
