/// Comparisons whose time does not depend on the values compared.
package enum ConstantTime {
    /// Whether both runs hold the same bytes. **Cost** depends on the lengths only; different lengths answer at once,
    /// since lengths of tokens and tags are public.
    @inline(never)
    package static func equal(_ left: ByteView, _ right: ByteView) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<left.count { difference |= left.start[index] ^ right.start[index] }
        return difference == 0
    }
}
