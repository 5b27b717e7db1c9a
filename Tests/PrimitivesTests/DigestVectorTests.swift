import Bytes
import Primitives
import Testing

@Suite("Digest, HMAC and HKDF vectors")
struct DigestVectorTests {
    @Test("Every published digest is met")
    func digests() throws {
        let files = try VectorFile.all(kind: "hash")
        #expect(Set(files.map(\.algorithm)) == Set(DigestAlgorithm.allCases.map(\.wireName)))
        for file in files {
            let algorithm = try #require(DigestAlgorithm(wireName: file.algorithm))
            for item in file.cases {
                var digest = [UInt8](repeating: 0, count: algorithm.length)
                try withView(try bytes(item.message)) { try algorithm.hash($0, into: &digest) }
                #expect(digest == (try bytes(item.digest)), "\(file.algorithm) \(item.id)")
            }
        }
    }

    @Test("Every published code is met by kept keys, in parts, and by keys used once")
    func codes() throws {
        let files = try VectorFile.all(kind: "mac")
        #expect(Set(files.map(\.algorithm)) == Set(DigestAlgorithm.allCases.map { "hmac-" + $0.wireName }))
        for file in files {
            let algorithm = try #require(DigestAlgorithm(wireName: String(file.algorithm.dropFirst(5))))
            for item in file.cases {
                let expected = try bytes(item.tag)
                for code in try Self.codes(algorithm, key: bytes(item.key), bytes(item.message)) {
                    #expect(Array(code.prefix(expected.count)) == expected, "\(file.algorithm) \(item.id)")
                }
            }
        }
    }

    @Test("A message in one part and in several has the same code", arguments: DigestAlgorithm.allCases)
    func parts(_ algorithm: DigestAlgorithm) throws {
        var random = SeededGenerator(seed: 11)
        for length in Array(0...200) + [1023, 1024, 1025, 70_000] {
            let codes = try Self.codes(algorithm, key: random.bytes(32), random.bytes(length))
            #expect(Set(codes).count == 1, "\(length) bytes")
        }
    }

    @Test("A code may be written over its message")
    func overItself() throws {
        for length in [32, 55, 56, 63, 64, 65, 119, 120, 128] {
            var memory = [UInt8](repeating: 7, count: length)
            let expected = try #require(try Self.codes(.sha2_256, key: [1], memory).first)
            let key = try withView([1]) { try HMACKey(.sha2_256, key: $0) }
            try memory.withUnsafeMutableBytes { bytes in
                let start = try #require(bytes.baseAddress).assumingMemoryBound(to: UInt8.self)
                try key.authenticate(ByteView(UnsafeRawBufferPointer(bytes)), into: start)
            }
            #expect(Array(memory.prefix(32)) == expected)
        }
    }

    /// The code of a message in every shape of the interface.
    static func codes(_ algorithm: DigestAlgorithm, key: [UInt8], _ message: [UInt8]) throws -> [[UInt8]] {
        var output = [UInt8](repeating: 0, count: algorithm.length)
        var codes: [[UInt8]] = []
        try withView(key) { secret in
            let kept = try HMACKey(algorithm, key: secret)
            try withView(message) { message in
                try kept.authenticate(message, into: &output)
                codes.append(output)
                let (third, half) = (message.count / 3, message.count / 2)
                try kept.authenticate(message.slice(0, half), message.dropFirst(half), into: &output)
                codes.append(output)
                let (first, second) = (message.slice(0, third), message.slice(third, half - third))
                try kept.authenticate(first, second, message.dropFirst(half), into: &output)
                codes.append(output)
                try HMACKey.oneShot(algorithm, key: secret, message, into: &output)
                codes.append(output)
            }
        }
        return codes
    }

    @Test("Every published derivation is met, and every shorter output is its beginning")
    func derivations() throws {
        let files = try VectorFile.all(kind: "kdf").filter { $0.algorithm == "hkdf-sha2-256" }
        #expect(!files.isEmpty)
        for item in files.flatMap(\.cases) {
            let expected = try bytes(item.okm)
            let key = try withView(try bytes(item.ikm)) { material in
                try withView(try bytes(item.salt)) { try HKDFKey(extractingSHA256: material, salt: $0) }
            }
            for count in 0...expected.count {
                var derived = [UInt8](repeating: 0xAA, count: count + 1)
                try withView(try bytes(item.info)) { try key.expand(info: $0, count: count, into: &derived) }
                #expect(derived == expected[..<count] + [0xAA], "\(item.id)")
            }
        }
    }

    @Test("A derivation of more than 255 blocks is refused")
    func longestDerivation() throws {
        let key = try HKDFKey(extractingSHA256: ByteView("material"))
        var output = [UInt8](repeating: 0, count: 8160)
        try key.expand(info: .empty, count: 8160, into: &output)
        #expect(throws: CryptoError.messageTooLong) { try key.expand(info: .empty, count: 8161, into: &output) }
        #expect(throws: CryptoError.messageTooLong) { try key.expand(info: .empty, count: -1, into: &output) }
    }

    @Test("Wire names are exact")
    func wireNames() {
        #expect(DigestAlgorithm(wireName: "sha2-256") == .sha2_256)
        for name in ["", "SHA2-256", "sha2-256 ", "sha256", "none"] { #expect(DigestAlgorithm(wireName: name) == nil) }
    }
}
