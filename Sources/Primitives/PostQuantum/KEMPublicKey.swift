package import Bytes
internal import Crypto
internal import FoundationEssentials

/// What encapsulation gives: the secret, and the ciphertext that tells the holder of the private key the secret.
package struct KEMEncapsulation: ~Copyable {
    /// For the holder of the private key; nobody's secret.
    package let ciphertext: [UInt8]
    /// The shared secret, 32 bytes, which may serve as a key as it is.
    package let secret: SecretBytes

    /// Puts the two together.
    init(ciphertext: [UInt8], secret: consuming SecretBytes) {
        self.ciphertext = ciphertext
        self.secret = secret
    }
}

/// The public half of a KEM pair; encapsulates on any number of threads at once.
///
/// **Cost** up to 10 KiB: the library keeps ML-KEM's expanded.
package final class KEMPublicKey: Sendable {
    enum Backing: Sendable {
        case mlKEM768(MLKEM768.PublicKey)
        case mlKEM1024(MLKEM1024.PublicKey)
        case xWing(XWingMLKEM768X25519.PublicKey)
    }

    /// Which mechanism it is for.
    package let algorithm: KEMAlgorithm
    /// The encoded key.
    package let rawBytes: [UInt8]
    private let backing: Backing

    /// A key from its encoded form. **Throws** `.malformedKey` for another length, and when a coefficient is not below
    /// the modulus. **Source** FIPS 203 §7.2.
    package init(_ algorithm: KEMAlgorithm, raw: ByteView) throws(AsymmetricError) {
        guard raw.count == algorithm.publicKeyLength else { throw .malformedKey }
        self.algorithm = algorithm
        rawBytes = raw.array
        do {
            switch algorithm {
            case .mlKEM768: backing = .mlKEM768(try MLKEM768.PublicKey(rawRepresentation: raw.buffer))
            case .mlKEM1024: backing = .mlKEM1024(try MLKEM1024.PublicKey(rawRepresentation: raw.buffer))
            case .xWing:
                // The library looks at X-Wing's first half only when it encapsulates; here, it is looked at once.
                let first = raw.slice(0, KEMAlgorithm.mlKEM768.publicKeyLength)
                _ = try MLKEM768.PublicKey(rawRepresentation: first.buffer)
                backing = .xWing(try XWingMLKEM768X25519.PublicKey(rawRepresentation: raw.buffer))
            }
        } catch {
            throw .malformedKey
        }
    }

    init(_ algorithm: KEMAlgorithm, _ backing: Backing) {
        self.algorithm = algorithm
        self.backing = backing
        switch backing {
        case .mlKEM768(let key): rawBytes = Array(key.rawRepresentation)
        case .mlKEM1024(let key): rawBytes = Array(key.rawRepresentation)
        case .xWing(let key): rawBytes = Array(key.rawRepresentation)
        }
    }

    /// A new secret and its ciphertext. **Cost** about 0.1 ms.
    ///
    /// **Throws** `.invalidPoint` for an X-Wing key whose X25519 half is of low order; ML-KEM does not throw.
    package func encapsulate() throws(AsymmetricError) -> KEMEncapsulation {
        let result: KEM.EncapsulationResult
        do {
            switch backing {
            case .mlKEM768(let key): result = try key.encapsulate()
            case .mlKEM1024(let key): result = try key.encapsulate()
            case .xWing(let key): result = try key.encapsulate()
            }
        } catch {
            throw algorithm == .xWing ? .invalidPoint : .library(.libraryFailure(operation: .seal))
        }
        let secret = try SecretBytes(result.sharedSecret, count: algorithm.sharedSecretLength)
        return KEMEncapsulation(ciphertext: Array(result.encapsulated), secret: secret)
    }
}

extension SecretBytes {
    /// A copy of a key of the library's, which zeroes its own.
    init(_ key: SymmetricKey, count: Int) throws(AsymmetricError) {
        guard key.bitCount == 8 * count else { throw .library(.libraryFailure(operation: .seal)) }
        self.init(count: count) { buffer in
            key.withUnsafeBytes { buffer.copyMemory(from: $0) }
        }
    }
}
