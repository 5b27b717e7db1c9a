internal import Bytes
internal import Foundation
internal import Primitives
internal import Synchronization

/// Signatures by the library alone, of 64-byte messages, hashed where the scheme wants it: a ceiling for the server's.
final class SignLoop: Sendable {
    private enum Key: Sendable {
        case pair(PrivateKey, SignatureScheme, hashes: Bool)
        case mlDSA(MLDSAPrivateKey)
    }

    /// The names under which the keys are asked for; those of the wire, with the parameter set behind `ml-dsa`.
    static let names = ["ed25519", "ecdsa-p256", "rsa-2048", "ml-dsa-65"]
    private static let message = [UInt8](repeating: 0x5A, count: 64)
    private static let room = 8192
    private let key: Key

    /// A fresh key of that name.
    init(_ name: String) throws {
        try CryptoLibraries.start()
        key =
            switch name {
            case "ed25519": .pair(try .generate(.ed25519), .ed25519, hashes: false)
            case "ecdsa-p256": .pair(try .generate(.ecdsaP256), .ecdsa(.asn1), hashes: true)
            case "rsa-2048": .pair(try .generate(.rsa2048), .rsaPSS(.sha2_256, salt: .automatic), hashes: true)
            case "ml-dsa-65": .mlDSA(try .generate(.mlDSA65))
            default: throw LoopFault.unknownKey(name)
            }
    }

    /// Signs on `threads` threads until `seconds` have passed; returns how many signatures there were.
    func run(threads: Int, seconds: Double) throws -> Int {
        let outcome = Mutex((turns: 0, fault: String?.none))
        let group = DispatchGroup()
        let end = ContinuousClock.now + .seconds(seconds)
        for _ in 0..<threads {
            group.enter()
            Thread { [self] in
                defer { group.leave() }
                var turns = 0
                let output = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.room)
                defer { output.deallocate() }
                do {
                    while ContinuousClock.now < end {
                        for _ in 0..<8 { try sign(into: output) }
                        turns += 8
                    }
                } catch {
                    let text = "\(error)"
                    outcome.withLock { $0.fault = text }
                }
                let done = turns
                outcome.withLock { $0.turns += done }
            }.start()
        }
        group.wait()
        let (turns, fault) = outcome.withLock { $0 }
        if let fault { throw LoopFault.engine(fault) }
        return turns
    }

    private func sign(into output: UnsafeMutablePointer<UInt8>) throws {
        try Self.message.withUnsafeBytes { bytes in
            let message = ByteView(bytes)
            switch key {
            case .mlDSA(let key): _ = try key.sign(message, into: output)
            case .pair(let key, let scheme, hashes: false): _ = try key.sign(message, scheme, into: output)
            case .pair(let key, let scheme, hashes: true):
                // The digest goes behind the room that a signature takes.
                let digest = output + Self.room / 2
                try DigestAlgorithm.sha2_256.hash(message, into: digest)
                _ = try key.sign(
                    ByteView(UnsafeRawBufferPointer(start: digest, count: 32)), scheme, into: output)
            }
        }
    }
}
