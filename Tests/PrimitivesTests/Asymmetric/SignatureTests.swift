import Bytes
import Foundation
import Primitives
import Synchronization
import Testing

@Suite("Signatures")
struct SignatureTests {
    private let message = Array("the message that all of them sign".utf8)

    @Test("Under every scheme, what a key signs its public half accepts, and nothing else", arguments: schemes)
    func roundTrip(_ algorithm: AsymmetricAlgorithm, _ scheme: SignatureScheme) throws {
        let key = try TestKeys.pair(algorithm)
        let input = try Self.input(message, scheme)
        let signature = try key.signature(input, scheme)
        #expect(try key.publicKey.accepts(signature, of: input, scheme))
        var (other, altered) = (input, signature)
        other[0] ^= 1
        altered[altered.count - 1] ^= 1
        #expect(try !key.publicKey.accepts(signature, of: other, scheme))
        #expect(try !key.publicKey.accepts(altered, of: input, scheme))
        let stranger = try PrivateKey.generate(.ecdsaP256).publicKey
        if algorithm == .ecdsaP256 { #expect(try !stranger.accepts(signature, of: input, scheme)) }
    }

    /// Every algorithm with every scheme and hash function that it has.
    private static var schemes: [(AsymmetricAlgorithm, SignatureScheme)] {
        let salts = [PSSSaltLength.automatic, .digestLength, .bytes(0), .bytes(7)]
        let curves = TestKeys.curves.flatMap { curve in
            [(curve, SignatureScheme.ecdsa(.asn1)), (curve, SignatureScheme.ecdsa(.fixedWidth))]
        }
        let rsa = TestKeys.rsa.flatMap { algorithm in
            [(algorithm, SignatureScheme.rsaPKCS1(nil))]
                + DigestAlgorithm.allCases.flatMap { digest in
                    [(algorithm, .rsaPKCS1(digest))] + salts.map { (algorithm, .rsaPSS(digest, salt: $0)) }
                }
        }
        let edwards: [(AsymmetricAlgorithm, SignatureScheme)] = [
            (.ed25519, .ed25519), (.ed25519, .ed25519ph(context: .empty)),
            (.ed25519, .ed25519ph(context: ByteView("a context"))),
            (.ed25519, .ed25519ctx(context: ByteView("a context"))),
        ]
        return curves + edwards + rsa
    }

    private static func input(_ message: [UInt8], _ scheme: SignatureScheme) throws -> [UInt8] {
        switch scheme {
        case .rsaPKCS1(let digest?), .rsaPSS(let digest, _): try digest.digest(message)
        case .ecdsa: try DigestAlgorithm.sha2_512.digest(message)
        case .ed25519ph: try DigestAlgorithm.sha2_512.digest(message)
        case .ed25519, .ed25519ctx, .rsaPKCS1(nil): message
        }
    }

    @Test("ECDSA takes a digest of any length and cuts it to the curve's", arguments: TestKeys.curves)
    func digestLengths(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        for digest in DigestAlgorithm.allCases {
            let input = try digest.digest(message)
            let signature = try key.signature(input, .ecdsa(.fixedWidth))
            #expect(try key.publicKey.accepts(signature, of: input, .ecdsa(.fixedWidth)))
        }
        for count in [0, 1, 31, 32, 33, 65, 66, 67, 200, 100_000] {
            let input = [UInt8](repeating: 0x5A, count: count)
            let signature = try key.signature(input, .ecdsa(.asn1))
            #expect(try key.publicKey.accepts(signature, of: input, .ecdsa(.asn1)), "\(count)")
        }
        // What lies behind the leftmost bytes has no part in it.
        let whole = [UInt8](repeating: 0x5A, count: 66)
        let signature = try key.signature(whole, .ecdsa(.asn1))
        #expect(try key.publicKey.accepts(signature, of: whole + [1, 2, 3], .ecdsa(.asn1)))
    }

    @Test("Many ECDSA signatures keep their width, whatever zeros r and s begin with", arguments: TestKeys.curves)
    func widths(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let width = try #require(algorithm.coordinateLength)
        var short = 0
        for round in 0..<(algorithm == .ecdsaP256 ? 1500 : 200) {
            let input = withUnsafeBytes(of: round) { Array($0) }
            let signature = try key.signature(input, .ecdsa(.fixedWidth))
            #expect(signature.count == 2 * width)
            short += signature[0] == 0 || signature[width] == 0 ? 1 : 0
            #expect(try key.publicKey.accepts(signature, of: input, .ecdsa(.fixedWidth)))
        }
        if algorithm == .ecdsaP256 { #expect(short > 0) }
    }

    @Test("The encodings of one ECDSA signature are told apart from broken ones", arguments: TestKeys.curves)
    func encodings(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let width = try #require(algorithm.coordinateLength)
        let fixed = try key.signature(message, .ecdsa(.fixedWidth))
        let (r, s) = (Array(fixed[..<width]), Array(fixed[width...]))
        let whole = der(0x30, derUnsigned(r), derUnsigned(s))
        let check = { (signature: [UInt8]) in
            try key.publicKey.accepts(signature, of: message, .ecdsa(.asn1))
        }
        #expect(try check(whole))
        let malformed: [[UInt8]] = [
            [], [0x30], [0x30, 0x80] + whole.dropFirst(2) + [0, 0], der(0x31, derUnsigned(r), derUnsigned(s)),
            der(0x30, derUnsigned(r)), der(0x30, derUnsigned(r), derUnsigned(s), [0x05, 0x00]),
            der(0x30, der(0x02, [0, 0], r), derUnsigned(s)), der(0x30, der(0x02), derUnsigned(s)),
            der(0x30, der(0x04, r), derUnsigned(s)), fixed, Array(whole.dropLast()),
        ]
        for signature in malformed {
            #expect(throws: AsymmetricError.malformedSignature, "\(signature)") { try check(signature) }
        }
        #expect(throws: AsymmetricError.signatureTrailingData) { try check(whole + [0]) }
        // Well-formed, but no signature has such numbers.
        let huge = [UInt8](repeating: 0x7F, count: 200)
        for first in [der(0x02, [0]), der(0x02, [0x80]), derUnsigned(huge)] {
            #expect(try !check(der(0x30, first, derUnsigned(s))))
        }
        for signature in [[], Array(fixed.dropLast()), fixed + [0], [0] + r + [0] + s, whole] {
            #expect(try !key.publicKey.accepts(signature, of: message, .ecdsa(.fixedWidth)))
        }
    }

    @Test("Signatures of a wrong length are merely not valid", arguments: [AsymmetricAlgorithm.ed25519, .rsa2048])
    func wrongLengths(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let scheme = TestKeys.scheme(algorithm)
        let input = [UInt8](repeating: 1, count: 32)
        let signature = try key.signature(input, scheme)
        for wrong in [[], [0], Array(signature.dropLast()), signature + [0], [0] + signature] {
            #expect(try !key.publicKey.accepts(wrong, of: input, scheme))
        }
    }

    @Test("A digest must have its function's length, and what is padded bare must fit", arguments: TestKeys.rsa)
    func digestMustFit(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let wrong = AsymmetricError.wrongDigestLength(expected: 32, actual: 31)
        for scheme in [SignatureScheme.rsaPKCS1(.sha2_256), .rsaPSS(.sha2_256, salt: .automatic)] {
            let input = [UInt8](repeating: 0, count: 31)
            #expect(throws: wrong) { try key.signature(input, scheme) }
            #expect(throws: wrong) { try key.publicKey.accepts([], of: input, scheme) }
        }
        let limit = algorithm.signatureRoom - 11
        for count in [0, 1, limit] {
            let input = [UInt8](repeating: 0xFF, count: count)
            let signature = try key.signature(input, .rsaPKCS1(nil))
            #expect(try key.publicKey.accepts(signature, of: input, .rsaPKCS1(nil)), "\(count)")
        }
        #expect(throws: AsymmetricError.messageTooLong) {
            try key.signature([UInt8](repeating: 0, count: limit + 1), .rsaPKCS1(nil))
        }
    }

    @Test("A DigestInfo padded bare is the signature with the hash function named")
    func bareDigestInfo() throws {
        let key = try TestKeys.pair(.rsa2048)
        let digest = try DigestAlgorithm.sha2_256.digest(message)
        let prefix = try bytes("3031300d060960864801650304020105000420")
        #expect(try key.signature(prefix + digest, .rsaPKCS1(nil)) == key.signature(digest, .rsaPKCS1(.sha2_256)))
    }

    @Test("Salts reach from none to the longest that fits", arguments: TestKeys.rsa)
    func salts(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let input = try DigestAlgorithm.sha2_256.digest(message)
        let limit = algorithm.signatureRoom - 34
        let longest = try key.signature(input, .rsaPSS(.sha2_256, salt: .automatic))
        for salt in [PSSSaltLength.bytes(limit), .bytes(limit - 1), .digestLength] {
            let accepted = try key.publicKey.accepts(longest, of: input, .rsaPSS(.sha2_256, salt: salt))
            #expect(accepted == (salt == .bytes(limit)))
        }
        let bare = try key.signature(input, .rsaPSS(.sha2_256, salt: .bytes(0)))
        #expect(try key.publicKey.accepts(bare, of: input, .rsaPSS(.sha2_256, salt: .automatic)))
        for count in [-2, -1, limit + 1, Int.max, Int.min] {
            let scheme = SignatureScheme.rsaPSS(.sha2_256, salt: .bytes(count))
            #expect(throws: AsymmetricError.invalidSaltLength(count)) { try key.signature(input, scheme) }
            #expect(throws: AsymmetricError.invalidSaltLength(count)) {
                try key.publicKey.accepts(longest, of: input, scheme)
            }
        }
    }

