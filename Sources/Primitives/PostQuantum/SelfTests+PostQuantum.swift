internal import Bytes

extension SelfTests {
    /// The known-answer tests of ML-DSA and of the KEMs. Each pair also shows on import that its halves fit.
    static var postQuantum: [Test] { MLDSAParameterSet.allCases.map(mlDSA) + KEMAlgorithm.allCases.map(kem) }

    private static func mlDSA(_ parameterSet: MLDSAParameterSet) -> Test {
        pairTest(parameterSet.standardName) { broken throws(AsymmetricError) in
            let answer = KnownAnswers.mlDSA(parameterSet)
            let seed = [UInt8](repeating: 0, count: MLDSAParameterSet.seedLength)
            let key = try seed.lending { seed throws(AsymmetricError) in
                try MLDSAPrivateKey(parameterSet, seed: seed)
            }
            return try expectation(answer.signature, broken).lending { signature throws(AsymmetricError) in
                try lend(answer.message) { message throws(AsymmetricError) in
                    try key.publicKey.verify(signature, of: message)
                }
            }
        }
    }

    private static func kem(_ algorithm: KEMAlgorithm) -> Test {
        pairTest(algorithm.standardName) { broken throws(AsymmetricError) in
            let answer = KnownAnswers.kem(algorithm)
            let expected = expectation(answer.secret, broken)
            let key = try lend(answer.seed) { seed throws(AsymmetricError) in try KEMPrivateKey(algorithm, seed: seed) }
            return try lend(answer.ciphertext) { ciphertext throws(AsymmetricError) in
                try key.decapsulate(ciphertext).exposing { $0.array == expected }
            }
        }
    }
}
