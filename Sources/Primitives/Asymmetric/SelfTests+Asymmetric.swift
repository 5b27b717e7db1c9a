internal import Bytes

extension SelfTests {
    /// The known-answer tests of key pairs, key wrap and CMAC. Each pair also shows on import that its halves fit.
    static var asymmetric: [Test] {
        curves + [ed25519, pkcs1Signature, pssSignature, oaep, agreement, keyWrap, cmac]
    }

    private static var curves: [Test] {
        AsymmetricAlgorithm.allCases.compactMap { algorithm in
            guard let answer = KnownAnswers.ecdsa(algorithm) else { return nil }
            return pairTest(algorithm.wireName) { broken throws(AsymmetricError) in
                let key = try lend(answer.scalar) { scalar throws(AsymmetricError) in
                    try PrivateKey(algorithm, scalar: scalar)
                }
                let digest = try digest(answer.digest, of: ByteView("sample"))
                return try expectation(answer.signature, broken).lending { signature throws(AsymmetricError) in
                    try digest.lending { digest throws(AsymmetricError) in
                        try key.publicKey.verify(signature, of: digest, .ecdsa(.fixedWidth))
                    }
                }
            }
        }
    }

    private static var ed25519: Test {
        pairTest(AsymmetricAlgorithm.ed25519.wireName) { broken throws(AsymmetricError) in
            let expected = expectation(KnownAnswers.ed25519.signature, broken)
            let key = try lend(KnownAnswers.ed25519.seed) { seed throws(AsymmetricError) in
                try PrivateKey(ed25519Seed: seed)
            }
            let message = ByteView("\u{72}")
            guard try sign(message, .ed25519, with: key) == expected else { return false }
            return try expected.lending { signature throws(AsymmetricError) in
                try key.publicKey.verify(signature, of: message, .ed25519)
            }
        }
    }

    private static var pkcs1Signature: Test {
        pairTest("rsa-pkcs1v15") { broken throws(AsymmetricError) in
            let expected = expectation(KnownAnswers.rsaSignature, broken)
            let key = try rsaKey()
            return try digest(.sha2_256, of: ByteView("abc")).lending { digest throws(AsymmetricError) in
                try sign(digest, .rsaPKCS1(.sha2_256), with: key) == expected
            }
        }
    }

    private static var pssSignature: Test {
        pairTest("rsa-pss") { broken throws(AsymmetricError) in
            let key = try lend(KnownAnswers.pss.key) { info throws(AsymmetricError) in try PublicKey(spki: info) }
            let input = try lend(KnownAnswers.pss.message) { message throws(AsymmetricError) in
                try digest(.sha2_256, of: message)
            }
            return try expectation(KnownAnswers.pss.signature, broken).lending { signature throws(AsymmetricError) in
                try input.lending { input throws(AsymmetricError) in
                    try key.verify(signature, of: input, .rsaPSS(.sha2_256, salt: .bytes(32)))
                }
            }
        }
    }

    private static var oaep: Test {
        pairTest("rsa-oaep") { broken throws(AsymmetricError) in
            let expected = expectation(KnownAnswers.oaep.message, broken)
            let key = try rsaKey()
            var output = [UInt8](repeating: 0, count: key.algorithm.signatureRoom)
            let length = try lend(KnownAnswers.oaep.ciphertext) { ciphertext throws(AsymmetricError) in
                try key.decrypt(ciphertext, .oaep(.sha2_256), into: &output)
            }
            return Array(output[..<length]) == expected
        }
    }

    private static var agreement: Test {
        pairTest("ecdh-p256") { broken throws(AsymmetricError) in
            let expected = expectation(KnownAnswers.agreement.secret, broken)
            let own = try lend(KnownAnswers.agreement.own) { scalar throws(AsymmetricError) in
                try PrivateKey(.ecdsaP256, scalar: scalar)
            }
            let peer = try lend(KnownAnswers.agreement.peer) { scalar throws(AsymmetricError) in
                try PrivateKey(.ecdsaP256, scalar: scalar)
            }
            return try own.exposingSharedSecret(with: peer.publicKey) { secret throws(AsymmetricError) in
                secret.array == expected
            }
        }
    }

    private static var keyWrap: Test {
        Test(name: "aes-kwp") { broken throws(CryptoError) in
            let expected = expectation(KnownAnswers.keyWrap.wrapped, broken)
            let material = Hex.decode(KnownAnswers.keyWrap.material) ?? []
            var wrapped = [UInt8](repeating: 0, count: AESKeyWrap.wrappedLength(material.count))
            var unwrapped = wrapped
            let length = try lend(KnownAnswers.keyWrap.key) { key throws(CryptoError) in
                _ = try material.lending { view throws(CryptoError) in
                    try AESKeyWrap.wrap(view, key: key, into: &wrapped)
                }
                return try wrapped.lending { view throws(CryptoError) in
                    try AESKeyWrap.unwrap(view, key: key, into: &unwrapped)
                }
            }
            return wrapped == expected && Array(unwrapped[..<length]) == material
        }
    }

    private static var cmac: Test {
        Test(name: "aes-cmac") { broken throws(CryptoError) in
            for answer in KnownAnswers.cmac {
                let expected = expectation(answer.code, broken)
                let key = try lend(answer.key) { key throws(CryptoError) in try CMACKey(SecretBytes(copying: key)) }
                var code = [UInt8](repeating: 0, count: CMACKey.codeLength)
                try lend(KnownAnswers.cmacMessage) { message throws(CryptoError) in
                    try key.authenticate(message, into: &code)
                }
                guard code == expected else { return false }
            }
            return true
        }
    }

    /// A test of key pairs: what they throw is a failure, and the library's own trouble is passed on.
    static func pairTest(
        _ name: String, _ body: @escaping @Sendable (_ broken: Bool) throws(AsymmetricError) -> Bool
    ) -> Test {
        Test(name: name) { broken throws(CryptoError) in
            do throws(AsymmetricError) {
                return try body(broken)
            } catch {
                if case .library(let inner) = error { throw inner }
                return false
            }
        }
    }

    private static func rsaKey() throws(AsymmetricError) -> PrivateKey {
        try lend(KnownAnswers.rsaKey) { der throws(AsymmetricError) in try PrivateKey(pkcs8: der) }
    }

    private static func sign(
        _ input: ByteView, _ scheme: SignatureScheme, with key: PrivateKey
    ) throws(AsymmetricError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: key.algorithm.signatureRoom)
        let length = try key.sign(input, scheme, into: &signature)
        return Array(signature[..<length])
    }

    private static func digest(
        _ algorithm: DigestAlgorithm, of message: ByteView
    ) throws(AsymmetricError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: algorithm.length)
        do throws(CryptoError) { try algorithm.hash(message, into: &digest) } catch { throw .library(error) }
        return digest
    }

    /// Lends the bytes that hex spells.
    static func lend<R, E: Error>(_ hex: String, _ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try (Hex.decode(hex) ?? []).lending(body)
    }
}
