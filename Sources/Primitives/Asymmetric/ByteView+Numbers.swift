package import Bytes

extension ByteView {
    /// The same number without zeros in front; empty for 0. **Variable time** in the number of zeros.
    var withoutLeadingZeros: ByteView {
        var zeros = 0
        while zeros < count, self[zeros] == 0 { zeros += 1 }
        return dropFirst(zeros)
    }
}

extension [UInt8] {
    /// Lends a view of the bytes, which are nobody's secret.
    package func lending<R, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try withUnsafeBufferPointer { buffer throws(E) in try body(ByteView(UnsafeRawBufferPointer(buffer))) }
    }
}
