import Bytes
import Foundation
import Primitives
import Testing

/// Project Wycheproof's cases for ML-DSA and ML-KEM.
@Suite("Wycheproof for post-quantum keys", .enabled(if: Wycheproof.isPresent))
struct PostQuantumWycheproofTests {
    @Test(
        "Every ML-DSA signature is judged as said",
        arguments: [(MLDSAParameterSet.mlDSA65, 210, 79), (.mlDSA87, 241, 71)])
    func verify(_ set: MLDSAParameterSet, _ expected: Int, _ expectedValid: Int) throws {
        var (count, valid) = (0, 0)
        for group in try LatticeVectors.groups("mldsa_\(set.rawValue)_verify") {
            let raw = try bytes(group.publicKey)
            guard raw.count == set.publicKeyLength else {
                #expect(failure { _ = try PostQuantum.publicKey(set, raw) } == .malformedKey)
                #expect(group.tests.allSatisfy { $0.result == "invalid" })
                count += group.tests.count
                continue
            }
            let key = try PostQuantum.publicKey(set, raw)
            #expect(try key.subjectPublicKeyInfo == bytes(group.publicKeyDer))
            for item in group.tests {
                count += 1
                valid += item.result == "valid" ? 1 : 0
                #expect(try accepts(key, item) == (item.result == "valid"), "\(item.tcId) \(item.flags)")
            }
        }
        #expect(count == expected)
        #expect(valid == expectedValid)
    }

    /// Ours are hedged, so that theirs, which are deterministic, can only be verified; 17 have no message but its
    /// hash, and there the public key is all that can be compared.
    @Test("Every ML-DSA-65 seed gives the pair that signed")
    func sign() throws {
        var (count, hashed) = (0, 0)
        for group in try LatticeVectors.groups("mldsa_65_sign_seed") {
            let seed = try bytes(group.privateSeed)
            guard seed.count == 32 else {
                #expect(failure { _ = try PostQuantum.pair(.mlDSA65, seed: seed) } == .malformedKey)
                #expect(group.tests.allSatisfy { $0.flags == ["IncorrectPrivateKeyLength"] })
                count += group.tests.count
                continue
            }
            let pair = try PostQuantum.pair(.mlDSA65, seed: seed)
            #expect(try pair.publicKey.rawBytes == bytes(group.publicKey))
            for item in group.tests {
                count += 1
                guard let message = item.msg else {
                    hashed += 1
                    continue
                }
                let context = try bytes(item.ctx ?? "")
                if item.result == "invalid" {
                    #expect(item.flags == ["InvalidContext"])
                    #expect(
                        failure { _ = try pair.signature(bytes(message), context: context) } == .contextTooLong)
                } else {
                    #expect(try accepts(pair.publicKey, item), "\(item.tcId)")
                    let own = try pair.signature(bytes(message), context: context)
                    #expect(try own != bytes(item.sig))
                    #expect(try pair.publicKey.accepts(own, of: bytes(message), context: context), "\(item.tcId)")
                }
            }
        }
        #expect(count == 105)
        #expect(hashed == 17)
    }

    @Test(
        "Every ML-KEM case comes out as said",
        arguments: [("mlkem_768", KEMAlgorithm.mlKEM768), ("mlkem_1024", .mlKEM1024)])
    func decapsulate(_ name: String, _ algorithm: KEMAlgorithm) throws {
        var (count, valid) = (0, 0)
        for item in try LatticeVectors.groups(name).flatMap(\.tests) {
            count += 1
            let (seed, ciphertext) = (try bytes(item.seed), try bytes(item.c))
            guard seed.count == algorithm.seedLength else {
                #expect(item.result == "invalid")
                #expect(failure { _ = try PostQuantum.pair(algorithm, seed: seed) } == .malformedKey)
                continue
            }
            let pair = try PostQuantum.pair(algorithm, seed: seed)
            #expect(try pair.publicKey.rawBytes == bytes(item.ek))
            if item.result == "valid" {
                valid += 1
                #expect(try pair.secret(ciphertext) == bytes(item.K), "\(item.tcId)")
            } else {
                #expect(failure { _ = try pair.secret(ciphertext) } == .decryptionFailed, "\(item.tcId)")
            }
        }
        #expect(count == 193)
        #expect(valid == 153)
    }

    /// False also for a context that is too long.
    private func accepts(_ key: MLDSAPublicKey, _ item: LatticeVectors.Case) throws -> Bool {
        do {
            return try key.accepts(bytes(item.sig), of: bytes(item.msg), context: bytes(item.ctx ?? ""))
        } catch AsymmetricError.contextTooLong {
            return false
        }
    }
}

/// Wycheproof's files with the members that ML-DSA and ML-KEM need.
private enum LatticeVectors {
    private struct File: Decodable { let testGroups: [Group] }

    struct Group: Decodable {
        let publicKey: String?
        let publicKeyDer: String?
        let privateSeed: String?
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let result: String
        let flags: [String]
        let msg: String?
        let ctx: String?
        let sig: String?
        let seed: String?
        let ek: String?
        let c: String?
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K: String?
    }

    static func groups(_ name: String) throws -> [Group] {
        try JSONDecoder().decode(File.self, from: PairVectors.data(name)).testGroups
    }
}
