import Bytes
import Foundation
import Primitives
import Testing

/// One key pair per algorithm, generated once for all tests: the RSA ones take seconds.
enum TestKeys {
    private static let pairs: [AsymmetricAlgorithm: PrivateKey] = {
        var pairs: [AsymmetricAlgorithm: PrivateKey] = [:]
        for algorithm in AsymmetricAlgorithm.allCases { pairs[algorithm] = try? .generate(algorithm) }
        return pairs
    }()

    static func pair(_ algorithm: AsymmetricAlgorithm) throws -> PrivateKey { try #require(pairs[algorithm]) }

    static let curves: [AsymmetricAlgorithm] = [.ecdsaP256, .ecdsaP384, .ecdsaP521]
    static let rsa: [AsymmetricAlgorithm] = [.rsa2048, .rsa3072, .rsa4096]

    /// A scheme that every key of the algorithm signs 32-byte inputs under.
    static func scheme(_ algorithm: AsymmetricAlgorithm) -> SignatureScheme {
        switch algorithm {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521: .ecdsa(.asn1)
        case .ed25519: .ed25519
        case .rsa2048, .rsa3072, .rsa4096: .rsaPSS(.sha2_256, salt: .automatic)
        }
    }
}

// The calls of keys with arrays instead of views and addresses.

extension PrivateKey {
    func signature(_ input: [UInt8], _ scheme: SignatureScheme) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: algorithm.signatureRoom + 8)
        let length = try withView(input) { try sign($0, scheme, into: &output) }
        precondition(output[algorithm.signatureRoom...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<length])
    }

    func decrypted(_ ciphertext: [UInt8], _ padding: RSAEncryptionPadding) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: algorithm.signatureRoom + 8)
        let length = try withView(ciphertext) { try decrypt($0, padding, into: &output) }
        precondition(output[algorithm.signatureRoom...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<length])
    }

    func der(_ format: PrivateKeyFormat) throws -> [UInt8] {
        try exposingDER(format) { (der) throws(AsymmetricError) in der.array }
    }

    func pem(_ format: PrivateKeyFormat, finalNewline: Bool = true) throws -> String {
        try exposingPEM(format, finalNewline: finalNewline) { (pem) throws(AsymmetricError) in pem.string }
    }

    func sharedSecret(with peer: PublicKey) throws -> [UInt8] {
        try exposingSharedSecret(with: peer) { (secret) throws(AsymmetricError) in secret.array }
    }
}

extension PublicKey {
    func accepts(_ signature: [UInt8], of input: [UInt8], _ scheme: SignatureScheme) throws -> Bool {
        try withView(signature) { signature in try withView(input) { try verify(signature, of: $0, scheme) } }
    }

    func encrypted(_ plaintext: [UInt8], _ padding: RSAEncryptionPadding) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: algorithm.signatureRoom)
        let length = try withView(plaintext) { try encrypt($0, padding, into: &output) }
        return Array(output[..<length])
    }

    var pem: String {
        var writer = ByteWriter()
        appendPEM(to: &writer)
        return writer.view.string
    }
}

extension DigestAlgorithm {
    func digest(_ message: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: length)
        try withView(message) { try hash($0, into: &output) }
        return output
    }

    init?(standardName: String) {
        let names: [String: DigestAlgorithm] = [
            "SHA-1": .sha1, "SHA-224": .sha2_224, "SHA-256": .sha2_256, "SHA-384": .sha2_384, "SHA-512": .sha2_512,
        ]
        guard let known = names[standardName] else { return nil }
        self = known
    }
}

/// What the body throws, or nil.
func failure(_ body: () throws -> Void) -> AsymmetricError? {
    do {
        try body()
        return nil
    } catch {
        return error as? AsymmetricError
    }
}

/// An element of DER.
func der(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap { $0 }
    var length: [UInt8] = []
    var rest = content.count
    while rest > 0 {
        length.insert(UInt8(rest & 0xFF), at: 0)
        rest >>= 8
    }
    if content.count < 0x80 { return [tag, UInt8(content.count)] + content }
    return [tag, 0x80 | UInt8(length.count)] + length + content
}

/// An INTEGER with that magnitude.
func derUnsigned(_ magnitude: [UInt8]) -> [UInt8] {
    let digits = Array(magnitude.drop { $0 == 0 })
    return der(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
}

/// The processor time of this thread that the body takes.
func processorTime(_ body: () throws -> Void) rethrows -> Duration {
    func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    try body()
    return now() - start
}
