package import Bytes
internal import COpenSSL
internal import Glibc

/// The hash functions on offer. **Source** FIPS 180-4 (SHA-1, SHA-2), FIPS 202 (SHA-3).
// The names of the standards; without the underscore SHA2-256 reads as SHA-2256.
// swift-format-ignore: AlwaysUseLowerCamelCase
package enum DigestAlgorithm: UInt8, CaseIterable, Sendable {
    case sha1
    case sha2_224
    case sha2_256
    case sha2_384
    case sha2_512
    case sha3_224
    case sha3_256
    case sha3_384
    case sha3_512

    /// The name on the wire, such as `sha2-256`.
    package var wireName: String {
        switch self {
        case .sha1: "sha1"
        case .sha2_224: "sha2-224"
        case .sha2_256: "sha2-256"
        case .sha2_384: "sha2-384"
        case .sha2_512: "sha2-512"
        case .sha3_224: "sha3-224"
        case .sha3_256: "sha3-256"
        case .sha3_384: "sha3-384"
        case .sha3_512: "sha3-512"
        }
    }

    /// The algorithm of that wire name, spelled exactly so.
    package init?(wireName: String) {
        guard let known = Self.allCases.first(where: { $0.wireName == wireName }) else { return nil }
        self = known
    }

    /// Digest length in bytes.
    package var length: Int {
        switch self {
        case .sha1: 20
        case .sha2_224, .sha3_224: 28
        case .sha2_256, .sha3_256: 32
        case .sha2_384, .sha3_384: 48
        case .sha2_512, .sha3_512: 64
        }
    }

    /// Length in bytes of the blocks it works in, as HMAC pads its key.
    var blockLength: Int {
        switch self {
        case .sha1, .sha2_224, .sha2_256: 64
        case .sha2_384, .sha2_512: 128
        case .sha3_224: 144
        case .sha3_256: 136
        case .sha3_384: 104
        case .sha3_512: 72
        }
    }

    /// Writes the digest of the message, `length` bytes.
    package func hash(_ message: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        let thread = ThreadState.current
        let hasher = try DigestState(self, thread, from: nil)
        try hasher.update(message)
        try hasher.finish(into: output)
    }
}
