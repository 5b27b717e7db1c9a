package import Bytes
internal import COpenSSL

/// A key of AES-CMAC, shared by all threads. **Source** NIST SP 800-38B, RFC 4493; Wycheproof.
///
/// **Concurrency** every thread has a keyed context of its own, made at first use of the key and freed with the key.
package final class CMACKey: Sendable {
    /// Length of a code in bytes.
    package static let codeLength = 16

    private let material: SecretBytes
    private let contexts = ThreadPlaces { EVP_MAC_CTX_free($0) }

    /// A key of 16, 24 or 32 bytes. **Throws** `.invalidKeyLength`.
    package init(_ material: consuming SecretBytes) throws(CryptoError) {
        guard [16, 24, 32].contains(material.count) else { throw .invalidKeyLength }
        self.material = material
    }

    /// Writes the code of the message, 16 bytes.
    package func authenticate(_ message: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        try contexts.withPlace { place throws(CryptoError) in
            let context = try self.context(&place)
            var length = 0
            guard EVP_MAC_init(context, nil, 0, nil) == 1,
                message.isEmpty || EVP_MAC_update(context, message.pointer, message.count) == 1,
                EVP_MAC_final(context, output, &length, Self.codeLength) == 1, length == Self.codeLength
            else {
                ERR_clear_error()
                throw .libraryFailure(operation: .digest)
            }
        }
    }

    /// Lends the key's bytes, for export.
    package func exposingMaterial<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try material.exposing(body)
    }

    private func context(_ place: inout ThreadPlace) throws(CryptoError) -> OpaquePointer {
        if let context = place.first { return context }
        guard let function = FetchedMAC.cmac.pointer, let made = EVP_MAC_CTX_new(function) else {
            ERR_clear_error()
            throw .libraryFailure(operation: .makeContext)
        }
        let name: StaticString =
            switch material.count {
            case 16: "AES-128-CBC"
            case 24: "AES-192-CBC"
            default: "AES-256-CBC"
            }
        let keyed = material.exposing { key in
            let start = UnsafeMutablePointer(mutating: name.characters)
            let label: StaticString = "cipher"
            var parameters = [
                OSSL_PARAM_construct_utf8_string(label.characters, start, 0), OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(made, key.pointer, key.count, &parameters)
        }
        guard keyed == 1 else {
            EVP_MAC_CTX_free(made)
            ERR_clear_error()
            throw .libraryFailure(operation: .setKey)
        }
        place.first = made
        return made
    }
}

// Unchecked: an immutable pointer to an object that OpenSSL never changes and that is never freed.
private struct FetchedMAC: @unchecked Sendable {
    let pointer = EVP_MAC_fetch(nil, "CMAC", nil)

    static let cmac = FetchedMAC()
}
