package import Bytes
package import Primitives

/// MACs under the keys of a ring. **Source** wire facts §5.7; RFC 2104, NIST SP 800-38B.
extension KeyVersion {
    /// Appends `vault:v<N>:<base64>` of the HMAC over `message`.
    package func appendHMAC(
        _ algorithm: DigestAlgorithm, of message: ByteView, to output: inout ByteWriter
    ) throws(KeyRingError) {
        var mac = ByteWriter(capacity: 64)
        try append(hmac: algorithm, of: message, to: &mac)
        macPrefix.withUnsafeBytes { output.append(ByteView($0)) }
        output.append(base64: mac.view)
    }

    private func append(
        hmac algorithm: DigestAlgorithm, of message: ByteView, to mac: inout ByteWriter
    ) throws(KeyRingError) {
        let key = try hmacKey(algorithm)
        do throws(CryptoError) {
            try mac.append(room: 64) { (out) throws(CryptoError) in
                try key.authenticate(message, into: out)
                return algorithm.length
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// Whether the code is the HMAC of `message`, compared in constant time.
    package func verifies(
        hmac code: ByteView, _ algorithm: DigestAlgorithm, of message: ByteView
    ) throws(KeyRingError) -> Bool {
        var mac = ByteWriter(capacity: 64)
        try append(hmac: algorithm, of: message, to: &mac)
        return ConstantTime.equal(mac.view, code)
    }

    /// Appends `vault:v<N>:<base64>` of the first `length` bytes of the CMAC over `message`.
    package func appendCMAC(
        length: Int, of message: ByteView, settings: KeySettings, to output: inout ByteWriter
    ) throws(KeyRingError) {
        var mac = ByteWriter(capacity: 16)
        try append(cmac: message, settings, to: &mac)
        macPrefix.withUnsafeBytes { output.append(ByteView($0)) }
        output.append(base64: mac.view.slice(0, length))
    }

    /// Whether the code is the CMAC of `message`, cut to `length` bytes.
    package func verifies(
        cmac code: ByteView, length: Int, of message: ByteView, settings: KeySettings
    ) throws(KeyRingError) -> Bool {
        var mac = ByteWriter(capacity: 16)
        try append(cmac: message, settings, to: &mac)
        return ConstantTime.equal(mac.view.slice(0, length), code)
    }

    private func append(
        cmac message: ByteView, _ settings: KeySettings, to mac: inout ByteWriter
    ) throws(KeyRingError) {
        guard case .cmac(let key) = material else { throw .cannotCMAC(settings.type) }
        do throws(CryptoError) {
            try mac.append(room: CMACKey.codeLength) { (out) throws(CryptoError) in
                try key.authenticate(message, into: out)
                return CMACKey.codeLength
            }
        } catch {
            throw .cryptoUnavailable
        }
    }
}

extension Workspace {
    /// Decodes a MAC's payload; `currentCode` is what came out.
    package mutating func decodeCode(_ base64: ByteView) throws(KeyRingError) {
        do throws(Base64Fault) { try sealed.replace(decoding: base64) } catch { throw .macBase64(error) }
    }

    /// The code decoded last.
    package var currentCode: ByteView { sealed.view }
}
