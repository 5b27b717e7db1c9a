import Bytes
import Primitives
import Testing

@Suite("Post-quantum and HPKE vectors")
struct PostQuantumVectorTests {
    @Test("Every published seed of ML-DSA gives the published public key")
    func keys() throws {
        let files = try VectorFile.all(kind: "ml-dsa-key")
        #expect(Set(files.map(\.algorithm)) == Set(MLDSAParameterSet.allCases.map { "ml-dsa-\($0.rawValue)" }))
        for file in files {
            for item in file.cases {
                let pair = try PostQuantum.pair(set(file), seed: bytes(item.seed))
                #expect(try pair.publicKey.rawBytes == bytes(item.publicKey), "\(file.algorithm) \(item.id)")
            }
        }
    }

    @Test("Every published signature of ML-DSA is judged as said")
    func signatures() throws {
        let files = try VectorFile.all(kind: "ml-dsa")
        #expect(Set(files.map(\.algorithm)) == Set(MLDSAParameterSet.allCases.map { "ml-dsa-\($0.rawValue)" }))
        for file in files {
            #expect(Set(file.cases.map(\.valid)) == [true, false])
            for item in file.cases {
                let key = try PostQuantum.pair(set(file), seed: bytes(item.seed)).publicKey
                let accepted = try key.accepts(
                    bytes(item.signature), of: bytes(item.message), context: bytes(item.context))
                #expect(accepted == item.valid, "\(file.algorithm) \(item.id)")
            }
        }
    }

    @Test("Every published seed of a KEM gives the published key, and every ciphertext its secret")
    func secrets() throws {
        let files = try VectorFile.all(kind: "kem")
        #expect(Set(files.map(\.algorithm)) == Set(KEMAlgorithm.allCases.map(\.rawValue)))
        for file in files {
            let algorithm = try #require(KEMAlgorithm(rawValue: file.algorithm))
            for item in file.cases {
                let pair = try PostQuantum.pair(algorithm, seed: bytes(item.seed))
                #expect(try pair.publicKey.rawBytes == bytes(item.publicKey), "\(file.algorithm) \(item.id)")
                #expect(try pair.secret(bytes(item.ciphertext)) == bytes(item.secret), "\(file.algorithm) \(item.id)")
            }
        }
    }

    @Test("Every published message of HPKE opens, and no altered one does")
    func messages() throws {
        var kems: Set<HPKEKEM> = []
        var modes: Set<Int?> = []
        for item in try VectorFile.all(kind: "hpke").flatMap(\.cases) {
            let kem = try #require(HPKEKEM(rawValue: item.kem ?? 0))
            kems.insert(kem)
            modes.insert(item.mode)
            let suite = HPKESuite(
                kdf: try #require(HPKEKDF(rawValue: item.kdf ?? 0)),
                aead: try #require(HPKEAEAD(rawValue: item.aead ?? 0)))
            let psk = try bytes(item.psk)
            var message = HPKEMessage(suite: suite, info: try bytes(item.info), aad: try bytes(item.aad))
            if !psk.isEmpty { (message.psk, message.pskID) = (psk, try bytes(item.pskID)) }
            let (enc, ciphertext) = (try bytes(item.encapsulatedKey), try bytes(item.ciphertext))
            let key = try key(kem, bytes(item.privateKey))
            #expect(try message.open(ciphertext, enc: enc, key) == bytes(item.plaintext), "\(kem) \(item.id)")
            message.info.append(0)
            #expect(failure { _ = try message.open(ciphertext, enc: enc, key) } == .decryptionFailed)
        }
        #expect(kems == [.p256, .p521, .mlKEM768, .mlKEM1024])
        #expect(modes == [0, 1])
    }

    private func set(_ file: VectorFile) throws -> MLDSAParameterSet {
        try #require(MLDSAParameterSet.allCases.first { "ml-dsa-\($0.rawValue)" == file.algorithm })
    }

    private func key(_ kem: HPKEKEM, _ bytes: [UInt8]) throws -> HPKEKey {
        switch kem {
        case .p256: .curve(try withView(bytes) { try PrivateKey(.ecdsaP256, scalar: $0) })
        case .p384: .curve(try withView(bytes) { try PrivateKey(.ecdsaP384, scalar: $0) })
        case .p521: .curve(try withView(bytes) { try PrivateKey(.ecdsaP521, scalar: $0) })
        case .mlKEM768: .kem(try PostQuantum.pair(.mlKEM768, seed: bytes))
        case .mlKEM1024: .kem(try PostQuantum.pair(.mlKEM1024, seed: bytes))
        case .xWing: .kem(try PostQuantum.pair(.xWing, seed: bytes))
        }
    }
}
