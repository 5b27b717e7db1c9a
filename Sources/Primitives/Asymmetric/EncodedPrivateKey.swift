internal import Bytes

/// A private key taken out of its DER, by reference to it; nothing about the numbers is known yet.
enum EncodedPrivateKey {
    case rsa(RSANumbers)
    case ec(ECCurve, scalar: ByteView, point: ByteView?)
    case ed25519(seed: ByteView, publicKey: ByteView?)

    private typealias Tag = DERReader.Tag

    /// **Source** RFC 5958 §2, version 2 with its public key included.
    init(pkcs8: ByteView) throws(AsymmetricError) {
        var reader = DERReader(pkcs8)
        guard var info = reader.nested(Tag.sequence), reader.isAtEnd else { throw .malformedKey }
        let isVersion2 = info.skip(version: 1)
        guard isVersion2 || info.skip(version: 0) else { throw .malformedKey }
        // An ECPrivateKey by itself has its octets where PKCS #8 has the algorithm.
        if isVersion2, info.isNext(Tag.octetString) {
            guard case .ed25519(let seed, let publicKey) = try Self(sec1: pkcs8, curve: nil) else {
                throw .malformedKey
            }
            self = .ed25519(seed: seed, publicKey: publicKey)
            return
        }
        guard var identifier = info.nested(Tag.sequence), let algorithm = identifier.element(Tag.objectIdentifier),
            let content = info.element(Tag.octetString), info.skipOptional(Tag.context0)
        else { throw .malformedKey }
        let publicKey = info.wholeBits(Tag.implicit1)
        guard info.isAtEnd, publicKey == nil || isVersion2 else { throw .malformedKey }
        if ObjectIdentifier.rsaEncryption.matches(algorithm) || ObjectIdentifier.rsassaPSS.matches(algorithm) {
            self = try Self(pkcs1: content)
        } else if ObjectIdentifier.ed25519.matches(algorithm) {
            var inner = DERReader(content)
            guard identifier.isAtEnd, let seed = inner.element(Tag.octetString), inner.isAtEnd else {
                throw .malformedKey
            }
            self = .ed25519(seed: seed, publicKey: publicKey)
        } else if ObjectIdentifier.ecPublicKey.matches(algorithm) {
            guard let name = identifier.element(Tag.objectIdentifier), identifier.isAtEnd else {
                throw .unsupportedCurve
            }
            self = try Self(sec1: content, curve: name)
        } else {
            throw .unknownAlgorithm
        }
    }

    /// **Source** RFC 8017 §A.1.2, with two primes.
    init(pkcs1: ByteView) throws(AsymmetricError) {
        var reader = DERReader(pkcs1)
        guard var key = reader.nested(Tag.sequence), reader.isAtEnd, key.skip(version: 0) else { throw .malformedKey }
        var numbers: [ByteView] = []
        while numbers.count < 8, let number = key.unsigned() { numbers.append(number) }
        guard numbers.count == 8, key.isAtEnd else { throw .malformedKey }
        self = .rsa(
            RSANumbers(
                modulus: numbers[0], publicExponent: numbers[1], privateExponent: numbers[2], prime1: numbers[3],
                prime2: numbers[4], exponent1: numbers[5], exponent2: numbers[6], coefficient: numbers[7]))
    }

    /// `curve` is the name that the envelope gave; without one the key has to name it. **Source** RFC 5915 §3.
    init(sec1: ByteView, curve: ByteView?) throws(AsymmetricError) {
        var reader = DERReader(sec1)
        guard var key = reader.nested(Tag.sequence), reader.isAtEnd, key.skip(version: 1),
            let scalar = key.element(Tag.octetString)
        else { throw .malformedKey }
        var name = curve
        if var parameters = key.nested(Tag.context0) {
            guard let own = parameters.element(Tag.objectIdentifier), parameters.isAtEnd else {
                throw .unsupportedCurve
            }
            if let curve, !curve.equalsVariableTime(own) { throw .malformedKey }
            name = own
        }
        let point = try Self.publicBits(&key)
        guard key.isAtEnd else { throw .malformedKey }
        guard let name else { throw .unsupportedCurve }
        if let curve = ECCurve(identifier: name) {
            self = .ec(curve, scalar: scalar, point: point)
        } else if ObjectIdentifier.curve25519.matches(name) || ObjectIdentifier.nssEd25519.matches(name) {
            self = .ed25519(seed: scalar, publicKey: point)
        } else {
            throw .unsupportedCurve
        }
    }

    private static func publicBits(_ key: inout DERReader) throws(AsymmetricError) -> ByteView? {
        guard key.isNext(Tag.context1) else { return nil }
        guard var holder = key.nested(Tag.context1), let bits = holder.wholeBits(), holder.isAtEnd else {
            throw .malformedKey
        }
        return bits
    }
}
