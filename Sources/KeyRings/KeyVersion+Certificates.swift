internal import Bytes

extension KeyVersion {
    /// The same version with a certificate chain, DER, leaf first.
    package func certified(_ certificates: [[UInt8]], settings: KeySettings) throws(KeyRingError) -> KeyVersion {
        var entry = exposingEntry()
        entry.certificates = certificates
        return try KeyVersion(number: number, settings: settings, entry: entry, usage: usage)
    }
}
