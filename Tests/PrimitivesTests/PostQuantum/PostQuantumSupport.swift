import Bytes
import Primitives
import Testing

// The calls of post-quantum keys with arrays instead of views and addresses.

extension MLDSAPrivateKey {
    var seedBytes: [UInt8] {
        get throws { try exposingSeed { (seed) throws(AsymmetricError) in seed.array } }
    }

    func signature(_ message: [UInt8], context: [UInt8] = []) throws -> [UInt8] {
        let room = parameterSet.signatureLength
        var output = [UInt8](repeating: 0xAA, count: room + 8)
        let length = try withView(message) { message in
            try withView(context) { try sign(message, context: $0, into: &output) }
        }
        precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
        return Array(output[..<length])
    }
}

extension MLDSAPublicKey {
    func accepts(_ signature: [UInt8], of message: [UInt8], context: [UInt8] = []) throws -> Bool {
        try withView(signature) { signature in
            try withView(message) { message in
                try withView(context) { try verify(signature, of: message, context: $0) }
            }
        }
    }

    var pem: String {
        var writer = ByteWriter()
        appendPEM(to: &writer)
        return writer.view.string
    }
}

enum PostQuantum {
    static func pair(_ set: MLDSAParameterSet, seed: [UInt8]) throws -> MLDSAPrivateKey {
        try withView(seed) { try MLDSAPrivateKey(set, seed: $0) }
    }

    static func publicKey(_ set: MLDSAParameterSet, _ raw: [UInt8]) throws -> MLDSAPublicKey {
        try withView(raw) { try MLDSAPublicKey(set, raw: $0) }
    }

    static func pair(_ algorithm: KEMAlgorithm, seed: [UInt8]) throws -> KEMPrivateKey {
        try withView(seed) { try KEMPrivateKey(algorithm, seed: $0) }
    }

    static func publicKey(_ algorithm: KEMAlgorithm, _ raw: [UInt8]) throws -> KEMPublicKey {
        try withView(raw) { try KEMPublicKey(algorithm, raw: $0) }
    }
}

extension KEMPrivateKey {
    func secret(_ ciphertext: [UInt8]) throws -> [UInt8] {
        try withView(ciphertext) { try decapsulate($0).exposing { $0.array } }
    }

    var seedBytes: [UInt8] {
        get throws { try exposingSeed { (seed) throws(AsymmetricError) in seed.array } }
    }
}

extension KEMPublicKey {
    func made() throws -> (ciphertext: [UInt8], secret: [UInt8]) {
        let made = try encapsulate()
        return (made.ciphertext, made.secret.exposing { $0.array })
    }
}

/// A message of HPKE with all that goes into it, on arrays.
struct HPKEMessage {
    var suite: HPKESuite
    var info: [UInt8] = []
    var aad: [UInt8] = []
    var psk: [UInt8]?
    var pskID: [UInt8]?

    func seal(_ plaintext: [UInt8], to recipient: HPKERecipient) throws -> (enc: [UInt8], ciphertext: [UInt8]) {
        try lend { info, aad, shared in
            try withView(plaintext) { plaintext in
                let sealed = try HPKE.seal(
                    plaintext, to: recipient, suite: suite, info: info, authenticating: aad, preSharedKey: shared)
                return (sealed.encapsulatedKey, sealed.ciphertext)
            }
        }
    }

    /// Opens in both shapes, which have to agree.
    func open(_ ciphertext: [UInt8], enc: [UInt8], _ key: HPKEKey) throws -> [UInt8] {
        try lend { info, aad, shared in
            try withView(ciphertext) { ciphertext in
                try withView(enc) { enc in
                    let room = max(ciphertext.count - 16, 0)
                    var output = [UInt8](repeating: 0xAA, count: room + 8)
                    let length = Result {
                        try HPKE.open(
                            ciphertext, encapsulatedKey: enc, key: key, suite: suite, info: info, authenticating: aad,
                            preSharedKey: shared, into: &output)
                    }
                    precondition(output[room...].allSatisfy { $0 == 0xAA }, "wrote past the room")
                    let opened = try HPKE.open(
                        ciphertext, encapsulatedKey: enc, key: key, suite: suite, info: info, authenticating: aad,
                        preSharedKey: shared
                    ).exposing { $0.array }
                    #expect(try Array(output[..<length.get()]) == opened)
                    return opened
                }
            }
        }
    }

    private func lend<R>(_ body: (ByteView, ByteView, HPKEPreSharedKey?) throws -> R) throws -> R {
        try withView(info) { info in
            try withView(aad) { aad in
                guard let psk else { return try body(info, aad, nil) }
                return try withView(psk) { psk in
                    try withView(pskID ?? []) { try body(info, aad, HPKEPreSharedKey(secret: psk, name: $0)) }
                }
            }
        }
    }
}
