import Primitives
import Testing

@Suite("Self-tests")
struct SelfTestTests {
    @Test("All pass when nothing is broken")
    func pass() throws {
        try CryptoLibraries.start()
        let clock = ContinuousClock()
        let duration = try clock.measure { try SelfTests.run() }
        let alone = try clock.measure { try SelfTests.run(threadLimit: 1) }
        print("self-tests: \(SelfTests.names.count) in \(duration), on one thread \(alone)")
    }

    @Test("Each one, when broken, stops the run under its own name", arguments: SelfTests.names)
    func broken(_ name: String) {
        for limit in [0, 1, 4] {
            #expect(throws: SelfTestFailure(name: name)) { try SelfTests.run(breaking: name, threadLimit: limit) }
        }
    }

    @Test("There is one for everything on offer")
    func complete() {
        let names = Set(SelfTests.names)
        #expect(names.count == SelfTests.names.count)
        for algorithm in AEADAlgorithm.allCases { #expect(names.contains(algorithm.standardName)) }
        for digest in DigestAlgorithm.allCases {
            #expect(names.contains(digest.wireName))
            #expect(names.contains("hmac-" + digest.wireName))
        }
        if AEADAlgorithm.aes256GCM.libraries.contains(.gcrypt) {
            for name in ["AES-128-GCM", "AES-256-GCM", "XAES-256-GCM"] {
                #expect(names.contains(name + " (libgcrypt)"))
            }
        }
        for set in MLDSAParameterSet.allCases { #expect(names.contains(set.standardName)) }
        for algorithm in KEMAlgorithm.allCases { #expect(names.contains(algorithm.standardName)) }
        #expect(names.isSuperset(of: AsymmetricAlgorithm.allCases.filter { $0.modulusBits == nil }.map(\.wireName)))
        #expect(names.isSuperset(of: ["rsa-pkcs1v15", "rsa-pss", "rsa-oaep", "ecdh-p256", "aes-kwp", "aes-cmac"]))
        #expect(names.isSuperset(of: ["hkdf-sha2-256", "drbg", "base64"]))
    }
}
