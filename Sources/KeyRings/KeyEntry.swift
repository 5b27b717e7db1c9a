package import Bytes

/// What one version of a ring is made of: as it is generated, imported, stored, backed up and restored.
///
/// **Layout** of `key` by family: cipher, HMAC and CMAC the raw bytes; pairs PKCS #8, but Ed25519 `seed(32) ‖
/// public(32)`; empty where only the public half is here. `publicKey`: SubjectPublicKeyInfo of pairs, else empty.
package struct KeyEntry: ~Copyable {
    /// The secret.
    package var key: SecretBytes
    /// The public half.
    package var publicKey: [UInt8]
    /// 32 bytes for HMACs; empty for types that are MACs themselves.
    package var hmacKey: SecretBytes
    /// When the version was made.
    package var created: Moment
    /// DER, leaf first.
    package var certificates: [[UInt8]]
    /// The scheme of convergent nonces.
    package var convergentVersion: Int

    /// An entry.
    package init(
        key: consuming SecretBytes, publicKey: [UInt8] = [], hmacKey: consuming SecretBytes, created: Moment,
        certificates: [[UInt8]] = [], convergentVersion: Int = KeyEntry.currentConvergentVersion
    ) {
        self.key = key
        self.publicKey = publicKey
        self.hmacKey = hmacKey
        self.created = created
        self.certificates = certificates
        self.convergentVersion = convergentVersion
    }

    /// The scheme that new versions have; older ones are refused.
    package static let currentConvergentVersion = 3

    /// The stored form. **Layout** format 1: seconds, nanoseconds, key, public key, HMAC key, convergent version,
    /// number of certificates, certificates.
    package borrowing func exposingRecord() -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(created.seconds)
        writer.put(created.nanoseconds)
        key.exposing { writer.put($0) }
        writer.put(bytes: publicKey)
        hmacKey.exposing { writer.put($0) }
        writer.put(convergentVersion)
        writer.put(certificates.count)
        for certificate in certificates { writer.put(bytes: certificate) }
        return writer.record
    }

    /// Reads the stored form back.
    package init(record: ByteView) throws(KeyRingError) {
        do throws(RecordFault) {
            var reader = try RecordReader(record)
            guard reader.format == 1 else { throw RecordFault() }
            let created = try reader.moment()
            let key = try reader.view()
            let publicKey = try reader.view().array
            let hmacKey = try reader.view()
            let convergentVersion = try reader.int()
            let count = try reader.int()
            guard count >= 0, count <= record.count / 8 else { throw RecordFault() }
            var certificates: [[UInt8]] = []
            for _ in 0..<count { certificates.append(try reader.view().array) }
            try reader.finish()
            self.init(
                key: SecretBytes(copying: key), publicKey: publicKey, hmacKey: SecretBytes(copying: hmacKey),
                created: created, certificates: certificates, convergentVersion: convergentVersion)
        } catch {
            throw .corruptRecord
        }
    }
}
