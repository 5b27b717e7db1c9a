/// GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1, on bytes, in constant time.
///
/// No table is looked up and no branch is taken by a value: a look-up table leaks its index through the cache.
/// **Source** FIPS 197 §4; the known answers of its §4.2.
package enum GaloisField {
    /// The sum, which is also the difference.
    @inline(__always)
    package static func add(_ left: UInt8, _ right: UInt8) -> UInt8 { left ^ right }

    /// The product. **Cost** eight rounds of masks whatever the values.
    @inline(__always)
    package static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product: UInt8 = 0
        var shifted = left
        var rest = right
        for _ in 0..<8 {
            product ^= shifted & (0 &- (rest & 1))
            shifted = (shifted &<< 1) ^ (0x1B & (0 &- (shifted &>> 7)))
            rest &>>= 1
        }
        return product
    }

    /// The inverse, and 0 for 0: the 254th power. **Cost** 15 multiplications whatever the value.
    package static func invert(_ value: UInt8) -> UInt8 {
        // 254 = 0b11111110: square, then multiply, seven times over.
        var result: UInt8 = 1
        for _ in 0..<7 {
            result = multiply(result, result)
            result = multiply(result, value)
        }
        return multiply(result, result)
    }
}
