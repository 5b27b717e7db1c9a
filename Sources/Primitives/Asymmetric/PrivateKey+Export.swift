package import Bytes
internal import COpenSSL

/// The forms in which a private key leaves as DER or PEM.
package enum PrivateKeyFormat: Sendable, CaseIterable {
    /// `PRIVATE KEY`. **Layout** EC without curve in the inner key but with its point; Ed25519 version 1, seed only.
    /// **Source** RFC 5208, RFC 8410 §7.
    case pkcs8
    /// `RSA PRIVATE KEY` of PKCS #1, or `EC PRIVATE KEY` of SEC 1 with curve and point; none for Ed25519.
    /// **Source** RFC 8017 §A.1.2, RFC 5915 §3.
    case traditional
}

extension PrivateKey {
    private typealias Tag = DERReader.Tag

    /// Lends the key as DER. **Throws** `.unsupportedOperation` where the format has no such keys.
    package func exposingDER<R: ~Copyable>(
        _ format: PrivateKeyFormat, _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        var writer = ByteWriter(capacity: 4096)
        switch format {
        case .traditional: try appendTraditional(namingCurve: true, to: &writer)
        case .pkcs8: try appendPKCS8(to: &writer)
        }
        return try body(writer.view)
    }

    /// Lends the key as PEM: 64 columns, LF, and a last LF unless that is declined. **Throws** as `exposingDER`.
    package func exposingPEM<R: ~Copyable>(
        _ format: PrivateKeyFormat, finalNewline: Bool = true, _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        var label: StaticString = "PRIVATE KEY"
        if format == .traditional { label = algorithm.modulusBits == nil ? "EC PRIVATE KEY" : "RSA PRIVATE KEY" }
        var writer = ByteWriter(capacity: 4096)
        try exposingDER(format) { der throws(AsymmetricError) in
            PEM.append(label, der, finalNewline: finalNewline, into: &writer)
        }
        return try body(writer.view)
    }

    /// Lends an Ed25519 key. **Layout** `seed(32) ‖ public key(32)`. **Throws** `.unsupportedOperation` for others.
    package func exposingEd25519Pair<R: ~Copyable>(
        _ body: (ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard algorithm == .ed25519, let publicBytes = publicKey.rawBytes else { throw .unsupportedOperation }
        let pair = try SecretBytes(count: 64) { buffer throws(AsymmetricError) in
            let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var length = 32
            guard let start, EVP_PKEY_get_raw_private_key(key.pointer, start, &length) == 1, length == 32 else {
                throw EVPKey.failure()
            }
            for (index, byte) in publicBytes.enumerated() { start[32 + index] = byte }
        }
        return try pair.exposing(body)
    }

    /// Lends the numbers of a key on a NIST curve. **Throws** `.unsupportedOperation` for others.
    package func exposingECNumbers<R: ~Copyable>(
        _ body: (ECNumbers) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard let width = algorithm.coordinateLength, let point = publicKey.rawBytes else {
            throw .unsupportedOperation
        }
        let scalar = try key.number("priv")
        let secret = SecretBytes(count: 3 * width) { buffer throws(Never) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for index in 0..<(2 * width) { start[index] = point[1 + index] }
            scalar.write(width, into: start + 2 * width)
        }
        return try secret.exposing { numbers throws(AsymmetricError) in
            try body(
                ECNumbers(
                    x: numbers.slice(0, width), y: numbers.slice(width, width), d: numbers.slice(2 * width, width)))
        }
    }

    /// Lends all numbers of an RSA key, without leading zeros. **Throws** `.unsupportedOperation` for others.
    package func exposingRSANumbers<R: ~Copyable>(
        _ body: (RSANumbers) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard algorithm.modulusBits != nil else { throw .unsupportedOperation }
        return try Self.numbers(EVPKey.rsaNames, of: key) { parts throws(AsymmetricError) in
            try body(
                RSANumbers(
                    modulus: parts[0], publicExponent: parts[1], privateExponent: parts[2], prime1: parts[3],
                    prime2: parts[4], exponent1: parts[5], exponent2: parts[6], coefficient: parts[7]))
        }
    }

    /// Lends numbers of a key object in secret memory, without leading zeros.
    static func numbers<R: ~Copyable>(
        _ names: [StaticString], of key: EVPKey, _ body: ([ByteView]) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        let numbers = try names.map { name throws(AsymmetricError) in try key.number(name) }
        let secret = SecretBytes(count: numbers.reduce(0) { $0 + $1.byteCount }) { buffer throws(Never) in
            guard var at = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for number in numbers {
                number.write(number.byteCount, into: at)
                at += number.byteCount
            }
        }
        return try secret.exposing { bytes throws(AsymmetricError) in
            var offset = 0
            let views = numbers.map { number in
                defer { offset += number.byteCount }
                return bytes.slice(offset, number.byteCount)
            }
            return try body(views)
        }
    }

    private func appendPKCS8(to writer: inout ByteWriter) throws(AsymmetricError) {
        var inner = ByteWriter(capacity: 4096)
        if algorithm == .ed25519 {
            try exposingEd25519Pair { pair throws(AsymmetricError) in
                inner.append(der: Tag.octetString, pair.slice(0, 32))
            }
        } else {
            try appendTraditional(namingCurve: false, to: &inner)
        }
        writer.append(der: Tag.sequence) { info in
            info.append(derUnsigned: .empty)
            info.append(der: Tag.sequence) { identifier in
                if let curve = ECCurve(algorithm) {
                    identifier.append(derIdentifier: .ecPublicKey)
                    identifier.append(derIdentifier: curve.identifier)
                } else if algorithm == .ed25519 {
                    identifier.append(derIdentifier: .ed25519)
                } else {
                    identifier.append(derIdentifier: .rsaEncryption)
                    identifier.append(der: Tag.null, .empty)
                }
            }
            info.append(der: Tag.octetString, inner.view)
        }
    }

    private func appendTraditional(namingCurve: Bool, to writer: inout ByteWriter) throws(AsymmetricError) {
        if let curve = ECCurve(algorithm), let point = publicKey.rawBytes {
            try exposingECNumbers { numbers throws(AsymmetricError) in
                writer.append(der: Tag.sequence) { key in
                    key.append(derUnsigned: ByteView("\u{1}"))
                    key.append(der: Tag.octetString, numbers.d)
                    if namingCurve { key.append(der: Tag.context0) { $0.append(derIdentifier: curve.identifier) } }
                    key.append(der: Tag.context1) { holder in
                        point.lending { holder.append(derBits: $0) }
                    }
                }
            }
        } else {
            // Refuses Ed25519, too.
            try exposingRSANumbers { numbers throws(AsymmetricError) in
                let rest = [numbers.exponent1, numbers.exponent2, numbers.coefficient]
                writer.append(der: Tag.sequence) { key in
                    key.append(derUnsigned: .empty)
                    key.append(derUnsigned: numbers.modulus)
                    key.append(derUnsigned: numbers.publicExponent)
                    key.append(derUnsigned: numbers.privateExponent)
                    key.append(derUnsigned: numbers.prime1)
                    key.append(derUnsigned: numbers.prime2)
                    for case let number? in rest { key.append(derUnsigned: number) }
                }
            }
        }
    }
}
