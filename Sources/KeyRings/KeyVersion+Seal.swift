package import Bytes
internal import Primitives

extension KeyVersion {
    /// Seals the workspace's message and appends `vault:v<N>:<base64>`. The caller has counted the message.
    ///
    /// **Layout** of the base64 payload: `nonce ‖ ciphertext ‖ tag(16)`. Context and associated data are the
    /// workspace's; the latter counts only with `isAuthenticatingData`. **Cost** no allocation once buffers have grown.
    package func appendSealed(
        _ workspace: inout Workspace, settings: KeySettings, isAuthenticatingData: Bool, to output: inout ByteWriter
    ) throws(KeyRingError) {
        guard let cipher else { return try appendEncrypted(&workspace, settings, isAuthenticatingData, to: &output) }
        if settings.isConvergent && convergentVersion != KeyEntry.currentConvergentVersion {
            throw .oldConvergentVersion(convergentVersion)
        }
        let message = workspace.message.view
        let data = isAuthenticatingData ? workspace.associatedData.view : .empty
        let algorithm = cipher.algorithm
        let length = message.count + algorithm.overhead
        workspace.sealed.truncate(to: 0)
        let derived = settings.isDerived ? try workspace.deriveKey(self) : .empty
        do throws(CryptoError) {
            try workspace.sealed.append(room: length) { (out) throws(CryptoError) in
                if settings.isDerived {
                    let key = derived.slice(0, algorithm.keyLength)
                    let nonceKey = derived.dropFirst(algorithm.keyLength)
                    try TransientAEAD.seal(
                        algorithm, key: key,
                        convergentNonce: settings.isConvergent ? nonceKey : nil, message, authenticating: data,
                        into: out)
                } else {
                    _ = try cipher.use { (cipher) throws(CryptoError) in
                        try cipher.seal(message, authenticating: data, into: out)
                        return length
                    }
                }
                return length
            }
        } catch {
            throw error == .messageTooLong ? .messageTooLong : .cryptoUnavailable
        }
        output.append(prefixText)
        output.append(base64: workspace.sealed.view)
    }

    /// Opens a decoded payload, which the workspace's `sealed` holds, into the workspace's message.
    package func open(
        _ workspace: inout Workspace, settings: KeySettings, isAuthenticatingData: Bool
    ) throws(KeyRingError) {
        guard let cipher else { return try decrypt(&workspace, settings, isAuthenticatingData) }
        let sealed = workspace.sealed.view
        let data = isAuthenticatingData ? workspace.associatedData.view : .empty
        let algorithm = cipher.algorithm
        let derived = settings.isDerived ? try workspace.deriveKey(self) : .empty
        guard sealed.count >= algorithm.nonceLength else { throw .ciphertextLength }
        workspace.message.truncate(to: 0)
        do throws(CryptoError) {
            try workspace.message.append(room: sealed.count) { (out) throws(CryptoError) in
                if settings.isDerived {
                    let key = derived.slice(0, algorithm.keyLength)
                    return try TransientAEAD.open(
                        algorithm, key: key, sealed: sealed, authenticating: data, into: out)
                }
                return try cipher.use { (cipher) throws(CryptoError) in
                    try cipher.open(sealed, authenticating: data, into: out)
                }
            }
        } catch {
            throw error == .authenticationFailed ? .authenticationFailed(settings.type) : .cryptoUnavailable
        }
    }
}

extension KeyRing {
    /// Opens a ciphertext text into the workspace's message. **Source** wire facts §4.13, checks in their order.
    package func open(
        _ text: ByteView, _ workspace: inout Workspace, isAuthenticatingData: Bool
    ) throws(KeyRingError) {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        guard settings.type.supportsEncryption else { throw .cannotDecrypt(settings.type) }
        let parts = try CiphertextText(text, settings)
        // The checks of `decryptionVersion`, without its reference.
        let number = parts.version
        if number == settings.latestVersion, number >= settings.minDecryptionVersion, !settings.isDisabled(number) {
            return try newest.use { (version) throws(KeyRingError) in
                try open(parts.payload, by: version, &workspace, isAuthenticatingData)
            }
        }
        try open(parts.payload, by: decryptionVersion(parts.version), &workspace, isAuthenticatingData)
    }

    @inline(__always)
    private func open(
        _ payload: ByteView, by version: KeyVersion, _ workspace: inout Workspace, _ isAuthenticatingData: Bool
    ) throws(KeyRingError) {
        if settings.isConvergent && version.convergentVersion != KeyEntry.currentConvergentVersion {
            throw .oldConvergentVersion(version.convergentVersion)
        }
        do throws(Base64Fault) { try workspace.sealed.replace(decoding: payload) } catch { throw .ciphertextBase64 }
        try version.open(&workspace, settings: settings, isAuthenticatingData: isAuthenticatingData)
    }
}

extension TransientAEAD {
    /// Seals with a random nonce, or, given a nonce key, with the nonce that the message itself determines.
    ///
    /// **Layout** of a convergent nonce: HMAC-SHA256(nonce key, message) cut to the nonce's length; with associated
    /// data, HMAC-SHA256(nonce key, label ‖ HMAC-SHA256(nonce key, message) ‖ data). Mixing the data in keeps one nonce
    /// from ever serving two messages, which in the field's own scheme gives away GCM's authentication key; whoever
    /// opens reads the nonce from the ciphertext, so both sides still interoperate.
    static func seal(
        _ algorithm: AEADAlgorithm, key: ByteView, convergentNonce nonceKey: ByteView?, _ message: ByteView,
        authenticating data: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard let nonceKey else {
            return try seal(
                algorithm, key: key, nonce: nil, plaintext: message, authenticating: data, into: output)
        }
        var mac = [32 of UInt8](repeating: 0)
        var failure: CryptoError?
        mac.withBytes { out in
            do throws(CryptoError) {
                try HMACKey.oneShot(.sha2_256, key: nonceKey, message, into: out)
                guard !data.isEmpty else { return }
                var mixed = ByteWriter(capacity: 64 + data.count)
                mixed.append("strongroom convergent associated data")
                mixed.append(pointer: out, count: 32)
                mixed.append(data)
                try HMACKey.oneShot(.sha2_256, key: nonceKey, mixed.view, into: out)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try mac.lend { (bytes) throws(CryptoError) in
            try seal(
                algorithm, key: key, nonce: bytes.slice(0, algorithm.nonceLength), plaintext: message,
                authenticating: data, into: output)
        }
    }
}

extension InlineArray where Element == UInt8 {
    /// Lends the address of the bytes for writing.
    fileprivate mutating func withBytes(_ body: (UnsafeMutablePointer<UInt8>) -> Void) {
        var span = mutableSpan
        span.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { body(base) } }
    }

    /// Lends the bytes.
    fileprivate borrowing func lend(_ body: (ByteView) throws(CryptoError) -> Void) throws(CryptoError) {
        try span.withUnsafeBytes { (bytes) throws(CryptoError) in try body(ByteView(bytes)) }
    }
}
