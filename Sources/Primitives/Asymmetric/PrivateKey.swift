package import Bytes
internal import COpenSSL
internal import Glibc
internal import Synchronization

/// A key pair; signs, decrypts and agrees on secrets on any number of threads at once.
///
/// Every pair, generated or imported, has shown that its halves belong together before it can be used; one that comes
/// back from our own storage showed it before it went there.
/// **Concurrency** every thread has contexts of its own, made at its first use of the key and freed with the key.
/// **Cost** a few KiB; the private numbers are in the library's memory, which zeroes them at the end.
package final class PrivateKey: Sendable {
    /// The public half.
    package let publicKey: PublicKey
    let key: EVPKey
    private let contexts = ThreadPlaces.ofKey()
    // Where the table has BoringSSL sign.
    private let boringSSL: BoringSSLPrivateKey?
    // Where it does not, made for the first comparison.
    private let comparedKey = Mutex<BoringSSLPrivateKey?>(nil)
    // For RSA, the key of the messages in place of broken ones.
    private let rejection: HMACKey?

    /// The kind of key.
    package var algorithm: AsymmetricAlgorithm { publicKey.algorithm }

    /// Takes over the objects of the two halves. **Throws** `.pairMismatch` when they do not belong together, unless
    /// that was found out before.
    init(_ key: EVPKey, _ publicKey: PublicKey, isChecked: Bool = false) throws(AsymmetricError) {
        let algorithm = publicKey.algorithm
        self.key = key
        self.publicKey = publicKey
        boringSSL = algorithm.library(for: .signing) == .boringssl ? try BoringSSLPrivateKey(algorithm, key) : nil
        rejection =
            algorithm.modulusBits == nil
            ? nil : try ImplicitRejection.key(key, modulusLength: algorithm.signatureRoom)
        if !isChecked { try checkPair() }
    }

    /// A new key pair. **Cost** about 0.1 ms, for P-384 and P-521 1 ms; for RSA from 100 ms to seconds.
    package static func generate(_ algorithm: AsymmetricAlgorithm) throws(AsymmetricError) -> PrivateKey {
        if let bits = algorithm.modulusBits {
            let key = try EVPKey.generateRSA(bits: bits)
            let publicKey = try numbers(["n", "e"], of: key) { parts throws(AsymmetricError) in
                try PublicKey(modulus: parts[0], exponent: parts[1])
            }
            return try PrivateKey(key, publicKey)
        }
        if let curve = ECCurve(algorithm) {
            return try PrivateKey(curve, scalar: BigNumber.random(below: curve.order), point: nil)
        }
        let seed: SecretBytes
        do throws(CryptoError) { seed = try RandomSource.secret(count: 32) } catch { throw .library(error) }
        return try seed.exposing { seed throws(AsymmetricError) in try PrivateKey(ed25519Seed: seed) }
    }

    /// Signs the input and returns the signature's length; `output` has room for `algorithm.signatureRoom` bytes.
    ///
    /// The input is the message for Ed25519 and Ed25519ctx, else its digest. ECDSA and PSS give another signature each
    /// time. **Throws** `.unsupportedOperation`, `.wrongDigestLength`, `.invalidSaltLength`, `.messageTooLong`,
    /// `.invalidContextLength`.
    /// **Source** RFC 8032, FIPS 186-4 §6.4, RFC 8017 §8; the transit wire facts §8.1.
    package func sign(
        _ input: ByteView, _ scheme: SignatureScheme, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        try sign(input, scheme, into: output, via: algorithm.library(for: .signing))
    }

    /// Signs with that library whatever the table says: for tests and benchmarks, which compare the two.
    ///
    /// The domains of Ed25519 are ours in any case. **Throws** also `.unsupportedOperation` when it is none of
    /// `algorithm.signatureLibraries`.
    package func sign(
        _ input: ByteView, _ scheme: SignatureScheme, into output: UnsafeMutablePointer<UInt8>,
        via library: CryptoLibrary
    ) throws(AsymmetricError) -> Int {
        guard algorithm.signatureLibraries.contains(library) else { throw .unsupportedOperation }
        switch (algorithm, scheme) {
        case (.ecdsaP256, .ecdsa(let encoding)), (.ecdsaP384, .ecdsa(let encoding)),
            (.ecdsaP521, .ecdsa(let encoding)):
            return try signECDSA(input, encoding, into: output, via: library)
        case (.ed25519, .ed25519ph(let context)):
            return try sign(input, Ed25519Domain(isPrehashed: true, context: context, inputLength: input.count), output)
        case (.ed25519, .ed25519ctx(let context)):
            return try sign(
                input, Ed25519Domain(isPrehashed: false, context: context, inputLength: input.count), output)
        case (.ed25519, .ed25519):
            if library == .boringssl { return try boringSSLKey().sign(input, into: output) }
            var length = algorithm.signatureRoom
            try contexts.withContext(key, .sign, .ed25519) { context throws(AsymmetricError) in
                guard EVP_DigestSign(context, output, &length, input.pointer, input.count) == 1 else {
                    throw Self.failure()
                }
            }
            return length
        case (.rsa2048, _), (.rsa3072, _), (.rsa4096, _):
            let setup = try scheme.rsaSetup(
                digestLength: input.count, modulusLength: algorithm.signatureRoom, verifying: false)
            return try evaluate(input, setup, into: output)
        default: throw .unsupportedOperation
        }
    }

    private func boringSSLKey() throws(AsymmetricError) -> BoringSSLPrivateKey {
        if let boringSSL { return boringSSL }
        return try comparedKey.withLock { kept throws(AsymmetricError) in
            if let kept { return kept }
            let made = try BoringSSLPrivateKey(algorithm, key)
            kept = made
            return made
        }
    }

    private func sign(
        _ input: ByteView, _ domain: Ed25519Domain, _ output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        try exposingEd25519Pair { pair throws(AsymmetricError) in
            try domain.sign(input, seed: pair.slice(0, 32), publicKey: pair.dropFirst(32), into: output)
        }
        return 64
    }

    private func signECDSA(
        _ digest: ByteView, _ encoding: SignatureEncoding, into output: UnsafeMutablePointer<UInt8>,
        via library: CryptoLibrary
    ) throws(AsymmetricError) -> Int {
        // Only the leftmost bits count, and fewer than these bytes hold.
        let digest = digest.slice(0, 128)
        let width = algorithm.coordinateLength ?? 0
        if library == .boringssl {
            let key = try boringSSLKey()
            guard encoding == .asn1 else { return try key.sign(digest, into: output) }
            let scratch = ThreadState.current.pointee.cipherScratch
            let length = try key.sign(digest, into: scratch)
            return ECDSASignature.writeDER(
                ByteView(UnsafeRawBufferPointer(start: scratch, count: length)), width: width, into: output)
        }
        guard encoding == .fixedWidth else { return try evaluate(digest, .ecdsa, into: output) }
        let scratch = ThreadState.current.pointee.cipherScratch
        let length = try evaluate(digest, .ecdsa, into: scratch)
        let der = ByteView(UnsafeRawBufferPointer(start: scratch, count: length))
        guard ECDSASignature.writeFixedWidth(der, width: width, into: output) else { throw Self.failure() }
        return 2 * width
    }

    @inline(__always)
    private func evaluate(
        _ digest: ByteView, _ setup: KeyContext.Setup, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        var length = algorithm.signatureRoom
        try contexts.withContext(key, .sign, setup) { context throws(AsymmetricError) in
            guard EVP_PKEY_sign(context, output, &length, digest.pointer, digest.count) == 1 else {
                throw Self.failure()
            }
        }
        return length
    }

    /// Decrypts under an RSA key and returns the plaintext's length.
    ///
    /// `output` has room for `algorithm.signatureRoom` bytes and is zeroed when it fails. Under PKCS #1 v1.5 broken
    /// padding is no failure, see `ImplicitRejection`; only a ciphertext of wrong length or not below the modulus is.
    /// **Throws** `.unsupportedOperation`, and `.decryptionFailed` without detail. **Source** RFC 8017 §7.
    package func decrypt(
        _ ciphertext: ByteView, _ padding: RSAEncryptionPadding, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        guard algorithm.modulusBits != nil else { throw .unsupportedOperation }
        let room = algorithm.signatureRoom
        guard ciphertext.count == room else { throw .decryptionFailed }
        if padding == .pkcs1 { return try decryptPKCS1(ciphertext, into: output) }
        return try decrypt(ciphertext, .encryption(padding), into: output)
    }

    private func decryptPKCS1(
        _ ciphertext: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        guard let rejection else { throw .unsupportedOperation }
        let block = try SecretBytes(count: ciphertext.count) { buffer throws(AsymmetricError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            do throws(AsymmetricError) {
                _ = try decrypt(ciphertext, .bareDecryption, into: start)
            } catch {
                explicit_bzero(output, ciphertext.count)
                throw error
            }
        }
        do throws(CryptoError) {
            return try block.exposing { block throws(CryptoError) in
                try ImplicitRejection.unpad(block, of: ciphertext, rejection, into: output)
            }
        } catch {
            throw .library(error)
        }
    }

    private func decrypt(
        _ ciphertext: ByteView, _ setup: KeyContext.Setup, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        let room = algorithm.signatureRoom
        var length = room
        try contexts.withContext(key, .decrypt, setup) { context throws(AsymmetricError) in
            let result = EVP_PKEY_decrypt(context, output, &length, ciphertext.pointer, ciphertext.count)
            // Unconditional, so that failure and success differ by as little as can be.
            ERR_clear_error()
            guard result == 1 else {
                explicit_bzero(output, room)
                throw .decryptionFailed
            }
        }
        return length
    }

    /// Lends the secret shared with a peer on the same curve: the x coordinate, of the curve's coordinate length.
    ///
    /// **Throws** `.unsupportedOperation` for a key that is not on a NIST curve, `.algorithmMismatch`.
    /// **Source** NIST SP 800-56A §5.7.1.2.
    package func exposingSharedSecret<R: ~Copyable>(
        with peer: PublicKey, _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard let width = algorithm.coordinateLength else { throw .unsupportedOperation }
        guard peer.algorithm == algorithm else {
            throw .algorithmMismatch(own: algorithm, other: peer.algorithm)
        }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { throw Self.failure() }
        defer { EVP_PKEY_CTX_free(context) }
        let secret = try SecretBytes(count: width) { buffer throws(AsymmetricError) in
            var length = width
            let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer.key.pointer) == 1,
                EVP_PKEY_derive(context, start, &length) == 1, length == width
            else { throw Self.failure() }
        }
        return try secret.exposing(body)
    }

    // The pairwise consistency test: what the private half signs, the public half verifies.
    private func checkPair() throws(AsymmetricError) {
        let scheme: SignatureScheme =
            switch algorithm {
            case .ecdsaP256, .ecdsaP384, .ecdsaP521: .ecdsa(.asn1)
            case .ed25519: .ed25519
            case .rsa2048, .rsa3072, .rsa4096: .rsaPKCS1(.sha2_256)
            }
        let digest = ByteView("Strongroom's pairwise check, 32B")
        var signature = [UInt8](repeating: 0, count: algorithm.signatureRoom)
        let length = try sign(digest, scheme, into: &signature)
        let holds = try signature.lending { bytes throws(AsymmetricError) in
            try publicKey.verify(bytes.slice(0, length), of: digest, scheme)
        }
        guard holds else { throw .pairMismatch }
    }

    private static func failure() -> AsymmetricError {
        ERR_clear_error()
        return .library(.libraryFailure(operation: .seal))
    }
}
