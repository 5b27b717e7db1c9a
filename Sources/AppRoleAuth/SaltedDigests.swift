internal import Bytes
internal import Primitives

/// Names under which role ids and secret ids are stored: HMAC-SHA256 under the mount's own key, in hex. Who reads the
/// storage learns no secret id from them.
struct SaltedDigests: Sendable {
    private let key: HMACKey

    init(key: [UInt8]) throws(CryptoError) {
        var bytes = ByteWriter(capacity: key.count)
        key.withUnsafeBytes { bytes.append(ByteView($0)) }
        self.key = try HMACKey(.sha2_256, key: bytes.view)
    }

    func digest(_ kind: StaticString, _ text: String) throws(CryptoError) -> String {
        var message = ByteWriter(capacity: text.utf8.count)
        message.append(text: text)
        var output = ByteWriter(capacity: 32)
        try output.append(room: 32) { (out) throws(CryptoError) in
            try key.authenticate(ByteView(kind), ByteView(":"), message.view, into: out)
            return 32
        }
        return Hex.encode(output.view)
    }
}
