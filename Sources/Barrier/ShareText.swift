package import Bytes
package import Primitives

/// Shares as texts.
package enum ShareText {
    /// The fewest bytes of a share on the wire.
    package static let shortest = 16
    /// The most: a key's 32 and the point.
    package static let longest = 33
    // The longest text that is looked at.
    private static let textLimit = 512

    /// The share that a text in hex or base64 spells. **Throws** `.keyNotText`, `.keyTooShort`, `.keyTooLong`.
    package static func share(_ text: ByteView) throws(SealFault) -> KeyShare {
        guard text.count > 0, text.count <= textLimit, let bytes = decode(text) else { throw .keyNotText }
        guard bytes.count >= shortest else { throw .keyTooShort }
        guard bytes.count <= longest else { throw .keyTooLong }
        return KeyShare(bytes)
    }

    /// The share in hex.
    package static func exposingHex(_ share: KeyShare) -> String { share.exposing { Hex.encode($0) } }

    /// The share in padded base64.
    package static func exposingBase64(_ share: KeyShare) -> String {
        share.exposing { bytes in
            var writer = ByteWriter(capacity: 128)
            writer.append(base64: bytes)
            return writer.view.string
        }
    }

    /// The bytes that hex digits or, failing that, base64 spell; nil for neither.
    static func decode(_ text: ByteView) -> SecretBytes? {
        hex(text) ?? base64(text)
    }

    private static func hex(_ text: ByteView) -> SecretBytes? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var isHex = true
        let bytes = SecretBytes(count: text.count / 2) { buffer in
            for index in 0..<buffer.count {
                guard let high = Hex.value(text[2 * index]), let low = Hex.value(text[2 * index + 1]) else {
                    isHex = false
                    return
                }
                buffer[index] = high << 4 | low
            }
        }
        if !isHex { return nil }
        return bytes
    }

    private static func base64(_ text: ByteView) -> SecretBytes? {
        var count = -1
        let room = SecretBytes(count: Base64.decodedRoom(text.count)) { buffer in
            guard let out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            count = Base64.decode(text, into: out)
        }
        guard count >= 0 else { return nil }
        return room.exposing { SecretBytes(copying: $0.slice(0, count)) }
    }
}
