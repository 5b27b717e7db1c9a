internal import COpenSSL

extension ThreadPlaces {
    /// Places for contexts of a key, which are made at first use and set up anew only for another scheme.
    ///
    /// **Cost** a context made per call costs P-256 a quarter more and Ed25519 a sixth (measured).
    static func ofKey() -> ThreadPlaces {
        ThreadPlaces { entry in
            let context = UnsafeMutablePointer<KeyContext>(entry)
            context.pointee.free()
            context.deallocate()
        }
    }

    /// Lends the thread's context for that direction, set up for the scheme.
    @inline(__always)
    func withContext<R>(
        _ key: EVPKey, _ use: KeyContext.Use, _ setup: KeyContext.Setup,
        _ body: (OpaquePointer) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        try withPlace { place throws(AsymmetricError) in
            if let entry = use.isFirst ? place.first : place.second {
                let context = UnsafeMutablePointer<KeyContext>(entry)
                if context.pointee.setup != setup { try context.pointee.setUp(for: setup) }
                return try body(context.pointee.pointer)
            }
            let made = try KeyContext.make(key, use, setup)
            if use.isFirst { place.first = OpaquePointer(made) } else { place.second = OpaquePointer(made) }
            return try body(made.pointee.pointer)
        }
    }
}

/// A context of a key in one direction, and what it is set up for.
struct KeyContext {
    /// What a context does.
    enum Use {
        case sign
        case verify
        case encrypt
        case decrypt

        /// Which of a thread's two places it has: a key signs and decrypts, or verifies and encrypts.
        var isFirst: Bool { self == .sign || self == .verify }
    }

    /// What a context is set up for.
    enum Setup: Equatable {
        case ecdsa
        case ed25519
        case pkcs1Signature(DigestAlgorithm?)
        case pssSignature(DigestAlgorithm, salt: Int32)
        /// Of a block that the caller has padded, for verifying only.
        case bareSignature
        case encryption(RSAEncryptionPadding)
        /// Of a block whose padding is looked at elsewhere.
        case bareDecryption
    }

    /// A digest context for Ed25519, else a context of the key.
    let pointer: OpaquePointer
    // Nil after a failure half-way through setting up.
    private(set) var setup: Setup?
    private let use: Use
    private let isDigestContext: Bool

    private init(_ key: EVPKey, _ use: Use, _ setup: Setup) throws(AsymmetricError) {
        self.use = use
        self.setup = setup
        isDigestContext = setup == .ed25519
        let made = isDigestContext ? EVP_MD_CTX_new() : EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil)
        guard let made else { throw Self.failure() }
        pointer = made
        let ready =
            switch (setup, use) {
            case (.ed25519, .sign): EVP_DigestSignInit(made, nil, nil, nil, key.pointer) == 1
            case (.ed25519, _): EVP_DigestVerifyInit(made, nil, nil, nil, key.pointer) == 1
            default: Self.initialize(made, use, setup)
            }
        guard ready else {
            free()
            throw Self.failure()
        }
    }

    /// A context in memory of its own, which its place's end frees.
    @inline(never)
    static func make(
        _ key: EVPKey, _ use: Use, _ setup: Setup
    ) throws(AsymmetricError) -> UnsafeMutablePointer<KeyContext> {
        let context = try KeyContext(key, use, setup)
        let made = UnsafeMutablePointer<KeyContext>.allocate(capacity: 1)
        made.initialize(to: context)
        return made
    }

    func free() {
        if isDigestContext { EVP_MD_CTX_free(pointer) } else { EVP_PKEY_CTX_free(pointer) }
    }

    /// Begins anew for another scheme of the same key, since a digest once set cannot be unset.
    mutating func setUp(for setup: Setup) throws(AsymmetricError) {
        self.setup = nil
        guard Self.initialize(pointer, use, setup) else { throw Self.failure() }
        self.setup = setup
    }

    private static func initialize(_ context: OpaquePointer, _ use: Use, _ setup: Setup) -> Bool {
        let begun =
            switch use {
            case .sign: EVP_PKEY_sign_init(context)
            case .verify: EVP_PKEY_verify_init(context)
            case .encrypt: EVP_PKEY_encrypt_init(context)
            case .decrypt: EVP_PKEY_decrypt_init(context)
            }
        return begun == 1 && configure(context, setup)
    }

    private static func configure(_ context: OpaquePointer, _ setup: Setup) -> Bool {
        switch setup {
        case .ecdsa, .ed25519: true
        case .pkcs1Signature(let digest):
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
                && (digest == nil || EVP_PKEY_CTX_set_signature_md(context, digest?.evp) == 1)
        case .pssSignature(let digest, let salt):
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_signature_md(context, digest.evp) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest.evp) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1
        case .bareSignature, .bareDecryption: EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1
        case .encryption(.oaep(let digest)):
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_oaep_md(context, digest.evp) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest.evp) == 1
        case .encryption(.pkcs1): EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        }
    }

    private static func failure() -> AsymmetricError {
        ERR_clear_error()
        return .library(.libraryFailure(operation: .makeContext))
    }
}
