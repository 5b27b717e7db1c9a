package import Bytes
internal import Crypto
internal import FoundationEssentials

/// A KEM pair; decapsulates on any number of threads at once.
///
/// Every pair has decapsulated what its public half encapsulated before it can be used.
/// **Cost** up to 20 KiB. The expanded key and a copy of the seed are in memory of the library, which is neither locked
/// nor zeroed at the end; the seed that is lent out is in locked memory.
package final class KEMPrivateKey: Sendable {
    private enum Backing: Sendable {
        case mlKEM768(MLKEM768.PrivateKey)
        case mlKEM1024(MLKEM1024.PrivateKey)
        case xWing(XWingMLKEM768X25519.PrivateKey)
    }

    /// The public half.
    package let publicKey: KEMPublicKey
    private let seed: SecretBytes
    private let backing: Backing

    /// Which mechanism it is for.
    package var algorithm: KEMAlgorithm { publicKey.algorithm }

    /// A new pair. **Cost** like importing one, below a millisecond.
    package static func generate(_ algorithm: KEMAlgorithm) throws(AsymmetricError) -> KEMPrivateKey {
        let seed: SecretBytes
        do throws(CryptoError) {
            seed = try RandomSource.secret(count: algorithm.seedLength)
        } catch {
            throw .library(error)
        }
        return try seed.exposing { seed throws(AsymmetricError) in try KEMPrivateKey(algorithm, seed: seed) }
    }

    /// The pair of a seed of `algorithm.seedLength` bytes. **Throws** `.malformedKey` for another length,
    /// `.pairMismatch`.
    package init(_ algorithm: KEMAlgorithm, seed: ByteView) throws(AsymmetricError) {
        guard seed.count == algorithm.seedLength else { throw .malformedKey }
        self.seed = SecretBytes(copying: seed)
        do {
            switch algorithm {
            case .mlKEM768:
                let key = try MLKEM768.PrivateKey(seedRepresentation: seed.buffer, publicKey: nil)
                (backing, publicKey) = (.mlKEM768(key), KEMPublicKey(algorithm, .mlKEM768(key.publicKey)))
            case .mlKEM1024:
                let key = try MLKEM1024.PrivateKey(seedRepresentation: seed.buffer, publicKey: nil)
                (backing, publicKey) = (.mlKEM1024(key), KEMPublicKey(algorithm, .mlKEM1024(key.publicKey)))
            case .xWing:
                let key = try XWingMLKEM768X25519.PrivateKey(seedRepresentation: seed.buffer, publicKey: nil)
                (backing, publicKey) = (.xWing(key), KEMPublicKey(algorithm, .xWing(key.publicKey)))
            }
        } catch {
            throw .library(.libraryFailure(operation: .setKey))
        }
        try checkPair()
    }

    /// The secret that the ciphertext tells. **Cost** about 0.1 ms.
    ///
    /// ML-KEM rejects implicitly: a ciphertext that was not made for this key gives a secret that nobody else has.
    /// **Throws** `.decryptionFailed` for another length, and for X-Wing when the X25519 half is of low order.
    package func decapsulate(_ ciphertext: ByteView) throws(AsymmetricError) -> SecretBytes {
        guard ciphertext.count == algorithm.ciphertextLength else { throw .decryptionFailed }
        let key: SymmetricKey
        do {
            switch backing {
            case .mlKEM768(let pair): key = try pair.decapsulate(ciphertext.buffer)
            case .mlKEM1024(let pair): key = try pair.decapsulate(ciphertext.buffer)
            case .xWing(let pair): key = try pair.decapsulate(Data(ciphertext.buffer))
            }
        } catch {
            throw .decryptionFailed
        }
        return try SecretBytes(key, count: algorithm.sharedSecretLength)
    }

    /// Lends the seed, from which the pair can be made again.
    package func exposingSeed<R: ~Copyable>(
        _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        try seed.exposing(body)
    }

    private func checkPair() throws(AsymmetricError) {
        let made = try publicKey.encapsulate()
        let holds = try made.ciphertext.lending { ciphertext throws(AsymmetricError) in
            let told = try decapsulate(ciphertext)
            return made.secret.exposing { made in told.exposing { ConstantTime.equal(made, $0) } }
        }
        guard holds else { throw .pairMismatch }
    }
}
