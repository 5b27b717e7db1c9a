package import Bytes
package import Primitives

extension KeyVersion {
    /// Appends `vault:v<N>:<base64>` of the HMAC over `message`. **Source** wire facts §5.7; RFC 2104.
    package func appendHMAC(
        _ algorithm: DigestAlgorithm, of message: ByteView, to output: inout ByteWriter
    ) throws(KeyRingError) {
        let key = try hmacKey(algorithm)
        var mac = ByteWriter(capacity: 64)
        do throws(CryptoError) {
            try mac.append(room: 64) { (out) throws(CryptoError) in
                try key.authenticate(message, into: out)
                return algorithm.length
            }
        } catch {
            throw .cryptoUnavailable
        }
        prefix.withUnsafeBytes { output.append(ByteView($0)) }
        output.append(base64: mac.view)
    }
}
