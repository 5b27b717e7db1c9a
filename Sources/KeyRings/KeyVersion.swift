package import Bytes
internal import Primitives
internal import Synchronization

/// One version of a ring: its prepared cipher, its MAC key, and the count of what it has sealed.
///
/// **Concurrency** immutable but for the count and for MAC contexts that are prepared when first asked for.
package final class KeyVersion: Sendable {
    /// Counted from 1.
    package let number: Int
    /// When it was made, in Unix seconds.
    package let createdUnixSeconds: Int
    /// Messages sealed.
    package let usage: KeyUsage
    /// `vault:v<number>:`
    package let prefix: [UInt8]
    let cipher: AEADKey
    // Present in derived rings: the extract step of HKDF is done once.
    let derivation: HKDFKey?
    private let hmacSecret: SecretBytes
    private let macs = Mutex<[DigestAlgorithm: HMACKey]>([:])

    /// A version out of its key material: the cipher's key and 32 bytes for HMACs.
    package init(
        number: Int, createdUnixSeconds: Int, settings: KeySettings, key: consuming SecretBytes,
        hmacKey: consuming SecretBytes, usage: KeyUsage
    ) throws(KeyRingError) {
        self.number = number
        self.createdUnixSeconds = createdUnixSeconds
        self.usage = usage
        prefix = Array("vault:v\(number):".utf8)
        hmacSecret = hmacKey
        do throws(CryptoError) {
            derivation =
                settings.isDerived
                ? try key.exposing { (bytes) throws(CryptoError) in
                    try HKDFKey(extractingSHA256: bytes)
                } : nil
            cipher = try AEADKey(settings.type.algorithm, material: key)
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// A version with fresh random keys.
    package static func generate(
        number: Int, settings: KeySettings, nowUnixSeconds: Int
    ) throws(KeyRingError) -> KeyVersion {
        do {
            return try KeyVersion(
                number: number, createdUnixSeconds: nowUnixSeconds, settings: settings,
                key: RandomSource.secret(count: settings.type.algorithm.keyLength),
                hmacKey: RandomSource.secret(count: 32), usage: KeyUsage(stored: 0))
        } catch let error as KeyRingError {
            throw error
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// The HMAC key, prepared for `algorithm`.
    func hmacKey(_ algorithm: DigestAlgorithm) throws(KeyRingError) -> HMACKey {
        do {
            return try macs.withLock { prepared in
                if let key = prepared[algorithm] { return key }
                let key = try hmacSecret.exposing { try HMACKey(algorithm, key: $0) }
                prepared[algorithm] = key
                return key
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// The stored form. **Layout** format 1: creation time, cipher key, HMAC key.
    package func exposingRecord() -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(createdUnixSeconds)
        cipher.exposingMaterial { writer.put($0) }
        hmacSecret.exposing { writer.put($0) }
        return writer.record
    }

    /// Reads the stored form back.
    package convenience init(
        number: Int, record: ByteView, settings: KeySettings, storedUsage: UInt64
    ) throws(KeyRingError) {
        do {
            var reader = try RecordReader(record)
            guard reader.format == 1 else { throw RecordFault() }
            let created = try reader.int()
            let key = try reader.view()
            let hmacKey = try reader.view()
            try reader.finish()
            guard key.count == settings.type.algorithm.keyLength, hmacKey.count == 32 else { throw RecordFault() }
            try self.init(
                number: number, createdUnixSeconds: created, settings: settings, key: SecretBytes(copying: key),
                hmacKey: SecretBytes(copying: hmacKey), usage: KeyUsage(stored: storedUsage))
        } catch let error as KeyRingError {
            throw error
        } catch {
            throw .corruptRecord
        }
    }
}
