internal import Bytes
package import Primitives

/// The calls that a transit seal makes to another server; the composition root supplies them over HTTP.
package protocol TransitSealClient: Sendable {
    /// The ciphertext text of the secret's bytes, such as `vault:v1:…`. **Throws** `.providerUnavailable`, `.refused`.
    func encrypt(_ secret: KeyShare) async throws(SealError) -> String
    /// The secret of a ciphertext text. **Throws** `.providerUnavailable`, `.refused`.
    func decrypt(_ ciphertext: String) async throws(SealError) -> KeyShare
}

/// An automatic seal whose key is a transit key of another server.
///
/// **Layout** of a wrapped key: the ciphertext text. The key id is the key's name.
package struct TransitSeal: Seal {
    private let client: any TransitSealClient
    private let keyName: String

    /// A seal with the key of that name, reached through the client.
    package init(keyName: String, client: any TransitSealClient) {
        self.keyName = keyName
        self.client = client
    }

    package var type: String { "transit" }
    package var isAutomatic: Bool { true }

    package func wrap(_ root: RootKey) async throws(SealError) -> WrappedKey {
        let text = try await client.encrypt(KeyShare(root.exposing { SecretBytes(copying: $0) }))
        return WrappedKey(keyID: keyName, blob: Array(text.utf8))
    }

    package func unwrap(_ wrapped: WrappedKey) async throws(SealError) -> RootKey {
        let secret = try await client.decrypt(String(decoding: wrapped.blob, as: UTF8.self))
        do throws(CryptoError) { return try RootKey(secret.exposing { SecretBytes(copying: $0) }) } catch {
            throw .refused
        }
    }

    package func isCurrent(_ wrapped: WrappedKey) -> Bool { wrapped.keyID == keyName }

    package func health() async -> SealHealth {
        do throws(SealError) {
            let probe = KeyShare(try Self.probe())
            return try await client.decrypt(client.encrypt(probe)).isSame(as: probe) ? .healthy : .failing(.refused)
        } catch {
            return .failing(error)
        }
    }

    private static func probe() throws(SealError) -> SecretBytes {
        do throws(CryptoError) { return try RandomSource.secret(count: 32) } catch { throw .cryptoUnavailable }
    }
}
