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

/// The shapes in which a cipher is offered: with the library that the table chooses by the message's length, and with
/// each library for every length. Where an algorithm has no such library, the table chooses all the same.
enum Shape: CaseIterable {
    case kept
    case keptOpenSSL
    case keptGcrypt
    case transient
    case transientOpenSSL
    case transientGcrypt

    var isKept: Bool { self == .kept || self == .keptOpenSSL || self == .keptGcrypt }

    /// The library to ask for, nil to leave it to the table.
    func library(for algorithm: AEADAlgorithm) -> CryptoLibrary? {
        let named: CryptoLibrary? =
            switch self {
            case .kept, .transient: nil
            case .keptOpenSSL, .transientOpenSSL: .openssl
            case .keptGcrypt, .transientGcrypt: .gcrypt
            }
        return named.flatMap { algorithm.libraries.contains($0) ? $0 : nil }
    }

    static var keptShapes: [Shape] { allCases.filter(\.isKept) }
}

/// A cipher in one of its shapes, with arrays instead of addresses.
struct Cipher {
    let algorithm: AEADAlgorithm
    let shape: Shape
    private let bytes: [UInt8]
    private let kept: AEADKey
    private let library: CryptoLibrary?

    init(_ algorithm: AEADAlgorithm, _ shape: Shape, key: [UInt8]) throws {
        self.algorithm = algorithm
        self.shape = shape
        bytes = key
        library = shape.library(for: algorithm)
        kept = try withView(key) { try AEADKey(algorithm, material: SecretBytes(copying: $0)) }
    }

    /// Seals under the nonce, or a random one. Bytes past the room that the interface asks for must stay untouched.
    func seal(_ plaintext: [UInt8], nonce: [UInt8]?, aad: [UInt8]) throws -> [UInt8] {
        let room = plaintext.count + algorithm.overhead
        var output = [UInt8](repeating: 0xAA, count: room + 8)
        try withView(plaintext) { plaintext in
            try withView(aad) { aad in
                guard let nonce else {
                    if shape.isKept, library == nil {
                        if aad.isEmpty { return try kept.onThisThread().seal(plaintext, into: &output) }
                        return try kept.seal(plaintext, authenticating: aad, into: &output)
                    }
                    if !shape.isKept { return try transientSeal(plaintext, nil, aad, &output) }
                    var random = SystemRandomNumberGenerator()
                    let drawn = (0..<algorithm.nonceLength).map { _ in UInt8.random(in: 0...255, using: &random) }
                    return try withView(drawn) { try keptSeal(plaintext, $0, aad, &output) }
                }
                try withView(nonce) { nonce in
                    if shape.isKept {
                        try keptSeal(plaintext, nonce, aad, &output)
                    } else {
                        try transientSeal(plaintext, nonce, aad, &output)
                    }
                }
            }
        }
        precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<room])
    }

    private func keptSeal(
        _ plaintext: ByteView, _ nonce: ByteView, _ aad: ByteView, _ output: inout [UInt8]
    ) throws {
        if let library {
            try kept.seal(plaintext, nonce: nonce, authenticating: aad, into: &output, via: library)
        } else {
            try kept.seal(plaintext, nonce: nonce, authenticating: aad, into: &output)
        }
    }

    private func transientSeal(
        _ plaintext: ByteView, _ nonce: ByteView?, _ aad: ByteView, _ output: inout [UInt8]
    ) throws {
        try withView(bytes) { key in
            if let library {
                try TransientAEAD.seal(
                    algorithm, key: key, nonce: nonce, plaintext: plaintext, authenticating: aad, into: &output,
                    via: library)
            } else {
                try TransientAEAD.seal(
                    algorithm, key: key, nonce: nonce, plaintext: plaintext, authenticating: aad, into: &output)
            }
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
                        switch (shape.isKept, library) {
                        case (true, nil) where aad.isEmpty: try kept.onThisThread().open(sealed, into: &output)
                        case (true, nil): try kept.open(sealed, authenticating: aad, into: &output)
                        case (true, let library?):
                            try kept.open(sealed, authenticating: aad, into: &output, via: library)
                        case (false, nil):
                            try TransientAEAD.open(
                                algorithm, key: key, sealed: sealed, authenticating: aad, into: &output)
                        case (false, let library?):
                            try TransientAEAD.open(
                                algorithm, key: key, sealed: sealed, authenticating: aad, into: &output, via: library)
                        }
                    }
                }
            }
        }
        precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return (length.map { Array(output[..<$0]) }, Array(output[..<room]))
    }
}
