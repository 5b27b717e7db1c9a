internal import Primitives

// References that are used without being counted: threads that work with one key would otherwise fight over the line of
// memory that holds its count, several times per item. Whoever holds one also holds, somewhere, what keeps it alive.

extension Unmanaged<AEADKey> {
    /// Lends the key.
    @inline(__always)
    func use(_ body: (AEADKey) throws(CryptoError) -> Int) throws(CryptoError) -> Int {
        try _withUnsafeGuaranteedRef { key in Result { () throws(CryptoError) in try body(key) } }.get()
    }

    /// The key's cipher.
    var algorithm: AEADAlgorithm { _withUnsafeGuaranteedRef { $0.algorithm } }
}

extension Unmanaged<KeyVersion> {
    /// Lends the version.
    @inline(__always)
    package func use(_ body: (KeyVersion) throws(KeyRingError) -> Void) throws(KeyRingError) {
        try _withUnsafeGuaranteedRef { version in Result { () throws(KeyRingError) in try body(version) } }.get()
    }
}
