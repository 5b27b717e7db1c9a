internal import Bytes

extension ByteWriter {
    /// Appends an element with its content.
    mutating func append(der tag: UInt8, _ content: ByteView) {
        append(tag)
        if content.count < 0x80 {
            append(UInt8(content.count))
        } else {
            let octets = (UInt64.bitWidth - UInt64(content.count).leadingZeroBitCount + 7) / 8
            append(0x80 | UInt8(octets))
            for index in stride(from: octets - 1, through: 0, by: -1) {
                append(UInt8(truncatingIfNeeded: content.count >> (8 * index)))
            }
        }
        append(content)
    }

    /// Appends an element whose content `build` writes into a writer of its own, which is zeroed like all are.
    mutating func append(der tag: UInt8, _ build: (inout ByteWriter) -> Void) {
        var content = ByteWriter(capacity: 256)
        build(&content)
        append(der: tag, content.view)
    }

    /// Appends an INTEGER with that big-endian magnitude, whose leading zeros do not matter.
    mutating func append(derUnsigned magnitude: ByteView) {
        let digits = magnitude.withoutLeadingZeros
        guard digits.isEmpty || digits[0] >= 0x80 else { return append(der: DERReader.Tag.integer, digits) }
        append(der: DERReader.Tag.integer) { content in
            content.append(0)
            content.append(digits)
        }
    }

    /// Appends a BIT STRING of whole bytes.
    mutating func append(derBits bits: ByteView) {
        append(der: DERReader.Tag.bitString) { content in
            content.append(0)
            content.append(bits)
        }
    }

    /// Appends an OBJECT IDENTIFIER.
    mutating func append(derIdentifier identifier: ObjectIdentifier) {
        append(der: DERReader.Tag.objectIdentifier) { content in
            for byte in identifier.bytes { content.append(byte) }
        }
    }
}
