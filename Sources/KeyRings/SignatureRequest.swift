package import Bytes
package import Primitives

/// How a signature is wanted, apart from its input. **Source** transit wire facts §4.17, §5.6.
package struct SignatureRequest: Sendable {
    /// How RSA signs.
    package enum RSAScheme: Sendable, Equatable {
        case pss
        case pkcs1v15
        /// A name that is none; it matters to RSA keys only.
        case unknown(String)
    }

    /// The hash function; nil for `none`, which takes the input as it is.
    package var digest: DigestAlgorithm? = .sha2_256
    /// Whether the input is a digest already.
    package var isPrehashed = false
    /// How RSA signs.
    package var rsaScheme = RSAScheme.pss
    /// How long PSS salts are.
    package var salt = PSSSaltLength.automatic
    /// Whether signatures are JWS: fixed width on the NIST curves, and base64url without padding.
    package var isJWS = false
    /// Context of Ed25519ctx, Ed25519ph and ML-DSA, decoded.
    package var context: [UInt8] = []

    /// The defaults.
    package init() {}
}

extension KeyVersion {
    /// Signs the workspace's message and appends `vault:v<N>:<base64>`. Returns the public key of derived keys.
    package func appendSignature(
        _ workspace: inout Workspace, _ request: SignatureRequest, settings: KeySettings, to output: inout ByteWriter
    ) throws(KeyRingError) -> [UInt8]? {
        if let signer {
            workspace.sealed.truncate(to: 0)
            try signer.appendSignature(
                of: workspace.message.view, context: request.context, to: &workspace.sealed)
            prefix.withUnsafeBytes { output.append(ByteView($0)) }
            output.append(signature: workspace.sealed.view, request)
            return nil
        }
        guard let pair else { throw .cannotSign(settings.type) }
        let key: PrivateKey
        if settings.isDerived {
            key = try workspace.derivePair(self)
        } else {
            guard let own = try pair.privateKey() else { throw .signingWithoutPrivateHalf }
            key = own
        }
        try workspace.hashMessage(request, key.algorithm)
        let input = workspace.message.view
        workspace.sealed.truncate(to: 0)
        try request.withScheme(key.algorithm) { (scheme) throws(KeyRingError) in
            do throws(AsymmetricError) {
                try workspace.sealed.append(room: key.algorithm.signatureRoom) { (out) throws(AsymmetricError) in
                    try key.sign(input, scheme, into: out)
                }
            } catch {
                throw .asymmetric(error)
            }
        }
        prefix.withUnsafeBytes { output.append(ByteView($0)) }
        output.append(signature: workspace.sealed.view, request)
        return settings.isDerived ? key.publicKey.rawBytes : nil
    }

    /// Whether the decoded signature in the workspace is one of its message.
    package func verifies(
        _ workspace: inout Workspace, _ request: SignatureRequest, settings: KeySettings
    ) throws(KeyRingError) -> Bool {
        if let signer {
            return try signer.verifies(
                workspace.sealed.view, of: workspace.message.view, context: request.context)
        }
        guard let pair else { throw .cannotVerify(settings.type) }
        let key = settings.isDerived ? try workspace.derivePair(self).publicKey : try pair.publicKey()
        try workspace.hashMessage(request, key.algorithm)
        let (signature, input) = (workspace.sealed.view, workspace.message.view)
        return try request.withScheme(key.algorithm) { (scheme) throws(KeyRingError) in
            do throws(AsymmetricError) {
                return try key.verify(signature, of: input, scheme)
            } catch {
                switch error {
                // A digest of another length is merely not what was signed.
                case .wrongDigestLength, .messageTooLong: return false
                default: throw .asymmetric(error)
                }
            }
        }
    }
}

extension KeyRing {
    /// Whether a signature text is one of the workspace's message. **Source** wire facts §4.18, checks in their order.
    package func verifies(
        _ text: ByteView, _ workspace: inout Workspace, _ request: SignatureRequest
    ) throws(KeyRingError) -> Bool {
        let parts = try CiphertextText.signature(text, settings)
        let version = try verificationVersion(parts.version)
        do throws(Base64Fault) {
            if request.isJWS {
                try workspace.sealed.replace(decodingURL: parts.payload)
            } else {
                try workspace.sealed.replace(decoding: parts.payload)
            }
        } catch {
            throw .signatureBase64
        }
        return try version.verifies(&workspace, request, settings: settings)
    }
}

extension SignatureRequest {
    /// Lends the scheme for keys of that algorithm.
    func withScheme<R>(
        _ algorithm: AsymmetricAlgorithm, _ body: (SignatureScheme) throws(KeyRingError) -> R
    ) throws(KeyRingError) -> R {
        switch algorithm {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521: return try body(.ecdsa(isJWS ? .fixedWidth : .asn1))
        case .ed25519:
            // Compatibility: only this pair of parameters asks for Ed25519ph (wire facts §5.6, §11).
            let isHashed = isPrehashed && digest == .sha2_512
            if !isHashed && context.isEmpty { return try body(.ed25519) }
            return try context.lending { (context) throws(KeyRingError) in
                try body(isHashed ? .ed25519ph(context: context) : .ed25519ctx(context: context))
            }
        case .rsa2048, .rsa3072, .rsa4096:
            switch rsaScheme {
            case .pkcs1v15: return try body(.rsaPKCS1(digest))
            case .pss:
                guard let digest else { throw .signatureAlgorithm("none") }
                return try body(.rsaPSS(digest, salt: salt))
            case .unknown(let name): throw .signatureAlgorithm(name)
            }
        }
    }
}

extension Workspace {
    /// Replaces the message by its digest, unless it is one or the algorithm hashes by itself.
    mutating func hashMessage(_ request: SignatureRequest, _ algorithm: AsymmetricAlgorithm) throws(KeyRingError) {
        guard algorithm != .ed25519, !request.isPrehashed, let digest = request.digest else { return }
        // The digest goes to a buffer of its own: it may not overlap the message.
        sealedDigest.truncate(to: 0)
        let message = message.view
        do throws(CryptoError) {
            try sealedDigest.append(room: 64) { (out) throws(CryptoError) in
                try digest.hash(message, into: out)
                return digest.length
            }
        } catch {
            throw .cryptoUnavailable
        }
        self.message.truncate(to: 0)
        self.message.append(sealedDigest.view)
    }
}

extension ByteWriter {
    /// Appends a signature's base64, for JWS the URL's alphabet without padding. **Source** RFC 4648 §5.
    mutating func append(signature: ByteView, _ request: SignatureRequest) {
        if request.isJWS { append(base64URL: signature) } else { append(base64: signature) }
    }

    /// Replaces what is written by the decoded text.
    mutating func replace(decodingURL text: ByteView) throws(Base64Fault) {
        truncate(to: 0)
        try append(decodingURL: text)
    }
}
