internal import Bytes

extension KnownAnswers.Cipher {
    /// Whether both shapes of the library's cipher seal to the expected bytes, open them, and refuse them with the tag
    /// altered.
    func passes(
        _ algorithm: AEADAlgorithm, via library: CryptoLibrary, _ broken: Bool
    ) throws(CryptoError) -> Bool {
        let expected = SelfTests.expectation(sealed, broken)
        let (keyBytes, message) = (Hex.decode(key) ?? [], Hex.decode(plaintext) ?? [])
        return try SelfTests.withView(keyBytes) { key throws(CryptoError) -> Bool in
            try SelfTests.withView(Hex.decode(aad) ?? []) { aad throws(CryptoError) -> Bool in
                let kept = try AEADKey(algorithm, material: SecretBytes(copying: key))
                guard try seals(kept, library, key, aad, message, expected) else { return false }
                guard try opens(kept, library, key, aad, message, expected) else { return false }
                return refuses(kept, library, key, aad, expected)
            }
        }
    }

    private func seals(
        _ kept: AEADKey, _ library: CryptoLibrary, _ key: ByteView, _ aad: ByteView, _ message: [UInt8],
        _ expected: [UInt8]
    ) throws(CryptoError) -> Bool {
        let algorithm = kept.algorithm
        var first = [UInt8](repeating: 0, count: message.count + algorithm.overhead)
        var second = first
        try SelfTests.withView(message) { message throws(CryptoError) in
            try SelfTests.withView(expected) { expected throws(CryptoError) in
                let nonce = expected.slice(0, algorithm.nonceLength)
                try kept.seal(message, nonce: nonce, authenticating: aad, into: &first, via: library)
                try TransientAEAD.seal(
                    algorithm, key: key, nonce: nonce, plaintext: message, authenticating: aad, into: &second,
                    via: library)
            }
        }
        return first == expected && second == expected
    }

    private func opens(
        _ kept: AEADKey, _ library: CryptoLibrary, _ key: ByteView, _ aad: ByteView, _ message: [UInt8],
        _ sealed: [UInt8]
    ) throws(CryptoError) -> Bool {
        var first = [UInt8](repeating: 0, count: message.count)
        var second = first
        let lengths = try SelfTests.withView(sealed) { sealed throws(CryptoError) -> (Int, Int) in
            let one = try kept.open(sealed, authenticating: aad, into: &first, via: library)
            let two = try TransientAEAD.open(
                kept.algorithm, key: key, sealed: sealed, authenticating: aad, into: &second, via: library)
            return (one, two)
        }
        return lengths == (message.count, message.count) && first == message && second == message
    }

    private func refuses(
        _ kept: AEADKey, _ library: CryptoLibrary, _ key: ByteView, _ aad: ByteView, _ sealed: [UInt8]
    ) -> Bool {
        var altered = sealed
        altered[altered.count - 1] ^= 0x80
        let zeros = [UInt8](repeating: 0, count: sealed.count - kept.algorithm.overhead)
        return SelfTests.withView(altered) { altered in
            var output = [UInt8](repeating: 0xAA, count: zeros.count)
            let first = Self.isRefused { () throws(CryptoError) in
                try kept.open(altered, authenticating: aad, into: &output, via: library)
            }
            guard first, output == zeros else { return false }
            output = [UInt8](repeating: 0xAA, count: zeros.count)
            let second = Self.isRefused { () throws(CryptoError) in
                try TransientAEAD.open(
                    kept.algorithm, key: key, sealed: altered, authenticating: aad, into: &output, via: library)
            }
            return second && output == zeros
        }
    }

    private static func isRefused(_ open: () throws(CryptoError) -> Int) -> Bool {
        do throws(CryptoError) {
            _ = try open()
            return false
        } catch {
            return error == .authenticationFailed
        }
    }
}
