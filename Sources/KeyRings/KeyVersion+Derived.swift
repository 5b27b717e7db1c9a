internal import Bytes
internal import Primitives

extension KeyVersion {
    /// Replaces the workspace's message by a key derived from this version's HMAC key.
    ///
    /// **Layout** HKDF-SHA256(IKM = HMAC key, salt, info = label ‖ length(info, 8) ‖ info ‖ length(context, 8) ‖
    /// context ‖ index(4) ‖ bits(4)); integers big-endian. **Source** ours.
    package func deriveMessage(
        index: Int, count: Int, salt: [UInt8], info: [UInt8], _ workspace: inout Workspace
    ) throws(KeyRingError) {
        var label = ByteWriter(capacity: 128 + info.count)
        label.append("strongroom derivedkeys 1")
        label.append(bigEndian: UInt64(info.count), bytes: 8)
        info.withUnsafeBytes { label.append(ByteView($0)) }
        label.append(bigEndian: UInt64(workspace.context.count), bytes: 8)
        label.append(workspace.context.view)
        label.append(bigEndian: UInt64(index), bytes: 4)
        label.append(bigEndian: UInt64(count * 8), bytes: 4)
        workspace.message.truncate(to: 0)
        do {
            let key = try exposingHMACKey { material in
                try salt.withUnsafeBytes { try HKDFKey(extractingSHA256: material, salt: ByteView($0)) }
            }
            try workspace.message.append(room: count) { (out) throws(CryptoError) in
                try key.expand(info: label.view, count: count, into: out)
                return count
            }
        } catch {
            throw .cryptoUnavailable
        }
    }
}

extension ByteWriter {
    fileprivate mutating func append(bigEndian value: UInt64, bytes: Int) {
        for shift in stride(from: (bytes - 1) * 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
