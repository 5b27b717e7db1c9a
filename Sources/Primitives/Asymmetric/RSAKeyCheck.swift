internal import Bytes

/// Checks RSA numbers from outside and makes key objects of them.
///
/// Nothing here searches or tests for primes: an answer takes well under a millisecond, whatever the input.
enum RSAKeyCheck {
    /// The public exponent's limit, as in the field: 2^31 - 1.
    private static let exponentBits = 31

    /// The public key object of modulus and exponent, and its algorithm.
    static func publicKey(
        modulus: ByteView, exponent: ByteView
    ) throws(AsymmetricError) -> (algorithm: AsymmetricAlgorithm, key: EVPKey) {
        let numbers = try PublicNumbers(modulus, exponent)
        let key = try EVPKey("RSA", numbers: [("n", numbers.modulus), ("e", numbers.exponent)], isPrivate: false)
        return (numbers.algorithm, key)
    }

    /// The key object of a whole pair whose numbers fit each other, and its algorithm.
    static func keyPair(_ given: RSANumbers) throws(AsymmetricError) -> (algorithm: AsymmetricAlgorithm, key: EVPKey) {
        let known = try PublicNumbers(given.modulus, given.publicExponent)
        let limit = given.modulus.withoutLeadingZeros.count
        let d = try number(given.privateExponent, limit)
        let (p, q) = (try number(given.prime1, limit), try number(given.prime2, limit))
        // No prime shorter than a third of the modulus: a short one would be found by factoring.
        guard p.isOdd, q.isOdd, !p.equals(q), min(p.bitCount, q.bitCount) >= known.modulus.bitCount / 3,
            try p.times(q).equals(known.modulus), !d.isZero, d.isBelow(known.modulus)
        else { throw .invalidNumbers }
        let (p1, q1) = (try p.minusOne(), try q.minusOne())
        let product = try d.times(known.exponent)
        guard try product.modulo(p1).isOne, try product.modulo(q1).isOne else { throw .invalidNumbers }
        let dp = try checked(d.modulo(p1), given.exponent1, limit)
        let dq = try checked(d.modulo(q1), given.exponent2, limit)
        let coefficient = try coefficient(given.coefficient, p, q, limit)
        let values = [known.modulus, known.exponent, d, p, q, dp, dq, coefficient]
        let key = try EVPKey(
            "RSA", numbers: Array(zip(EVPKey.rsaNames, values)).map { (name: $0.0, value: $0.1) }, isPrivate: true)
        return (known.algorithm, key)
    }

    private struct PublicNumbers {
        let algorithm: AsymmetricAlgorithm
        let modulus: BigNumber
        let exponent: BigNumber

        init(_ modulus: ByteView, _ exponent: ByteView) throws(AsymmetricError) {
            let magnitude = modulus.withoutLeadingZeros
            let bits = magnitude.count * 8 - (magnitude.isEmpty ? 0 : magnitude[0].leadingZeroBitCount)
            guard bits <= PublicKey.modulusLimit else { throw .modulusTooLarge(bits: bits) }
            guard let algorithm = AsymmetricAlgorithm.rsa(modulusBits: bits) else {
                throw .unsupportedModulus(bits: bits)
            }
            self.algorithm = algorithm
            self.modulus = try BigNumber(magnitude)
            self.exponent = try number(exponent, 8)
            guard self.modulus.isOdd, self.exponent.isOdd, !self.exponent.isOne,
                self.exponent.bitCount <= exponentBits
            else { throw .invalidNumbers }
        }
    }

    // A number of at most so many bytes, so that none that is given costs more than the modulus allows.
    private static func number(_ magnitude: ByteView, _ limit: Int) throws(AsymmetricError) -> BigNumber {
        let digits = magnitude.withoutLeadingZeros
        guard digits.count <= limit else { throw .invalidNumbers }
        return try BigNumber(digits)
    }

    private static func checked(
        _ computed: BigNumber, _ given: ByteView?, _ limit: Int
    ) throws(AsymmetricError) -> BigNumber {
        guard let given else { return computed }
        guard try number(given, limit).equals(computed) else { throw .invalidNumbers }
        return computed
    }

    private static func coefficient(
        _ given: ByteView?, _ p: BigNumber, _ q: BigNumber, _ limit: Int
    ) throws(AsymmetricError) -> BigNumber {
        guard let given else { return try q.inverse(modulo: p) }
        let coefficient = try number(given, limit)
        guard coefficient.isBelow(p), try coefficient.times(q).modulo(p).isOne else { throw .invalidNumbers }
        return coefficient
    }
}
