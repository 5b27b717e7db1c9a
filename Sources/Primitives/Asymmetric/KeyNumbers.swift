package import Bytes

/// The numbers of an RSA key pair, borrowed; all big-endian, leading zeros do not matter. **Source** RFC 8017 §3.2.
package struct RSANumbers {
    /// n.
    package let modulus: ByteView
    /// e.
    package let publicExponent: ByteView
    /// d.
    package let privateExponent: ByteView
    /// p.
    package let prime1: ByteView
    /// q.
    package let prime2: ByteView
    /// d mod (p - 1); nil to have it computed.
    package let exponent1: ByteView?
    /// d mod (q - 1); nil to have it computed.
    package let exponent2: ByteView?
    /// The inverse of q modulo p; nil to have it computed.
    package let coefficient: ByteView?

    /// The numbers given.
    package init(
        modulus: ByteView, publicExponent: ByteView, privateExponent: ByteView, prime1: ByteView, prime2: ByteView,
        exponent1: ByteView? = nil, exponent2: ByteView? = nil, coefficient: ByteView? = nil
    ) {
        self.modulus = modulus
        self.publicExponent = publicExponent
        self.privateExponent = privateExponent
        self.prime1 = prime1
        self.prime2 = prime2
        self.exponent1 = exponent1
        self.exponent2 = exponent2
        self.coefficient = coefficient
    }
}

/// The numbers of a key pair on a NIST curve, borrowed; big-endian, each of the curve's coordinate length.
package struct ECNumbers {
    /// The public point's x.
    package let x: ByteView
    /// The public point's y.
    package let y: ByteView
    /// The private scalar.
    package let d: ByteView
}
