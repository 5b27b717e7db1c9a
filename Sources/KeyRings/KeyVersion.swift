package import Bytes
package import Primitives
internal import Synchronization

/// What a version holds, made ready for use.
package enum KeyMaterial: Sendable {
    /// An authenticated cipher.
    case cipher(AEADKey)
    /// A key pair.
    case pair(PairMaterial)
    /// A post-quantum signing key, perhaps with a classic half.
    case postQuantum(PostQuantumSigner)
    /// A key encapsulation pair.
    case kem(KEMMaterial)
    /// The MAC key of an `hmac` ring: it stands in the place of the HMAC key that other versions have beside theirs.
    case hmac
    /// AES-CMAC.
    case cmac(CMACKey)
}

/// One version of a ring: its prepared key, its MAC key, and the count of what it has sealed.
///
/// **Concurrency** immutable but for the count and for MAC contexts that are prepared when first asked for.
package final class KeyVersion: Sendable {
    /// How keys come out of a context.
    enum Derivation: Sendable {
        case none
        case hkdf(HKDFKey)
        case counter(HMACKey)
    }

    /// Counted from 1.
    package let number: Int
    /// When it was made.
    package let created: Moment
    /// Messages sealed.
    package let usage: KeyUsage
    /// What its ciphertexts and signatures begin with: `vault:v<number>:`, unless the ring has its own template.
    package let prefix: [UInt8]
    /// What its MACs begin with, always `vault:v<number>:`.
    package let macPrefix: [UInt8]
    /// The key.
    package let material: KeyMaterial
    /// Certificates for the key, DER, leaf first.
    package let certificates: [[UInt8]]
    /// The scheme of convergent nonces.
    package let convergentVersion: Int
    // The cipher once more: the hot path takes no enum apart, and counts no references.
    let cipher: Unmanaged<AEADKey>?
    // The prefix once more, in memory of its own, for the same reason.
    let prefixText: ByteView
    let derivation: Derivation
    private let hmacSecret: SecretBytes
    private let macs = Mutex<[DigestAlgorithm: HMACKey]>([:])

    /// When it was made, in Unix seconds.
    package var createdUnixSeconds: Int { created.seconds }

    /// A version out of its entry. Throws `.keyLength`, `.corruptRecord`.
    @inline(never)
    package init(
        number: Int, settings: KeySettings, entry: consuming KeyEntry, usage: KeyUsage
    ) throws(KeyRingError) {
        self.number = number
        self.usage = usage
        created = entry.created
        certificates = entry.certificates
        convergentVersion = entry.convergentVersion
        macPrefix = Array("vault:v\(number):".utf8)
        prefix = VersionTemplate(settings.versionTemplate).prefix(number) ?? macPrefix
        if let lengths = settings.type.keyLengths, !lengths.contains(entry.key.count) {
            throw .keyLength(entry.key.count, settings.type)
        }
        derivation = try Self.derivation(settings, entry.key)
        let isMAC = settings.type.family == .hmac
        material = try Self.material(settings, entry)
        if case .cipher(let key) = material { cipher = .passUnretained(key) } else { cipher = nil }
        hmacSecret = isMAC ? entry.key : entry.hmacKey
        // Last: an initializer that throws frees nothing of it.
        prefixText = Self.kept(prefix)
    }

    deinit { prefixText.pointer.deallocate() }

    private static func kept(_ bytes: [UInt8]) -> ByteView {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
        return ByteView(UnsafeRawBufferPointer(memory))
    }

    private static func material(
        _ settings: KeySettings, _ entry: borrowing KeyEntry
    ) throws(KeyRingError) -> KeyMaterial {
        do throws(CryptoError) {
            switch settings.type.family {
            case .cipher(let algorithm):
                return .cipher(try AEADKey(algorithm, material: entry.key.duplicate()))
            case .pair(let algorithm):
                return .pair(
                    PairMaterial(algorithm, secret: entry.key.duplicate(), subjectPublicKeyInfo: entry.publicKey))
            case .postQuantum, .kem: break
            case .hmac: return .hmac
            case .cmac: return .cmac(try CMACKey(entry.key.duplicate()))
            }
        } catch {
            throw .cryptoUnavailable
        }
        if let algorithm = settings.type.kem {
            let material = try KEMMaterial(algorithm, seed: entry.key.duplicate(), publicKey: entry.publicKey)
            return .kem(material)
        }
        guard let set = settings.mlDSA else { throw .settingsInconsistent }
        let signer = try PostQuantumSigner(
            set, classic: settings.classicHalf, secret: entry.key, publicKey: entry.publicKey)
        return .postQuantum(signer)
    }

    /// A version whose key is at hand as an object: a pair, a signer, or a key encapsulation pair.
    @inline(never)
    package init(
        number: Int, settings: KeySettings, material: KeyMaterial, hmacKey: consuming SecretBytes, created: Moment,
        certificates: [[UInt8]] = [], usage: KeyUsage
    ) throws(KeyRingError) {
        self.number = number
        self.usage = usage
        self.created = created
        self.certificates = certificates
        convergentVersion = KeyEntry.currentConvergentVersion
        macPrefix = Array("vault:v\(number):".utf8)
        prefix = VersionTemplate(settings.versionTemplate).prefix(number) ?? macPrefix
        cipher = nil
        self.material = material
        hmacSecret = hmacKey
        if case .pair(let pair) = material {
            let secret = pair.exposingSecret { SecretBytes(copying: $0) }
            derivation = try Self.derivation(settings, secret)
        } else {
            derivation = .none
        }
        prefixText = Self.kept(prefix)
    }

    private static func derivation(
        _ settings: KeySettings, _ key: borrowing SecretBytes
    ) throws(KeyRingError) -> Derivation {
        guard settings.isDerived, key.count > 0 else { return .none }
        do throws(CryptoError) {
            return try key.exposing { (bytes) throws(CryptoError) -> Derivation in
                switch settings.derivation {
                case .hkdf: .hkdf(try HKDFKey(extractingSHA256: bytes))
                case .counterHMAC: .counter(try HMACKey(.sha2_256, key: bytes))
                }
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    /// The pair of the types that are pairs.
    package var pair: PairMaterial? {
        if case .pair(let pair) = material { pair } else { nil }
    }

    /// The post-quantum signing key of the types that have one.
    package var signer: PostQuantumSigner? {
        if case .postQuantum(let signer) = material { signer } else { nil }
    }

    /// The pair of the key encapsulation types.
    package var kem: KEMMaterial? {
        if case .kem(let kem) = material { kem } else { nil }
    }

    /// The public half as entries hold it; empty for symmetric keys.
    package var publicBytes: [UInt8] {
        switch material {
        case .pair(let pair): pair.subjectPublicKeyInfo
        case .postQuantum(let signer): signer.publicKey
        case .kem(let kem): kem.rawPublicKey
        case .cipher, .hmac, .cmac: []
        }
    }

    /// Whether the secret is here, and not the public half alone.
    package var hasPrivateHalf: Bool { pair?.hasPrivateHalf ?? signer?.hasPrivateHalf ?? true }

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

    /// Lends the key of HMACs.
    package func exposingHMACKey<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try hmacSecret.exposing(body)
    }

    /// Lends the secret as entries hold it; empty when only the public half is here.
    package func exposingKey<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        switch material {
        case .cipher(let key): try key.exposingMaterial(body)
        case .pair(let pair): try pair.exposingSecret(body)
        case .postQuantum(let signer): try signer.exposingSecret(body)
        case .kem(let kem): try kem.exposingSeed(body)
        case .hmac: try hmacSecret.exposing(body)
        case .cmac(let key): try key.exposingMaterial(body)
        }
    }

    /// A copy of all that it is made of.
    package func exposingEntry() -> KeyEntry {
        var isMAC = false
        if case .hmac = material { isMAC = true }
        return KeyEntry(
            key: exposingKey { SecretBytes(copying: $0) }, publicKey: publicBytes,
            hmacKey: isMAC ? SecretBytes(copying: .empty) : hmacSecret.duplicate(), created: created,
            certificates: certificates, convergentVersion: convergentVersion)
    }

    /// The stored form, see `KeyEntry`.
    package func exposingRecord() -> [UInt8] { exposingEntry().exposingRecord() }

    /// Reads the stored form back.
    package convenience init(
        number: Int, record: ByteView, settings: KeySettings, storedUsage: UInt64
    ) throws(KeyRingError) {
        do throws(KeyRingError) {
            try self.init(
                number: number, settings: settings, entry: try KeyEntry(record: record),
                usage: KeyUsage(stored: storedUsage))
        } catch {
            switch error {
            case .asymmetric(.library): throw error
            case .keyLength, .asymmetric: throw .corruptRecord
            default: throw error
            }
        }
    }
}
