package import Bytes
internal import Crypto
internal import FoundationEssentials
internal import Glibc

/// An ML-DSA pair; signs on any number of threads at once. **Source** FIPS 204.
///
/// Every pair has signed something that its public half verified before it can be used.
/// **Cost** 30 to 50 KiB. The expanded key and a copy of the seed are in memory of the library, which is neither locked
/// nor zeroed at the end; the seed that is lent out is in locked memory.
package final class MLDSAPrivateKey: Sendable {
    private enum Backing: Sendable {
        case mlDSA65(MLDSA65.PrivateKey)
        case mlDSA87(MLDSA87.PrivateKey)
    }

    /// The public half.
    package let publicKey: MLDSAPublicKey
    private let seed: SecretBytes
    private let backing: Backing

    /// Which ML-DSA it is.
    package var parameterSet: MLDSAParameterSet { publicKey.parameterSet }

    /// A new pair. **Cost** like importing one, about a millisecond.
    package static func generate(_ parameterSet: MLDSAParameterSet) throws(AsymmetricError) -> MLDSAPrivateKey {
        let seed: SecretBytes
        do throws(CryptoError) {
            seed = try RandomSource.secret(count: MLDSAParameterSet.seedLength)
        } catch {
            throw .library(error)
        }
        return try seed.exposing { seed throws(AsymmetricError) in try MLDSAPrivateKey(parameterSet, seed: seed) }
    }

    /// The pair of a seed of 32 bytes, FIPS 204's ξ. **Throws** `.malformedKey` for another length, `.pairMismatch`.
    package init(_ parameterSet: MLDSAParameterSet, seed: ByteView) throws(AsymmetricError) {
        guard seed.count == MLDSAParameterSet.seedLength else { throw .malformedKey }
        self.seed = SecretBytes(copying: seed)
        do {
            switch parameterSet {
            case .mlDSA65:
                let key = try MLDSA65.PrivateKey(seedRepresentation: seed.buffer, publicKey: nil)
                (backing, publicKey) = (.mlDSA65(key), MLDSAPublicKey(.mlDSA65, .mlDSA65(key.publicKey)))
            case .mlDSA87:
                let key = try MLDSA87.PrivateKey(seedRepresentation: seed.buffer, publicKey: nil)
                (backing, publicKey) = (.mlDSA87(key), MLDSAPublicKey(.mlDSA87, .mlDSA87(key.publicKey)))
            }
        } catch {
            throw .library(.libraryFailure(operation: .setKey))
        }
        try checkPair()
    }

    /// Signs the message under the context and returns the signature's length, `parameterSet.signatureLength`.
    ///
    /// `output` has room for that many. Hedged: another signature each time, and safe even if the generator failed.
    /// **Throws** `.contextTooLong`. **Source** FIPS 204, algorithm 2.
    package func sign(
        _ message: ByteView, context: ByteView = .empty, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        guard context.count <= MLDSAParameterSet.contextLimit else { throw .contextTooLong }
        let signature: Data
        do {
            switch backing {
            case .mlDSA65(let key): signature = try key.signature(for: message.buffer, context: context.buffer)
            case .mlDSA87(let key): signature = try key.signature(for: message.buffer, context: context.buffer)
            }
        } catch {
            throw .library(.libraryFailure(operation: .seal))
        }
        guard signature.count == parameterSet.signatureLength else {
            throw .library(.libraryFailure(operation: .seal))
        }
        signature.copyBytes(to: output, count: signature.count)
        return signature.count
    }

    /// Lends the seed, from which the pair can be made again.
    package func exposingSeed<R: ~Copyable>(
        _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        try seed.exposing(body)
    }

    private func checkPair() throws(AsymmetricError) {
        let message = ByteView("Strongroom's pairwise check")
        var signature = [UInt8](repeating: 0, count: parameterSet.signatureLength)
        _ = try sign(message, into: &signature)
        let holds = try signature.lending { signature throws(AsymmetricError) in
            try publicKey.verify(signature, of: message)
        }
        guard holds else { throw .pairMismatch }
    }
}
