internal import CSIMD

/// Standard base64 with the field's decoding rule: padding mandatory, CR and LF skipped, stray trailing bits accepted.
/// **Source** RFC 4648 §4; transit wire facts §1.4.
package enum Base64 {
    /// Bytes that `decode` may touch in its output for a text of `count` characters.
    @inlinable @inline(__always)
    package static func decodedRoom(_ count: Int) -> Int { count / 4 * 3 + 3 + 64 }

    /// Decodes `text` into `output`, which has `decodedRoom(text.count)` bytes.
    /// Returns the decoded length, or the bitwise complement (a negative number) of the offset of the first error.
    package static func decode(_ text: ByteView, into output: UnsafeMutablePointer<UInt8>) -> Int {
        Int(strongroom_base64_decode(text.start, text.count, output))
    }

    /// Encodes `bytes` into `output`, which has room for the text and 64 bytes of slack; returns the text's length.
    package static func encode(_ bytes: ByteView, into output: UnsafeMutablePointer<UInt8>) -> Int {
        strongroom_base64_encode(bytes.start, bytes.count, output)
    }

    /// The decoded bytes, or the offset of the first error.
    package static func decode(_ text: ByteView) -> Result<[UInt8], Base64Fault> {
        var failed = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: decodedRoom(text.count)) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            let length = decode(text, into: base)
            if length < 0 { failed = length } else { count = length }
        }
        return failed < 0 ? .failure(Base64Fault(offset: ~failed)) : .success(bytes)
    }

    /// The name of the instruction set in force: `scalar`, `neon`, `avx2` or `avx512vbmi`.
    package static var level: String { name(strongroom_simd_current()) }

    /// Chooses the instruction set by name, or the best one below it that this processor has; nil for an unknown name.
    package static func select(level: String) -> String? {
        guard let wanted = (Int32(0)...3).first(where: { name($0) == level }) else { return nil }
        return name(strongroom_simd_select(wanted))
    }

    private static func name(_ level: Int32) -> String {
        switch level {
        case 1: "neon"
        case 2: "avx2"
        case 3: "avx512vbmi"
        default: "scalar"
        }
    }
}

/// Where a text stops being base64; its wire text is `illegal base64 data at input byte <offset>`.
package struct Base64Fault: Error, Equatable {
    /// Zero-based offset in the text, carriage returns and line feeds included.
    package let offset: Int

    /// A fault at `offset`.
    package init(offset: Int) { self.offset = offset }
}
