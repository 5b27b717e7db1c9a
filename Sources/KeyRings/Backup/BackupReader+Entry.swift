internal import Bytes

extension BackupReader {
    private static let entryMembers: Members = [
        ("key", .key), ("hmac_key", .hmacKey), ("time", .time), ("ec_x", .ecX), ("ec_y", .ecY), ("ec_d", .ecD),
        ("rsa_key", .rsaKey), ("rsa_public_key", .rsaPublicKey), ("public_key", .publicKey),
        ("convergent_version", .convergentVersion), ("creation_time", .creationTime),
        ("certificate_chain", .certificateChain), ("external_key_ref", .externalKeyReference),
        ("managed_key_id", .managedKeyID),
    ]

    private static let rsaMembers: Members = [
        ("n", .modulus), ("e", .publicExponent), ("d", .privateExponent), ("primes", .primes),
        ("precomputed", .precomputed),
    ]

    private static let precomputedMembers: Members = [
        ("dp", .exponent1), ("dq", .exponent2), ("qinv", .coefficient),
    ]

    /// Reads one version; `null` is one without anything.
    mutating func entry(_ list: BackupField) throws(BackupFault) -> BackupEntry {
        try countEntry(list)
        guard try enterObject(list) else { return BackupEntry() }
        var key: SecretBytes?
        var hmacKey: SecretBytes?
        var ecD: SecretBytes?
        var (ecX, ecY) = ([UInt8]?.none, [UInt8]?.none)
        var (time, created, convergentVersion) = (BackupEntry.noTime, 0, 0)
        var (rsa, rsaPublic) = (BackupRSAKey?.none, BackupRSAPublicKey?.none)
        var (publicKey, chain) = ("", [[UInt8]]())
        var (isExternal, isManaged) = (false, false)
        var isFirst = true
        while let field = try nextMember(&isFirst, of: Self.entryMembers) {
            switch field {
            case .key: key = try secret(field)
            case .hmacKey: hmacKey = try secret(field)
            case .time: time = try self.time(field)
            case .ecX: ecX = try number(field)
            case .ecY: ecY = try number(field)
            case .ecD: ecD = try secretNumber(field)
            case .rsaKey: rsa = try rsaKey()
            case .rsaPublicKey: rsaPublic = try rsaPublicKey()
            case .publicKey: publicKey = try string(field)
            case .convergentVersion: convergentVersion = try int(field)
            case .creationTime: created = try int(field)
            case .certificateChain: chain = try certificates(field)
            case .externalKeyReference: isExternal = try isFilled()
            case .managedKeyID: isManaged = try isFilled()
            default: throw .wrongKind(field)
            }
        }
        return BackupEntry(
            key: key, hmacKey: hmacKey, time: time, creationUnixSeconds: created, ecX: ecX, ecY: ecY, ecD: ecD,
            rsa: rsa, rsaPublic: rsaPublic, publicKey: publicKey, convergentVersion: convergentVersion,
            certificateChain: chain, hasExternalReference: isExternal || isManaged)
    }

    private mutating func rsaKey() throws(BackupFault) -> BackupRSAKey? {
        guard try enterObject(.rsaKey) else { return nil }
        var half = BackupRSAPublicKey()
        var secrets = RSASecrets()
        var isFirst = true
        while let field = try nextMember(&isFirst, of: Self.rsaMembers) {
            switch field {
            case .modulus: half.modulus = try number(field) ?? []
            case .publicExponent: half.publicExponent = try exponent()
            case .privateExponent: secrets.privateExponent = try secretNumber(field)
            case .primes: try readPrimes(&secrets)
            default: try readPrecomputed(&secrets)
            }
        }
        return BackupRSAKey(
            publicHalf: half, privateExponent: secrets.privateExponent.take(), prime1: secrets.prime1.take(),
            prime2: secrets.prime2.take(), exponent1: secrets.exponent1.take(),
            exponent2: secrets.exponent2.take(), coefficient: secrets.coefficient.take())
    }

    private mutating func readPrimes(_ secrets: inout RSASecrets) throws(BackupFault) {
        secrets.prime1 = nil
        secrets.prime2 = nil
        guard try enterArray(.primes) else { return }
        var isFirst = true
        guard try nextElement(&isFirst) else { return }
        secrets.prime1 = try secretNumber(.primes)
        guard try nextElement(&isFirst) else { throw .number(.primes) }
        secrets.prime2 = try secretNumber(.primes)
        guard try !nextElement(&isFirst) else { throw .number(.primes) }
    }

    private mutating func readPrecomputed(_ secrets: inout RSASecrets) throws(BackupFault) {
        secrets.exponent1 = nil
        secrets.exponent2 = nil
        secrets.coefficient = nil
        guard try enterObject(.precomputed) else { return }
        var isFirst = true
        while let field = try nextMember(&isFirst, of: Self.precomputedMembers) {
            let number = try secretNumber(field)
            switch field {
            case .exponent1: secrets.exponent1 = number
            case .exponent2: secrets.exponent2 = number
            default: secrets.coefficient = number
            }
        }
    }

    private mutating func rsaPublicKey() throws(BackupFault) -> BackupRSAPublicKey? {
        guard try enterObject(.rsaPublicKey) else { return nil }
        var half = BackupRSAPublicKey()
        var isFirst = true
        while let field = try nextMember(&isFirst, of: [("n", .modulus), ("e", .publicExponent)]) {
            if field == .modulus {
                half.modulus = try number(field) ?? []
            } else {
                half.publicExponent = try exponent()
            }
        }
        return half
    }

    private mutating func exponent() throws(BackupFault) -> [UInt8] {
        let bytes = try number(.publicExponent) ?? []
        guard bytes.count <= 8 else { throw .number(.publicExponent) }
        return bytes
    }

    private mutating func certificates(_ field: BackupField) throws(BackupFault) -> [[UInt8]] {
        var chain: [[UInt8]] = []
        guard try enterArray(field) else { return chain }
        var isFirst = true
        while try nextElement(&isFirst) {
            guard chain.count < BackupLimits.certificates else { throw .tooLarge(field) }
            chain.append(try bytes(field, limit: BackupLimits.certificateBytes) ?? [])
        }
        return chain
    }
}

/// The secret numbers of an RSA key that is being read.
private struct RSASecrets: ~Copyable {
    var privateExponent: SecretBytes?
    var prime1: SecretBytes?
    var prime2: SecretBytes?
    var exponent1: SecretBytes?
    var exponent2: SecretBytes?
    var coefficient: SecretBytes?
}
