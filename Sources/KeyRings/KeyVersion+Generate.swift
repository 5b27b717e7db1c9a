internal import Bytes
internal import Primitives

extension KeyVersion {
    /// A version with fresh random keys. **Cost** microseconds; RSA from 100 ms to seconds.
    package static func generate(
        number: Int, settings: KeySettings, now: Moment
    ) throws(KeyRingError) -> KeyVersion {
        do {
            let usage = KeyUsage(stored: 0)
            if let material = try pairMaterial(settings) {
                return try KeyVersion(
                    number: number, settings: settings, material: material, hmacKey: RandomSource.secret(count: 32),
                    created: now, usage: usage)
            }
            let length = settings.keySize > 0 ? settings.keySize : settings.type.keyLengths?.lowerBound ?? 32
            let entry = KeyEntry(
                key: try RandomSource.secret(count: length),
                hmacKey: try RandomSource.secret(count: settings.type.supportsHMAC && settings.type != .hmac ? 32 : 0),
                created: now)
            return try KeyVersion(number: number, settings: settings, entry: entry, usage: usage)
        } catch let error as KeyRingError {
            throw error
        } catch {
            throw .cryptoUnavailable
        }
    }

    private static func pairMaterial(_ settings: KeySettings) throws -> KeyMaterial? {
        switch settings.type.family {
        case .pair(let algorithm): return .pair(try PairMaterial(PrivateKey.generate(algorithm)))
        case .kem(let algorithm): return .kem(try KEMMaterial(generating: algorithm))
        case .postQuantum:
            guard let set = settings.mlDSA else { throw KeyRingError.settingsInconsistent }
            return .postQuantum(try PostQuantumSigner(generating: set, classic: settings.classicHalf))
        case .cipher, .hmac, .cmac: return nil
        }
    }
}
