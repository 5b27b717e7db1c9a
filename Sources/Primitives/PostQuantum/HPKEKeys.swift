internal import Bytes

/// Whom a message is sealed to.
package enum HPKERecipient: Sendable {
    /// A key on P-256, P-384 or P-521; every other kind is refused.
    case curve(PublicKey)
    /// A key of ML-KEM or X-Wing.
    case kem(KEMPublicKey)

    /// The key encapsulation that the key is for. **Throws** `.unsupportedOperation` when there is none.
    package var kem: HPKEKEM {
        get throws(AsymmetricError) {
            switch self {
            case .curve(let key):
                guard let kem = HPKEKEM(key.algorithm) else { throw .unsupportedOperation }
                return kem
            case .kem(let key): return HPKEKEM(key.algorithm)
            }
        }
    }

    /// A new secret for the recipient. **Source** RFC 9180 §4.1, Encap; draft-ietf-hpke-pq for the others.
    func encapsulate() throws(AsymmetricError) -> KEMEncapsulation {
        switch self {
        case .curve(let key):
            let ephemeral = try PrivateKey.generate(key.algorithm)
            guard let encapsulated = ephemeral.publicKey.rawBytes else { throw .unsupportedOperation }
            let secret = try DHKEM.secret(of: ephemeral, with: key, encapsulated: encapsulated, recipient: key)
            return KEMEncapsulation(ciphertext: encapsulated, secret: secret)
        case .kem(let key): return try key.encapsulate()
        }
    }
}

/// What opens a message.
package enum HPKEKey: Sendable {
    /// A pair on P-256, P-384 or P-521; every other kind is refused.
    case curve(PrivateKey)
    /// A pair of ML-KEM or X-Wing.
    case kem(KEMPrivateKey)

    /// The key to seal to for this one to open.
    package var recipient: HPKERecipient {
        switch self {
        case .curve(let key): .curve(key.publicKey)
        case .kem(let key): .kem(key.publicKey)
        }
    }

    /// The secret that was encapsulated. **Throws** `.decryptionFailed` for what is no encapsulated key.
    func decapsulate(_ encapsulated: ByteView) throws(AsymmetricError) -> SecretBytes {
        switch self {
        case .curve(let key):
            // Compressed points are none that HPKE knows.
            guard encapsulated[0] == 4 else { throw .decryptionFailed }
            let peer: PublicKey
            do throws(AsymmetricError) {
                peer = try PublicKey(key.algorithm, point: encapsulated)
            } catch {
                throw error == .unsupportedOperation ? error : .decryptionFailed
            }
            return try DHKEM.secret(
                of: key, with: peer, encapsulated: encapsulated.array, recipient: key.publicKey)
        case .kem(let key): return try key.decapsulate(encapsulated)
        }
    }
}

/// The key encapsulation that RFC 9180 builds of Diffie-Hellman.
private enum DHKEM {
    /// **Source** RFC 9180 §4.1, ExtractAndExpand.
    static func secret(
        of own: PrivateKey, with peer: PublicKey, encapsulated: [UInt8], recipient: PublicKey
    ) throws(AsymmetricError) -> SecretBytes {
        guard let kem = HPKEKEM(own.algorithm), let point = recipient.rawBytes else { throw .unsupportedOperation }
        let digest = digest(kem)
        let kdf = LabeledKDF(digest, suite: ByteView("KEM"), kem.rawValue)
        let extracted = try own.exposingSharedSecret(with: peer) { shared throws(AsymmetricError) in
            try kdf.extract(salt: .empty, "eae_prk", shared)
        }
        var context = ByteWriter(capacity: 2 * point.count)
        encapsulated.lending { context.append($0) }
        point.lending { context.append($0) }
        return try kdf.expand(extracted, "shared_secret", context.view, count: digest.length)
    }

    private static func digest(_ kem: HPKEKEM) -> DigestAlgorithm {
        switch kem {
        case .p256: .sha2_256
        case .p384: .sha2_384
        case .p521: .sha2_512
        case .mlKEM768, .mlKEM1024, .xWing: .sha2_256
        }
    }
}
