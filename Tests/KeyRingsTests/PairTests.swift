import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Key pairs, whole and half")
struct PairTests {
    @Test("A public half verifies what the pair signed, and neither signs nor decrypts", arguments: Shape.pairs)
    func publicHalf(_ shape: Shape) throws {
        let whole = try shape.version()
        let pair = try #require(whole.pair)
        let half = try shape.version(.pair(PairMaterial(pair.publicKey())))
        #expect(whole.hasPrivateHalf && !half.hasPrivateHalf)
        #expect(try #require(half.pair).privateKey() == nil)
        #expect(half.exposingKey { $0.count } == 0 && half.publicBytes == whole.publicBytes)
        let read = try withView(half.exposingRecord()) { (view) throws(KeyRingError) in try shape.read(view) }
        for version in [half, read] {
            let ring = try shape.ring([version])
            let message = Array("hello".utf8)
            #expect(try ring.accepts(shape.ring([whole]).signature(message), message))
            #expect(throws: KeyRingError.signingWithoutPrivateHalf) { try ring.signature(message) }
            guard shape.type.isRSA else { continue }
            let text = try ring.sealed(message)
            #expect(throws: KeyRingError.decryptionWithoutPrivateHalf) { try ring.opened(text) }
            #expect(try shape.ring([whole]).opened(text) == message)
        }
    }

    @Test("A pair can be imported in the form in which it is stored", arguments: Shape.pairs)
    func importing(_ shape: Shape) throws {
        let pair = try #require(shape.version().pair)
        let algorithm = try #require(shape.type.pair)
        let secret = pair.exposingSecret { SecretBytes(copying: $0) }
        let again = try PairMaterial(importing: secret, algorithm)
        #expect(again.subjectPublicKeyInfo == pair.subjectPublicKeyInfo)
        for other in AsymmetricAlgorithm.allCases where other != algorithm {
            #expect(throws: AsymmetricError.self) { try PairMaterial(importing: secret, other) }
        }
    }

    @Test("A stored pair whose bytes are none is corrupt when it is used", arguments: Shape.pairs)
    func corrupt(_ shape: Shape) throws {
        let entry = KeyEntry(
            key: withView([1, 2, 3]) { SecretBytes(copying: $0) }, publicKey: [4, 5, 6],
            hmacKey: withView([UInt8](repeating: 7, count: 32)) { SecretBytes(copying: $0) },
            created: Moment(seconds: 1))
        let version = try KeyVersion(number: 1, settings: shape.settings, entry: entry, usage: KeyUsage(stored: 0))
        let ring = try shape.ring([version])
        #expect(throws: KeyRingError.corruptRecord) { try ring.signature([1]) }
        #expect(throws: KeyRingError.corruptRecord) { try ring.accepts("vault:v1:AAAA", [1]) }
    }

    @Test("A pair of another algorithm than the ring's is corrupt when it is used")
    func otherAlgorithm() throws {
        let (left, right) = (try Shape.pairs[0].version(), Shape.pairs[1])
        let entry = left.exposingEntry()
        let version = try KeyVersion(number: 1, settings: right.settings, entry: entry, usage: KeyUsage(stored: 0))
        let ring = try right.ring([version])
        #expect(throws: KeyRingError.corruptRecord) { try ring.signature([1]) }
        #expect(throws: KeyRingError.corruptRecord) { try ring.accepts("vault:v1:AAAA", [1]) }
    }

    @Test("RSA rings encrypt up to their padding's limit, in both paddings, and take no associated data")
    func rsaEncryption() throws {
        let ring = try #require(Shape.pairs.first { $0.type == .rsa2048 }).ring()
        for length in [0, 1, 190] {
            let message = [UInt8](repeating: 3, count: length)
            #expect(try ring.opened(ring.sealed(message)) == message)
        }
        #expect(throws: KeyRingError.messageTooLongForRSA) { try ring.sealed([UInt8](repeating: 3, count: 191)) }
        #expect(throws: KeyRingError.associatedDataNotSupported(item: 0, .rsa2048)) { try ring.sealed([1], data: [1]) }
        let text = try ring.sealed([1])
        #expect(throws: KeyRingError.associatedDataNotSupported(item: 0, .rsa2048)) { try ring.opened(text, data: [1]) }
        #expect(throws: KeyRingError.asymmetric(.decryptionFailed)) { try ring.opened("vault:v1:AAAA") }
    }

    @Test("Types that do not encrypt say so", arguments: Shape.all.filter { !$0.type.supportsEncryption })
    func noEncryption(_ shape: Shape) throws {
        let ring = try shape.ring()
        #expect(throws: KeyRingError.cannotEncrypt(shape.type)) { try ring.sealed([1]) }
        #expect(throws: KeyRingError.cannotDecrypt(shape.type)) { try ring.opened("vault:v1:AAAA") }
    }
}
