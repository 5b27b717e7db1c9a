import Bytes
import Primitives
import Testing

@Suite("ML-DSA")
struct MLDSATests {
    @Test(
        "A pair signs what its public half accepts, under that context and no other",
        arguments: MLDSAParameterSet.allCases)
    func roundTrip(_ set: MLDSAParameterSet) throws {
        let pair = try MLDSAPrivateKey.generate(set)
        #expect(pair.parameterSet == set)
        #expect(pair.publicKey.rawBytes.count == set.publicKeyLength)
        let again = try PostQuantum.publicKey(set, pair.publicKey.rawBytes)
        for length in [0, 1, 32, 5000] {
            let message = [UInt8](repeating: 7, count: length)
            for context in [[], [1], [UInt8](repeating: 2, count: 255)] {
                let signature = try pair.signature(message, context: context)
                #expect(signature.count == set.signatureLength)
                #expect(try again.accepts(signature, of: message, context: context))
                #expect(try !again.accepts(signature, of: message + [0], context: context))
                #expect(try !again.accepts(signature, of: message, context: context.isEmpty ? [0] : []))
            }
        }
    }

    @Test("Signing is hedged: no two signatures are the same", arguments: MLDSAParameterSet.allCases)
    func hedged(_ set: MLDSAParameterSet) throws {
        let pair = try PostQuantum.pair(set, seed: [UInt8](repeating: 1, count: 32))
        #expect(Set(try (0..<4).map { _ in try pair.signature([1]) }).count == 4)
    }

    @Test(
        "A signature with a changed byte, or of another length, is merely false", arguments: MLDSAParameterSet.allCases)
    func altered(_ set: MLDSAParameterSet) throws {
        var generator = SeededGenerator(seed: 204)
        let pair = try PostQuantum.pair(set, seed: generator.bytes(32))
        let signature = try pair.signature([1, 2, 3])
        for _ in 0..<40 {
            var changed = signature
            changed[Int.random(in: 0..<changed.count, using: &generator)] ^=
                1 << UInt8.random(in: 0...7, using: &generator)
            #expect(try !pair.publicKey.accepts(changed, of: [1, 2, 3]))
        }
        for other in [[], [0], Array(signature.dropLast()), signature + [0], generator.bytes(10_000)] {
            #expect(try !pair.publicKey.accepts(other, of: [1, 2, 3]))
        }
    }

    @Test("Keys and contexts of another length are refused", arguments: MLDSAParameterSet.allCases)
    func lengths(_ set: MLDSAParameterSet) throws {
        for length in [0, 31, 33, 64] {
            let seed = [UInt8](repeating: 0, count: length)
            #expect(failure { _ = try PostQuantum.pair(set, seed: seed) } == .malformedKey)
        }
        for length in [0, set.publicKeyLength - 1, set.publicKeyLength + 1] {
            let raw = [UInt8](repeating: 0, count: length)
            #expect(failure { _ = try PostQuantum.publicKey(set, raw) } == .malformedKey)
        }
        let pair = try MLDSAPrivateKey.generate(set)
        let context = [UInt8](repeating: 0, count: 256)
        #expect(failure { _ = try pair.signature([], context: context) } == .contextTooLong)
        let signature = try pair.signature([])
        #expect(failure { _ = try pair.publicKey.accepts(signature, of: [], context: context) } == .contextTooLong)
    }

    @Test("A pair is made again from its seed", arguments: MLDSAParameterSet.allCases)
    func seeds(_ set: MLDSAParameterSet) throws {
        let pair = try MLDSAPrivateKey.generate(set)
        let seed = try pair.seedBytes
        #expect(seed.count == 32)
        let again = try PostQuantum.pair(set, seed: seed)
        #expect(again.publicKey.rawBytes == pair.publicKey.rawBytes)
        #expect(try pair.publicKey.accepts(again.signature([9]), of: [9]))
        #expect(try MLDSAPrivateKey.generate(set).seedBytes != seed)
    }

    @Test("The public key leaves as PEM of SubjectPublicKeyInfo", arguments: MLDSAParameterSet.allCases)
    func pem(_ set: MLDSAParameterSet) throws {
        let key = try MLDSAPrivateKey.generate(set).publicKey
        let identifier = der(0x30, der(0x06, [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set == .mlDSA65 ? 0x12 : 0x13]))
        #expect(key.subjectPublicKeyInfo == der(0x30, identifier, der(0x03, [0] + key.rawBytes)))
        let lines = key.pem.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "-----BEGIN PUBLIC KEY-----")
        #expect(lines.suffix(2) == ["-----END PUBLIC KEY-----", ""])
        let text = Array(lines.dropFirst().dropLast(2).joined().utf8)
        #expect(withView(text) { Base64.decode($0) } == .success(key.subjectPublicKeyInfo))
    }

    @Test("Many threads share a pair")
    func threads() async throws {
        let pair = try MLDSAPrivateKey.generate(.mlDSA65)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in UInt8(0)..<16 {
                group.addTask { try pair.publicKey.accepts(pair.signature([number]), of: [number]) }
            }
            for try await holds in group { #expect(holds) }
        }
    }
}
