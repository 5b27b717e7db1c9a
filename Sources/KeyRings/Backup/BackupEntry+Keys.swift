package import Bytes
package import Primitives

/// What an entry's members mean, for those who restore it.
extension BackupEntry {
    /// Whether the entry holds any key; the dummy in front of an archive does not.
    package var isPresent: Bool {
        rsa != nil || rsaPublic != nil || ecX != nil || !publicKey.isEmpty || keyLength > 0
    }

    /// When the version was made: to the nanosecond where that is known.
    package var created: Moment {
        if time.seconds == BackupEntry.noTime.seconds { return Moment(seconds: creationUnixSeconds) }
        return Moment(seconds: time.seconds, nanoseconds: time.nanoseconds)
    }

    /// Length of the symmetric key or seed; 0 when there is none.
    package var keyLength: Int {
        switch key {
        case .some(let key): key.count
        case .none: 0
        }
    }

    /// Length of the HMAC key; 0 when there is none.
    package var hmacKeyLength: Int {
        switch hmacKey {
        case .some(let key): key.count
        case .none: 0
        }
    }

    /// A copy of the key; empty when there is none.
    package func copyOfKey() -> SecretBytes {
        switch key {
        case .some(let key): key.duplicate()
        case .none: SecretBytes(copying: .empty)
        }
    }

    /// A copy of the HMAC key; empty when there is none.
    package func copyOfHMACKey() -> SecretBytes {
        switch hmacKey {
        case .some(let key): key.duplicate()
        case .none: SecretBytes(copying: .empty)
        }
    }

    /// The private key on a NIST curve, whose public point is given; nil when the entry has no scalar.
    package func privateKey(
        _ algorithm: AsymmetricAlgorithm, point: ByteView
    ) throws(AsymmetricError) -> PrivateKey? {
        switch ecD {
        case .some(let scalar):
            try scalar.exposing { (scalar) throws(AsymmetricError) in
                try PrivateKey(algorithm, scalar: scalar, point: point)
            }
        case .none: nil
        }
    }
}

extension BackupRSAKey {
    /// The key pair, its numbers checked against each other; nil without private numbers.
    package func privateKey() throws(AsymmetricError) -> PrivateKey? {
        var numbers = ByteWriter(capacity: 4096)
        var lengths: [Int] = []
        Self.append(privateExponent, &numbers, &lengths)
        Self.append(prime1, &numbers, &lengths)
        Self.append(prime2, &numbers, &lengths)
        Self.append(exponent1, &numbers, &lengths)
        Self.append(exponent2, &numbers, &lengths)
        Self.append(coefficient, &numbers, &lengths)
        guard lengths[0] > 0, lengths[1] > 0, lengths[2] > 0 else { return nil }
        var offset = 0
        let views = lengths.map { length in
            defer { offset += length }
            return numbers.view.slice(offset, length)
        }
        return try publicHalf.modulus.lending { (modulus) throws(AsymmetricError) in
            try publicHalf.publicExponent.lending { (exponent) throws(AsymmetricError) in
                try PrivateKey(
                    rsa: RSANumbers(
                        modulus: modulus, publicExponent: exponent, privateExponent: views[0], prime1: views[1],
                        prime2: views[2], exponent1: lengths[3] > 0 ? views[3] : nil,
                        exponent2: lengths[4] > 0 ? views[4] : nil, coefficient: lengths[5] > 0 ? views[5] : nil))
            }
        }
    }

    private static func append(
        _ number: borrowing SecretBytes?, _ numbers: inout ByteWriter, _ lengths: inout [Int]
    ) {
        switch number {
        case .some(let number):
            number.exposing { numbers.append($0) }
            lengths.append(number.count)
        case .none: lengths.append(0)
        }
    }
}
