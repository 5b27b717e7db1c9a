package import Bytes
internal import COpenSSL

/// Non-negative integers between decimal digits and big-endian bytes, for formats that spell keys in decimal.
///
/// The digits go through the library's numbers word by word, because its own conversion leaves a copy behind.
/// **Cost** quadratic in the number of digits, which is bounded.
package enum DecimalNumber {
    /// The longest number that is converted, in bits.
    package static let bitLimit = 8192
    /// The most digits that such a number has.
    package static let digitLimit = 2467
    // The largest power of ten that fits a word, and its digits.
    private static let chunk: UInt = 10_000_000_000_000_000_000
    private static let chunkDigits = 19

    /// The shortest big-endian bytes, none for 0, of a number that is nobody's secret.
    ///
    /// **Throws** `.invalidNumbers` for anything but digits, or too many of them.
    package static func bytes(_ digits: ByteView) throws(AsymmetricError) -> [UInt8] {
        let number = try number(digits)
        return [UInt8](unsafeUninitializedCapacity: number.byteCount) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            number.write(number.byteCount, into: base)
            count = number.byteCount
        }
    }

    /// The shortest big-endian bytes, none for 0, in secret memory.
    ///
    /// **Throws** `.invalidNumbers` for anything but digits, or too many of them.
    package static func secret(_ digits: ByteView) throws(AsymmetricError) -> SecretBytes {
        let number = try number(digits)
        return SecretBytes(count: number.byteCount) { buffer in
            guard let base = buffer.bindMemory(to: UInt8.self).baseAddress, number.byteCount > 0 else { return }
            number.write(number.byteCount, into: base)
        }
    }

    private static func number(_ digits: ByteView) throws(AsymmetricError) -> BigNumber {
        guard !digits.isEmpty, digits.count <= digitLimit else { throw .invalidNumbers }
        let number = try BigNumber(0)
        var at = 0
        while at < digits.count {
            let length = min(chunkDigits, digits.count - at)
            var (word, scale) = (UInt(0), UInt(1))
            for index in at..<at + length {
                let byte = digits[index]
                guard byte >= 0x30, byte <= 0x39 else { throw .invalidNumbers }
                word = word * 10 + UInt(byte - 0x30)
                scale *= 10
            }
            try number.shift(by: scale, adding: word)
            at += length
        }
        guard number.bitCount <= bitLimit else { throw .invalidNumbers }
        return number
    }

    fileprivate static func write(
        _ number: BigNumber, room: Int, into output: UnsafeMutablePointer<UInt8>
    ) throws(AsymmetricError) -> Int {
        // From the last digit to the first, then to the front.
        var start = room
        while !number.isZero {
            var rest = try number.divide(by: chunk)
            let isFirst = number.isZero
            for _ in 0..<chunkDigits where !isFirst || rest > 0 {
                start -= 1
                output[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        for index in start..<room { output[index - start] = output[index] }
        return room - start
    }
}

extension ByteWriter {
    /// Appends a big-endian number in decimal, without zeros in front.
    ///
    /// **Throws** `.invalidNumbers` for one over `DecimalNumber.bitLimit` bits.
    package mutating func append(decimalOf magnitude: ByteView) throws(AsymmetricError) {
        let significant = magnitude.withoutLeadingZeros
        guard significant.count <= DecimalNumber.bitLimit / 8 else { throw .invalidNumbers }
        guard !significant.isEmpty else { return append(UInt8(ascii: "0")) }
        let number = try BigNumber(significant)
        // A byte is less than 2.41 digits.
        let room = significant.count * 241 / 100 + 1
        try append(room: room) { (output) throws(AsymmetricError) in
            try DecimalNumber.write(number, room: room, into: output)
        }
    }
}

extension BigNumber {
    /// Becomes itself times `scale` plus `word`.
    fileprivate func shift(by scale: UInt, adding word: UInt) throws(AsymmetricError) {
        guard BN_mul_word(pointer, scale) == 1, BN_add_word(pointer, word) == 1 else { throw Self.failure() }
    }

    /// Becomes itself divided by `word`; returns what is left.
    fileprivate func divide(by word: UInt) throws(AsymmetricError) -> UInt {
        let rest = BN_div_word(pointer, word)
        guard rest != .max else { throw Self.failure() }
        return rest
    }
}
