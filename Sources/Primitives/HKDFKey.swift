package import Bytes
internal import Glibc

/// Key material from which keys are derived per context; the extraction is done once.
///
/// **Source** RFC 5869, with SHA-256; the vectors of rfc-5869.
package final class HKDFKey: Sendable {
    private let pseudorandomKey: HMACKey
    private static let blockLength = 32

    /// Extracts from the material; without a salt the standard takes 32 zero bytes.
    package init(extractingSHA256 material: ByteView, salt: ByteView = .empty) throws(CryptoError) {
        let extracted = try SecretBytes(count: Self.blockLength) { buffer throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // HMAC pads its key with zeros, so that an empty salt is the same as 32 zero bytes.
            try HMACKey.oneShot(.sha2_256, key: salt, material, into: start)
        }
        pseudorandomKey = try extracted.exposing { key throws(CryptoError) in try HMACKey(.sha2_256, key: key) }
    }

    /// Derives `count` bytes, at most 8160, for a context. **Throws** `.messageTooLong` for more.
    /// **Cost** one HMAC per 32 bytes, no allocation.
    package func expand(
        info: ByteView, count: Int, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard count >= 0, count <= 255 * Self.blockLength else { throw .messageTooLong }
        let scratch = ThreadState.current.pointee.derivationScratch
        let number = scratch + Self.blockLength
        defer { explicit_bzero(scratch, Self.blockLength) }
        var previous = ByteView.empty
        var offset = 0
        number.pointee = 0
        while offset < count {
            number.pointee += 1
            let isWhole = count - offset >= Self.blockLength
            let block = isWhole ? output + offset : scratch
            try pseudorandomKey.authenticate(
                previous, info, ByteView(UnsafeRawBufferPointer(start: number, count: 1)), into: block)
            if !isWhole { memcpy(output + offset, block, count - offset) }
            previous = ByteView(UnsafeRawBufferPointer(start: block, count: Self.blockLength))
            offset += Self.blockLength
        }
    }
}
