import Bytes
import Primitives

/// A small generator whose seed can be printed and set. **Source** SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var word: UInt64 = 0
        return (0..<count).map { index in
            if index & 7 == 0 { word = next() }
            return UInt8(truncatingIfNeeded: word >> (UInt64(index & 7) * 8))
        }
    }
}

/// Lends a view of an array.
func withView<R>(_ bytes: [UInt8], _ body: (ByteView) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(ByteView($0)) }
}

/// The shapes in which a cipher is offered, with arrays instead of addresses.
enum Shape: CaseIterable {
    case kept
    case transient
}

struct Cipher {
    let algorithm: AEADAlgorithm
    let shape: Shape
    private let bytes: [UInt8]
    private let kept: AEADKey

    init(_ algorithm: AEADAlgorithm, _ shape: Shape, key: [UInt8]) throws {
        self.algorithm = algorithm
        self.shape = shape
        bytes = key
        kept = try withView(key) { try AEADKey(algorithm, material: SecretBytes(copying: $0)) }
    }

    /// Seals under the nonce, or a random one. Bytes past the room that the interface asks for must stay untouched.
    func seal(_ plaintext: [UInt8], nonce: [UInt8]?, aad: [UInt8]) throws -> [UInt8] {
        let room = plaintext.count + algorithm.overhead
        var output = [UInt8](repeating: 0xAA, count: room + 8)
        try withView(plaintext) { plaintext in
            try withView(aad) { aad in
                switch (shape, nonce) {
                case (.kept, nil): try kept.seal(plaintext, authenticating: aad, into: &output)
                case (.kept, let nonce?):
                    try withView(nonce) { try kept.seal(plaintext, nonce: $0, authenticating: aad, into: &output) }
                case (.transient, nil):
                    try transientSeal(plaintext, nil, aad, &output)
                case (.transient, let nonce?):
                    try withView(nonce) { try transientSeal(plaintext, $0, aad, &output) }
                }
            }
        }
        precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<room])
    }

    private func transientSeal(
        _ plaintext: ByteView, _ nonce: ByteView?, _ aad: ByteView, _ output: inout [UInt8]
    ) throws {
        try withView(bytes) { key in
            try TransientAEAD.seal(
                algorithm, key: key, nonce: nonce, plaintext: plaintext, authenticating: aad, into: &output)
        }
    }

    /// Opens, and reports the output even when it throws. Bytes past the plaintext must stay untouched.
    func open(_ sealed: [UInt8], aad: [UInt8]) -> (result: Result<[UInt8], CryptoError>, output: [UInt8]) {
        let room = max(sealed.count - algorithm.overhead, 0)
        var output = [UInt8](repeating: 0xAA, count: room + 8)
        let length: Result<Int, CryptoError> = withView(sealed) { sealed in
            withView(aad) { aad in
                withView(bytes) { key in
                    Result { () throws(CryptoError) in
                        switch shape {
                        case .kept: try kept.open(sealed, authenticating: aad, into: &output)
                        case .transient:
                            try TransientAEAD.open(
                                algorithm, key: key, sealed: sealed, authenticating: aad, into: &output)
                        }
                    }
                }
            }
        }
        precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return (length.map { Array(output[..<$0]) }, Array(output[..<room]))
    }
}
