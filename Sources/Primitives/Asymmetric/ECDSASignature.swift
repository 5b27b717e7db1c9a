internal import Bytes
internal import Glibc

/// The two numbers of an ECDSA signature and their encodings.
enum ECDSASignature {
    /// The longest DER of a signature on offer: P-521's.
    static let room = 139

    /// Writes `r ‖ s`, each of `width` bytes, from the DER that the library made.
    static func writeFixedWidth(_ der: ByteView, width: Int, into output: UnsafeMutablePointer<UInt8>) -> Bool {
        var reader = DERReader(der)
        guard var pair = reader.nested(DERReader.Tag.sequence), let r = pair.unsigned(), let s = pair.unsigned(),
            r.count <= width, s.count <= width
        else { return false }
        memset(output, 0, 2 * width)
        memcpy(output + (width - r.count), r.pointer, r.count)
        memcpy(output + (2 * width - s.count), s.pointer, s.count)
        return true
    }

    /// Whether the bytes are the DER of two integers that the library may look at; false for numbers that no signature
    /// has. **Throws** `.malformedSignature`, `.signatureTrailingData`.
    static func checkDER(_ signature: ByteView, width: Int) throws(AsymmetricError) -> Bool {
        var reader = DERReader(signature)
        guard var pair = reader.nested(DERReader.Tag.sequence), let r = pair.integer(), let s = pair.integer(),
            pair.isAtEnd
        else { throw .malformedSignature }
        guard reader.isAtEnd else { throw .signatureTrailingData }
        return r[0] < 0x80 && s[0] < 0x80 && r.count <= width + 1 && s.count <= width + 1
    }

    /// Writes the DER of `r ‖ s` to memory of `room` bytes and returns its length.
    static func writeDER(_ fixed: ByteView, width: Int, into output: UnsafeMutablePointer<UInt8>) -> Int {
        let r = fixed.slice(0, width).withoutLeadingZeros
        let s = fixed.dropFirst(width).withoutLeadingZeros
        let content = integerLength(r) + integerLength(s)
        var at = output
        at[0] = DERReader.Tag.sequence
        if content < 0x80 {
            at[1] = UInt8(content)
            at += 2
        } else {
            (at[1], at[2]) = (0x81, UInt8(content))
            at += 3
        }
        for number in [r, s] {
            let needsZero = number.isEmpty || number[0] >= 0x80
            (at[0], at[1]) = (DERReader.Tag.integer, UInt8(number.count + (needsZero ? 1 : 0)))
            at += 2
            if needsZero {
                at[0] = 0
                at += 1
            }
            memcpy(at, number.pointer, number.count)
            at += number.count
        }
        return at - output
    }

    private static func integerLength(_ number: ByteView) -> Int {
        2 + number.count + (number.isEmpty || number[0] >= 0x80 ? 1 : 0)
    }
}
