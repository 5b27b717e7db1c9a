internal import Bytes
internal import Primitives

/// How identity tokens are signed. **Source** RFC 7518 §3.1, RFC 8037.
enum SigningAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    var pair: AsymmetricAlgorithm {
        switch self {
        case .rs256, .rs384, .rs512: .rsa2048
        case .es256: .ecdsaP256
        case .es384: .ecdsaP384
        case .es512: .ecdsaP521
        case .edDSA: .ed25519
        }
    }

    var digest: DigestAlgorithm? {
        switch self {
        case .rs256, .es256: .sha2_256
        case .rs384, .es384: .sha2_384
        case .rs512, .es512: .sha2_512
        case .edDSA: nil
        }
    }

    var scheme: SignatureScheme {
        switch self {
        case .rs256, .rs384, .rs512: .rsaPKCS1(digest)
        case .es256, .es384, .es512: .ecdsa(.fixedWidth)
        case .edDSA: .ed25519
        }
    }

    /// Lends what is signed of a message: its digest, or for EdDSA itself.
    func input<R, E: Error>(of message: ByteView, _ body: (ByteView) throws(E) -> R) throws(E) -> R? {
        guard let digest else { return try body(message) }
        var writer = ByteWriter(capacity: digest.length)
        do throws(CryptoError) {
            try writer.append(room: digest.length) { output throws(CryptoError) in
                try digest.hash(message, into: output)
                return digest.length
            }
        } catch {
            return nil
        }
        return try body(writer.view)
    }
}

/// One generation of a named key: signs as long as it is the current one, verifies until it is dropped.
final class SigningKey: Sendable {
    let id: String
    let algorithm: SigningAlgorithm
    let key: PrivateKey

    init(id: String, algorithm: SigningAlgorithm, key: PrivateKey) {
        (self.id, self.algorithm, self.key) = (id, algorithm, key)
    }

    /// A token: `header.payload.signature`. **Source** RFC 7515 §3.1.
    func token(claims: String) throws(IdentityPathError) -> String {
        var output = ByteWriter(capacity: 2048)
        var part = ByteWriter()
        JSON.object(["alg": .string(algorithm.rawValue), "kid": .string(id), "typ": .string("JWT")]).write(into: &part)
        output.append(base64URL: part.view)
        output.append(".")
        part.truncate(to: 0)
        part.append(text: claims)
        output.append(base64URL: part.view)
        let (key, scheme) = (key, algorithm.scheme)
        var signature = ByteWriter(capacity: algorithm.pair.signatureRoom)
        do throws(AsymmetricError) {
            let signed: Void? = try algorithm.input(of: output.view) { input throws(AsymmetricError) in
                try signature.append(room: key.algorithm.signatureRoom) { room throws(AsymmetricError) in
                    try key.sign(input, scheme, into: room)
                }
            }
            guard signed != nil else { throw .unsupportedOperation }
        } catch {
            throw .signing
        }
        output.append(".")
        output.append(base64URL: signature.view)
        return output.view.string
    }

    func verifies(_ signature: ByteView, of message: ByteView) -> Bool {
        let (key, scheme) = (key.publicKey, algorithm.scheme)
        return
            (try? algorithm.input(of: message) { input throws(AsymmetricError) in
                try key.verify(signature, of: input, scheme)
            }) ?? false
    }

    /// The public half. **Source** RFC 7517 §4, RFC 7518 §6, RFC 8037 §2.
    var jwk: JSON {
        var members: [String: JSON] = [
            "use": .string("sig"), "kid": .string(id), "alg": .string(algorithm.rawValue),
        ]
        if let length = algorithm.pair.coordinateLength, let point = key.publicKey.rawBytes, point.count > 2 * length {
            members["kty"] = .string("EC")
            members["crv"] = .string(length == 32 ? "P-256" : length == 48 ? "P-384" : "P-521")
            members["x"] = Self.encoded(point[1..<(length + 1)])
            members["y"] = Self.encoded(point[(length + 1)...])
        } else if let bytes = key.publicKey.rawBytes {
            (members["kty"], members["crv"]) = (.string("OKP"), .string("Ed25519"))
            members["x"] = Self.encoded(bytes[...])
        } else if let numbers = try? key.publicKey.rsaNumbers() {
            members["kty"] = .string("RSA")
            members["n"] = Self.encoded(numbers.modulus.drop { $0 == 0 })
            members["e"] = Self.encoded(numbers.exponent.drop { $0 == 0 })
        }
        return .object(members)
    }

    private static func encoded(_ bytes: ArraySlice<UInt8>) -> JSON {
        var writer = ByteWriter()
        bytes.withUnsafeBytes { writer.append(base64URL: ByteView($0)) }
        return .string(writer.view.string)
    }
}
