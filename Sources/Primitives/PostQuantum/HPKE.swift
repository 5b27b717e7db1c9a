package import Bytes

/// A secret that sender and recipient share beforehand, and its public name; neither may be empty.
package struct HPKEPreSharedKey: Sendable {
    let secret: ByteView
    let name: ByteView

    /// Borrows both for the time of one call. The secret has at least 32 bytes of entropy, which nothing can check.
    package init(secret: ByteView, name: ByteView) {
        self.secret = secret
        self.name = name
    }
}

/// Hybrid public key encryption of single messages, in base mode or, given a pre-shared key, in psk mode.
///
/// Each message has a key encapsulation of its own and is the first and last of its context.
/// **Source** RFC 9180; draft-ietf-hpke-pq for ML-KEM and X-Wing.
package enum HPKE {
    /// Seals the message to the recipient.
    ///
    /// **Layout** of the ciphertext: `ciphertext(n) ‖ tag(16)`.
    /// **Throws** `.unsupportedOperation` for keys of Ed25519 and RSA and for a pre-shared key with an empty half,
    /// `.messageTooLong`, and like `KEMPublicKey.encapsulate`.
    /// **Cost** a key pair or an encapsulation, and about ten HMACs.
    package static func seal(
        _ plaintext: ByteView, to recipient: HPKERecipient, suite: HPKESuite, info: ByteView,
        authenticating aad: ByteView, preSharedKey: HPKEPreSharedKey? = nil
    ) throws(AsymmetricError) -> (encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
        let kem = try recipient.kem
        let made = try recipient.encapsulate()
        let keys = try keys(kem, suite, secret: made.secret, info: info, preSharedKey)
        let algorithm = suite.aead.algorithm
        var sealed = [UInt8](repeating: 0, count: algorithm.overhead + plaintext.count)
        do throws(CryptoError) {
            try keys.key.exposing { key throws(CryptoError) in
                try keys.nonce.exposing { nonce throws(CryptoError) in
                    try TransientAEAD.seal(
                        algorithm, key: key, nonce: nonce, plaintext: plaintext, authenticating: aad, into: &sealed)
                }
            }
        } catch {
            throw error == .messageTooLong ? .messageTooLong : .library(error)
        }
        // The nonce is derived, not sent.
        return (made.ciphertext, Array(sealed[algorithm.nonceLength...]))
    }

    /// Opens a sealed message.
    ///
    /// **Throws** `.unsupportedOperation` like `seal`; everything else collapses to `.decryptionFailed`.
    package static func open(
        _ ciphertext: ByteView, encapsulatedKey: ByteView, key: HPKEKey, suite: HPKESuite, info: ByteView,
        authenticating aad: ByteView, preSharedKey: HPKEPreSharedKey? = nil
    ) throws(AsymmetricError) -> SecretBytes {
        let length = ciphertext.count - AEADAlgorithm.tagLength
        guard length >= 0 else { throw .decryptionFailed }
        return try SecretBytes(count: length) { buffer throws(AsymmetricError) in
            guard let output = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            _ = try open(
                ciphertext, encapsulatedKey: encapsulatedKey, key: key, suite: suite, info: info,
                authenticating: aad, preSharedKey: preSharedKey, into: output)
        }
    }

    /// Opens a sealed message and returns the plaintext's length, 16 bytes less than the ciphertext's; `output` has
    /// room for that many. For long messages, which are better not in locked memory.
    package static func open(
        _ ciphertext: ByteView, encapsulatedKey: ByteView, key: HPKEKey, suite: HPKESuite, info: ByteView,
        authenticating aad: ByteView, preSharedKey: HPKEPreSharedKey? = nil, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        let kem = try key.recipient.kem
        guard encapsulatedKey.count == kem.encapsulatedKeyLength, ciphertext.count >= AEADAlgorithm.tagLength else {
            throw .decryptionFailed
        }
        let keys = try keys(kem, suite, secret: key.decapsulate(encapsulatedKey), info: info, preSharedKey)
        var sealed = ByteWriter(capacity: suite.aead.algorithm.nonceLength + ciphertext.count)
        keys.nonce.exposing { sealed.append($0) }
        sealed.append(ciphertext)
        do throws(CryptoError) {
            return try keys.key.exposing { key throws(CryptoError) in
                try TransientAEAD.open(
                    suite.aead.algorithm, key: key, sealed: sealed.view, authenticating: aad, into: output)
            }
        } catch {
            throw .decryptionFailed
        }
    }

    private struct Keys: ~Copyable {
        let key: SecretBytes
        let nonce: SecretBytes
    }

    // RFC 9180 §5.1, KeySchedule, for the one message with the number 0.
    private static func keys(
        _ kem: HPKEKEM, _ suite: HPKESuite, secret shared: borrowing SecretBytes, info: ByteView,
        _ preSharedKey: HPKEPreSharedKey?
    ) throws(AsymmetricError) -> Keys {
        if let preSharedKey, preSharedKey.secret.isEmpty || preSharedKey.name.isEmpty {
            throw .unsupportedOperation
        }
        let kdf = LabeledKDF(
            suite.kdf.digest, suite: ByteView("HPKE"), kem.rawValue, suite.kdf.rawValue, suite.aead.rawValue)
        var context = ByteWriter(capacity: 1 + 2 * suite.kdf.digest.length)
        context.append(preSharedKey == nil ? 0 : 1)
        let name = try kdf.extract(salt: .empty, "psk_id_hash", preSharedKey?.name ?? .empty)
        name.exposing { context.append($0) }
        let purpose = try kdf.extract(salt: .empty, "info_hash", info)
        purpose.exposing { context.append($0) }
        let secret = try shared.exposing { salt throws(AsymmetricError) in
            try kdf.extract(salt: salt, "secret", preSharedKey?.secret ?? .empty)
        }
        let algorithm = suite.aead.algorithm
        return Keys(
            key: try kdf.expand(secret, "key", context.view, count: algorithm.keyLength),
            nonce: try kdf.expand(secret, "base_nonce", context.view, count: algorithm.nonceLength))
    }
}
