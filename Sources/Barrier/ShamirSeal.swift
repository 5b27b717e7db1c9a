internal import Bytes
package import Primitives

/// A seal whose key exists as shares in people's hands: unseal shares, or recovery shares beside an automatic seal.
///
/// One value is one key: a new one, or one that shares were put together for. The key is zeroed with it.
package struct ShamirSeal: Seal {
    /// The wire name of this kind.
    package static let type = "shamir"
    /// Length of its keys in bytes.
    package static let keyLength = 32
    private let key: AEADKey

    /// A seal with a new key.
    package static func generate() throws(SealError) -> ShamirSeal {
        do throws(CryptoError) {
            return ShamirSeal(key: try AEADKey(.aes256GCM, material: RandomSource.secret(count: keyLength)))
        } catch {
            throw .cryptoUnavailable
        }
    }

    private init(key: AEADKey) { self.key = key }

    /// The seal whose key the shares give. Whether it is the right one shows when it unwraps. **Throws** `.refused` for
    /// shares that cannot belong together.
    package init(combining shares: [KeyShare]) throws(SealError) {
        do {
            key = try AEADKey(.aes256GCM, material: Shamir.combine(shares))
        } catch {
            throw .refused
        }
    }

    /// The key in shares; one share of one is the key itself.
    package func split(shares: Int, threshold: Int) throws(SealError) -> [KeyShare] {
        do throws(ShamirError) {
            return try key.exposingMaterial { (key) throws(ShamirError) in
                try Shamir.split(SecretBytes(copying: key), shares: shares, threshold: threshold)
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// Whether both have the same key, compared in constant time.
    package func isSame(as other: ShamirSeal) -> Bool {
        key.exposingMaterial { mine in other.key.exposingMaterial { ConstantTime.equal(mine, $0) } }
    }

    package var type: String { Self.type }
    package var isAutomatic: Bool { false }

    package func wrap(_ root: RootKey) throws(SealError) -> WrappedKey {
        WrappedKey(keyID: "", blob: try RootKeyWrap.wrap(root, under: key, type: type, keyID: ""))
    }

    package func unwrap(_ wrapped: WrappedKey) throws(SealError) -> RootKey {
        try RootKeyWrap.unwrap(wrapped.blob, under: key, type: type, keyID: "")
    }

    package func isCurrent(_ wrapped: WrappedKey) -> Bool { true }
    package func health() -> SealHealth { .healthy }
}
