internal import Bytes

/// HKDF as HPKE uses it: bound to a suite, every step to a label. **Source** RFC 9180 §4, RFC 5869.
struct LabeledKDF {
    private let digest: DigestAlgorithm
    private let suite: [UInt8]

    /// **Layout** of the suite's name: `prefix ‖ number(2) ‖ number(2) …`.
    init(_ digest: DigestAlgorithm, suite prefix: ByteView, _ numbers: UInt16...) {
        self.digest = digest
        suite = prefix.array + numbers.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// **Layout** HMAC under the salt of `"HPKE-v1" ‖ suite ‖ label ‖ material`.
    func extract(
        salt: ByteView, _ label: StaticString, _ material: ByteView
    ) throws(AsymmetricError) -> SecretBytes {
        var input = ByteWriter(capacity: 64 + material.count)
        append(label, to: &input)
        input.append(material)
        let view = input.view
        return try secret(count: digest.length) { output throws(CryptoError) in
            try HMACKey.oneShot(digest, key: salt, view, into: output)
        }
    }

    /// **Layout** the info of HKDF: `count(2) ‖ "HPKE-v1" ‖ suite ‖ label ‖ context`. `count` is at most 255 digests.
    func expand(
        _ key: borrowing SecretBytes, _ label: StaticString, _ context: ByteView, count: Int
    ) throws(AsymmetricError) -> SecretBytes {
        let blocks = (count + digest.length - 1) / digest.length
        guard count > 0, blocks <= 255 else { throw .messageTooLong }
        var info = ByteWriter(capacity: 64 + context.count)
        info.append(UInt8(truncatingIfNeeded: count >> 8))
        info.append(UInt8(truncatingIfNeeded: count))
        append(label, to: &info)
        info.append(context)
        let view = info.view
        let whole = try key.exposing { key throws(AsymmetricError) in
            try secret(count: blocks * digest.length) { output throws(CryptoError) in
                let mac = try HMACKey(digest, key: key)
                var previous = ByteView.empty
                for block in 0..<blocks {
                    let start = output + block * digest.length
                    var number = ByteWriter(capacity: 1)
                    number.append(UInt8(truncatingIfNeeded: block + 1))
                    try mac.authenticate(previous, view, number.view, into: start)
                    previous = ByteView(UnsafeRawBufferPointer(start: start, count: digest.length))
                }
            }
        }
        return whole.exposing { SecretBytes(copying: $0.slice(0, count)) }
    }

    private func append(_ label: StaticString, to writer: inout ByteWriter) {
        writer.append("HPKE-v1")
        for byte in suite { writer.append(byte) }
        writer.append(label)
    }

    private func secret(
        count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Void
    ) throws(AsymmetricError) -> SecretBytes {
        do throws(CryptoError) {
            return try SecretBytes(count: count) { buffer throws(CryptoError) in
                guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                try fill(start)
            }
        } catch {
            throw .library(error)
        }
    }
}
