internal import Bytes

/// A token of ours, taken apart; nothing of it is true before its signature was verified. **Source** RFC 7515 §7.1.
struct IdentityToken {
    private static let claims = ["iss", "sub", "aud", "exp"]
    private static let maxBytes = 64 * 1024
    let keyID, algorithm: String
    let issuer, subject, audience: String
    /// **Units** Unix seconds.
    let expires: Int
    private let signed: String
    private let signature: [UInt8]

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maxBytes, parts.count == 3, let header = Self.members(parts[0], ["alg", "kid"]),
            let claims = Self.members(parts[1], Self.claims), let signature = Self.decoded(parts[2])
        else { return nil }
        guard let keyID = header["kid"], let algorithm = header["alg"], let issuer = claims["iss"],
            let subject = claims["sub"], let audience = claims["aud"], let expires = claims["exp"].flatMap({ Int($0) })
        else { return nil }
        (self.keyID, self.algorithm, self.issuer, self.subject) = (keyID, algorithm, issuer, subject)
        (self.audience, self.expires, self.signature) = (audience, expires, signature)
        signed = parts[0] + "." + parts[1]
    }

    func isSigned(by key: SigningKey) -> Bool {
        var message = ByteWriter(capacity: signed.utf8.count)
        message.append(text: signed)
        return signature.withUnsafeBytes { key.verifies(ByteView($0), of: message.view) }
    }

    private static func decoded(_ part: Substring) -> [UInt8]? {
        var input = ByteWriter()
        var output = ByteWriter()
        input.append(text: String(part))
        do throws(Base64Fault) { try output.append(decodingURL: input.view) } catch { return nil }
        return output.view.array
    }

    /// The texts and numbers of those names; nil for what is no JSON object.
    private static func members(_ part: Substring, _ names: [String]) -> [String: String]? {
        guard let bytes = decoded(part) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            var result: [String: String] = [:]
            do throws(JSONFault) {
                var scanner = JSONScanner(ByteView(buffer), depthLimit: 32)
                guard try scanner.openDocument() else { return nil }
                var isFirst = true
                while let key = try scanner.nextMember(&isFirst) {
                    let name = JSONText.string(key, in: scanner.text)
                    let value = try scanner.scanValue()
                    guard names.contains(name), value.isString || value.kind == .number else { continue }
                    result[name] = JSONText.string(value, in: scanner.text)
                }
            } catch {
                return nil
            }
            return result
        }
    }
}
