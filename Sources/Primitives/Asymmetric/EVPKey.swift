internal import Bytes
internal import COpenSSL

/// A key object of OpenSSL, whole or public only, freed when it ends.
// Unchecked: OpenSSL lets any number of threads use a key that none changes, and none does after it was made.
final class EVPKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over a key.
    init(owning pointer: OpaquePointer?) throws(AsymmetricError) {
        guard let pointer else { throw Self.failure() }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// A key from numbers under the library's names for them.
    convenience init(
        _ type: StaticString, numbers: [(name: StaticString, value: BigNumber)], octets: [(StaticString, [UInt8])] = [],
        group: StaticString? = nil, isPrivate: Bool
    ) throws(AsymmetricError) {
        let total = numbers.reduce(0) { $0 + $1.value.byteCount }
        var made: OpaquePointer?
        // The numbers in native order, in memory that is zeroed afterwards.
        let secret = SecretBytes(count: total) { (buffer) throws(Never) in
            guard var at = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for (_, value) in numbers {
                value.writeNative(value.byteCount, into: at)
                at += value.byteCount
            }
        }
        var octets = octets
        secret.exposing { bytes in
            var parameters: [OSSL_PARAM] = []
            var offset = 0
            for (name, value) in numbers {
                let start = UnsafeMutablePointer(mutating: bytes.pointer + offset)
                parameters.append(OSSL_PARAM_construct_BN(name.characters, start, value.byteCount))
                offset += value.byteCount
            }
            if let group {
                let label: StaticString = "group"
                let start = UnsafeMutablePointer(mutating: group.characters)
                parameters.append(OSSL_PARAM_construct_utf8_string(label.characters, start, 0))
            }
            made = Self.make(type, &parameters, &octets, isPrivate: isPrivate)
        }
        try self.init(owning: made)
    }

    // Adds the octet strings one by one, since each has to be lent for the time of the making.
    private static func make(
        _ type: StaticString, _ parameters: inout [OSSL_PARAM], _ octets: inout [(StaticString, [UInt8])],
        isPrivate: Bool
    ) -> OpaquePointer? {
        guard let (name, lent) = octets.popLast() else {
            parameters.append(OSSL_PARAM_construct_end())
            return make(type, &parameters, isPrivate: isPrivate)
        }
        var bytes = lent
        return bytes.withUnsafeMutableBytes { buffer in
            parameters.append(OSSL_PARAM_construct_octet_string(name.characters, buffer.baseAddress, buffer.count))
            return make(type, &parameters, &octets, isPrivate: isPrivate)
        }
    }

    private static func make(
        _ type: StaticString, _ parameters: inout [OSSL_PARAM], isPrivate: Bool
    ) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type.characters, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let selection = isPrivate ? strongroom_select_pair : strongroom_select_public
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, selection, &parameters) == 1
        else { return nil }
        return key
    }

    /// A new RSA key pair with public exponent 65537. **Cost** from 100 ms to seconds.
    static func generateRSA(bits: Int) throws(AsymmetricError) -> EVPKey {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { throw failure() }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            EVP_PKEY_generate(context, &key) == 1
        else { throw failure() }
        return try EVPKey(owning: key)
    }

    /// One of the key's numbers by the library's name.
    func number(_ name: StaticString) throws(AsymmetricError) -> BigNumber {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name.characters, &number) == 1 else { throw Self.failure() }
        return try BigNumber(owning: number)
    }

    /// Lends the private number of a key on a curve: Ed25519's seed, else the scalar, as long as a coordinate.
    ///
    /// **Throws** `.unsupportedOperation` for RSA.
    func exposingScalar<R: ~Copyable>(
        _ algorithm: AsymmetricAlgorithm, _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard let width = algorithm == .ed25519 ? 32 : algorithm.coordinateLength else { throw .unsupportedOperation }
        let secret = try SecretBytes(count: width) { buffer throws(AsymmetricError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            if algorithm == .ed25519 {
                var length = width
                guard EVP_PKEY_get_raw_private_key(pointer, start, &length) == 1, length == width else {
                    throw Self.failure()
                }
            } else {
                try number("priv").write(width, into: start)
            }
        }
        return try secret.exposing(body)
    }

    static func failure() -> AsymmetricError {
        ERR_clear_error()
        return .library(.libraryFailure(operation: .setKey))
    }
}

extension StaticString {
    /// The address as C has it, good for ever; the literal's NUL follows its text.
    var characters: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}

extension EVPKey {
    /// The library's names of RSA's numbers, in the order of RFC 8017 §A.1.2.
    static let rsaNames: [StaticString] = [
        "n", "e", "d", "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
    ]
}