    @Test("A key refuses the schemes of other algorithms", arguments: AsymmetricAlgorithm.allCases)
    func foreignSchemes(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let input = [UInt8](repeating: 1, count: 32)
        let all: [SignatureScheme] = [
            .ecdsa(.asn1), .ecdsa(.fixedWidth), .ed25519, .ed25519ctx(context: ByteView("c")), .rsaPKCS1(nil),
            .rsaPKCS1(.sha2_256),
            .rsaPSS(.sha2_256, salt: .automatic),
        ]
        let own: Int = TestKeys.curves.contains(algorithm) ? 2 : algorithm == .ed25519 ? 2 : 3
        let refused = all.filter { scheme in failure { _ = try key.signature(input, scheme) } != nil }
        #expect(refused.count == all.count - own)
        for scheme in refused {
            #expect(throws: AsymmetricError.unsupportedOperation) { try key.signature(input, scheme) }
            #expect(throws: AsymmetricError.unsupportedOperation) {
                try key.publicKey.accepts([1], of: input, scheme)
            }
        }
    }

    @Test("Eight threads use all keys at once, each switching between schemes")
    func threads() throws {
        let keys = try AsymmetricAlgorithm.allCases.map { try TestKeys.pair($0) }
        let input = [UInt8](repeating: 9, count: 32)
        let right = Atomic<Int>(0)
        let ended = DispatchGroup()
        for number in 0..<8 {
            ended.enter()
            let thread = Thread {
                for round in 0..<12 {
                    for key in keys where key.algorithm != .rsa4096 || round == number {
                        let scheme = Self.scheme(key.algorithm, round + number)
                        let accepted = try? key.publicKey.accepts(
                            key.signature(input, scheme), of: input, scheme)
                        if accepted == true { right.add(1, ordering: .relaxed) }
                    }
                }
                ended.leave()
            }
            thread.start()
        }
        ended.wait()
        #expect(right.load(ordering: .relaxed) == 8 * (12 * 6 + 1))
    }

    @Test("More threads than a key has places for share one", arguments: [AsymmetricAlgorithm.ecdsaP256, .ed25519])
    func moreThreadsThanPlaces(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let scheme = TestKeys.scheme(algorithm)
        let right = Atomic<Int>(0)
        let ended = DispatchGroup()
        let (all, count) = (DispatchSemaphore(value: 0), 100)
        for number in 0..<count {
            ended.enter()
            let thread = Thread {
                let input = [UInt8](repeating: UInt8(number), count: 32)
                // No thread ends before all have started, so that none takes over another's place.
                if number == count - 1 { for _ in 0..<count { all.signal() } }
                all.wait()
                for _ in 0..<3 {
                    let accepted = try? key.publicKey.accepts(key.signature(input, scheme), of: input, scheme)
                    if accepted == true { right.add(1, ordering: .relaxed) }
                }
                ended.leave()
            }
            thread.start()
        }
        ended.wait()
        #expect(right.load(ordering: .relaxed) == count * 3)
    }

    private static func scheme(_ algorithm: AsymmetricAlgorithm, _ turn: Int) -> SignatureScheme {
        switch (TestKeys.scheme(algorithm), turn % 3) {
        case (.ecdsa, 0): .ecdsa(.fixedWidth)
        case (.rsaPSS, 0): .rsaPKCS1(.sha2_256)
        case (.rsaPSS, 1): .rsaPKCS1(nil)
        case (let scheme, _): scheme
        }
    }
}
