internal import Bytes
internal import Primitives

/// Writes values the way one device has them: as HMACs under its key, or in clear.
struct ValueHasher {
    let key: HMACKey
    /// The device's own number.
    let device: Int
    /// Whether everything is in clear.
    let isRaw: Bool
    /// Whether accessors are hashed.
    let hashesAccessors: Bool
    /// Whether lists in answers are replaced by their lengths.
    let elidesLists: Bool
    /// Set when the library did not do it: the entry must then not be recorded.
    private(set) var isBroken = false

    /// Length of `"hmac-sha256:…"`, quotes included.
    static let hashLength = 78
    static let mark: StaticString = "hmac-sha256:"
    private static let digestLength = 32

    init(_ device: AuditDevice) {
        key = device.key
        self.device = device.serial
        isRaw = device.options.isRaw
        hashesAccessors = device.options.hashesAccessors
        elidesLists = device.options.elidesLists
    }

    /// Appends `"hmac-sha256:…"`, whatever the device's options are.
    mutating func append(hash value: ByteView, to output: inout ByteWriter) {
        output.append("\"hmac-sha256:")
        let key = key
        var isDone = false
        output.append(room: 2 * Self.digestLength + 1) { out in
            // The digest waits at the end: the digits written never overtake the bytes still to be read.
            let digest = out + Self.digestLength
            do throws(CryptoError) { try key.authenticate(value, into: digest) } catch { return 0 }
            let raw = UnsafeMutableRawPointer(out)
            for index in stride(from: 0, to: Self.digestLength, by: 4) {
                let four = raw.loadUnaligned(fromByteOffset: Self.digestLength + index, as: UInt32.self)
                raw.storeBytes(
                    of: Hex.digits(ofFour: UInt32(littleEndian: four)).littleEndian, toByteOffset: 2 * index,
                    as: UInt64.self)
            }
            out[2 * Self.digestLength] = UInt8(ascii: "\"")
            isDone = true
            return 2 * Self.digestLength + 1
        }
        if !isDone { isBroken = true }
    }

    /// Appends a value: hashed, or with `log_raw` as it is.
    mutating func append(_ value: ByteView, to output: inout ByteWriter) {
        if isRaw { output.append(jsonString: value) } else { append(hash: value, to: &output) }
    }

    /// Appends a value that is a text.
    mutating func append(text: String, to output: inout ByteWriter) {
        var text = text
        text.withUTF8 { append(ByteView(UnsafeRawBufferPointer($0)), to: &output) }
    }

    /// Appends an accessor.
    mutating func append(accessor: String, to output: inout ByteWriter) {
        if hashesAccessors { append(text: accessor, to: &output) } else { output.append(jsonString: accessor) }
    }
}
