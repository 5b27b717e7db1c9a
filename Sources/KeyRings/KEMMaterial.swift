package import Bytes
package import Primitives
internal import Synchronization

/// A key pair of a key encapsulation mechanism. **Layout** of the secret: the seed; of the public half: raw bytes.
///
/// **Concurrency** objects are made at first use, behind a short lock.
package final class KEMMaterial: Sendable {
    /// The mechanism.
    package let algorithm: KEMAlgorithm
    /// The public half.
    package let rawPublicKey: [UInt8]
    private let seed: SecretBytes
    private let made: Mutex<KEMPrivateKey?>

    /// A fresh pair.
    @inline(never)
    package init(generating algorithm: KEMAlgorithm) throws(AsymmetricError) {
        let key = try KEMPrivateKey.generate(algorithm)
        self.algorithm = algorithm
        rawPublicKey = key.publicKey.rawBytes
        seed = try key.exposingSeed { (bytes) throws(AsymmetricError) in SecretBytes(copying: bytes) }
        made = Mutex(key)
    }

    /// A pair out of its stored entry, or of one that was imported: then the public half is empty and is computed.
    @inline(never)
    init(_ algorithm: KEMAlgorithm, seed: consuming SecretBytes, publicKey: [UInt8]) throws(KeyRingError) {
        self.algorithm = algorithm
        do throws(AsymmetricError) {
            let key =
                publicKey.isEmpty
                ? try seed.exposing { (bytes) throws(AsymmetricError) in try KEMPrivateKey(algorithm, seed: bytes) }
                : nil
            rawPublicKey = key?.publicKey.rawBytes ?? publicKey
            made = Mutex(key)
        } catch {
            throw .asymmetric(error)
        }
        self.seed = seed
    }

    /// Lends the seed.
    package func exposingSeed<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try seed.exposing(body)
    }

    /// The pair.
    package func privateKey() throws(KeyRingError) -> KEMPrivateKey {
        if let key = made.withLock({ $0 }) { return key }
        do throws(AsymmetricError) {
            let algorithm = algorithm
            let key = try seed.exposing { (bytes) throws(AsymmetricError) in
                try KEMPrivateKey(algorithm, seed: bytes)
            }
            made.withLock { $0 = key }
            return key
        } catch {
            throw .corruptRecord
        }
    }
}
