internal import Bytes
internal import Primitives

/// One key of the barrier, in use for sealing from its installation until the next term's.
final class KeyTerm: Sendable {
    let number: UInt32
    let installedUnixSeconds: Int
    let cipher: AEADKey

    init(number: UInt32, installedUnixSeconds: Int, material: consuming SecretBytes) throws(CryptoError) {
        self.number = number
        self.installedUnixSeconds = installedUnixSeconds
        cipher = try AEADKey(.aes256GCM, material: material)
    }

    static func generate(number: UInt32, nowUnixSeconds: Int) throws(CryptoError) -> KeyTerm {
        try KeyTerm(
            number: number, installedUnixSeconds: nowUnixSeconds, material: RandomSource.secret(count: 32))
    }
}

/// When a new term begins by itself.
package struct RotationPolicy: Sendable, Equatable {
    /// Whether it does at all by this policy; a term still ends before its message limit.
    package var isEnabled = true
    /// Messages after which a term ends; `limits` bounds it.
    package var maxOperations = 3_865_470_566
    /// **Units** seconds after which a term ends; 0 for never.
    package var intervalSeconds = 0

    /// From a million to nine tenths of 2^32, the most under one key with random nonces (SP 800-38D §8.3).
    package static let limits = 1_000_000...3_865_470_566
    /// **Units** seconds; the shortest interval.
    package static let shortestInterval = 86_400

    /// The policy of new databases: by messages alone.
    package init() {}

    var isSound: Bool {
        Self.limits.contains(maxOperations) && (intervalSeconds == 0 || intervalSeconds >= Self.shortestInterval)
    }
}

/// All keys under the root key, an immutable picture; a rotation makes the next.
///
/// **Layout** of the sealed record: format 1 ‖ database id(16) ‖ integrity secret(32) ‖ policy: enabled, operations,
/// seconds ‖ number of terms ‖ each term: number, install time, key(32). Written by `RecordWriter`.
final class KeyTerms: Sendable {
    let databaseID: [UInt8]
    private let integrity: SecretBytes
    /// For the digest of rows.
    let digestKey: HMACKey
    /// For the witness's records.
    let witnessKey: HMACKey
    let policy: RotationPolicy
    /// In order of their numbers, which are 1, 2, 3 and so on; never empty.
    let terms: [KeyTerm]
    let latest: KeyTerm

    private static let termLimit = 65_536

    private init(
        databaseID: [UInt8], integrity: consuming SecretBytes, policy: RotationPolicy, older: [KeyTerm],
        latest: KeyTerm
    ) throws(CryptoError) {
        self.databaseID = databaseID
        self.policy = policy
        terms = older + [latest]
        self.latest = latest
        let derivation = try integrity.exposing { (key) throws(CryptoError) in
            try HKDFKey(extractingSHA256: key)
        }
        let digest = try Self.derive(derivation, "strongroom row digest")
        digestKey = try digest.exposing { (key) throws(CryptoError) in try HMACKey(.sha2_256, key: key) }
        let witness = try Self.derive(derivation, "strongroom epoch witness")
        witnessKey = try witness.exposing { (key) throws(CryptoError) in try HMACKey(.sha2_256, key: key) }
        self.integrity = integrity
    }

    private static func derive(_ key: HKDFKey, _ label: StaticString) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: 32) { (buffer) throws(CryptoError) in
            guard let out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try key.expand(info: ByteView(label), count: 32, into: out)
        }
    }

    /// The keys of a new database.
    static func generate(nowUnixSeconds: Int) throws(CryptoError) -> KeyTerms {
        let id = try RandomSource.secret(count: 16)
        return try KeyTerms(
            databaseID: id.exposing { $0.array }, integrity: RandomSource.secret(count: 32), policy: RotationPolicy(),
            older: [], latest: KeyTerm.generate(number: 1, nowUnixSeconds: nowUnixSeconds))
    }

    /// The same with one more term. **Throws** `.messageTooLong` when there are 65,536.
    func rotated(nowUnixSeconds: Int) throws(CryptoError) -> KeyTerms {
        guard terms.count < Self.termLimit else { throw .messageTooLong }
        let next = try KeyTerm.generate(number: latest.number + 1, nowUnixSeconds: nowUnixSeconds)
        return try KeyTerms(
            databaseID: databaseID, integrity: integrity.duplicate(), policy: policy, older: terms, latest: next)
    }

    /// The same with another policy.
    func with(_ policy: RotationPolicy) throws(CryptoError) -> KeyTerms {
        try KeyTerms(
            databaseID: databaseID, integrity: integrity.duplicate(), policy: policy, older: terms.dropLast(),
            latest: latest)
    }

    /// The term of that number.
    func term(_ number: UInt32) -> KeyTerm? {
        let index = Int(number) - 1
        return terms.indices.contains(index) ? terms[index] : nil
    }

    /// The row that holds the terms.
    func sealed(under root: RootKey, path: String) throws(CryptoError) -> [UInt8] {
        var record = RecordWriter(format: 1)
        lending(databaseID) { record.put($0) }
        integrity.exposing { record.put($0) }
        record.put(policy.isEnabled)
        record.put(policy.maxOperations)
        record.put(policy.intervalSeconds)
        record.put(terms.count)
        for term in terms {
            record.put(Int(term.number))
            record.put(term.installedUnixSeconds)
            term.cipher.exposingMaterial { record.put($0) }
        }
        return try SealedRow.seal(record.view, root.cipher, term: 0, path: path)
    }

    /// Opens the row that holds the terms; nil when the root key does not fit it.
    static func open(_ row: [UInt8], under root: RootKey, path: String) -> KeyTerms? {
        lending(row) { row in
            guard SealedRow.term(of: row) == 0,
                let record = try? SealedRow.open(row, root.cipher, path: path)
            else { return nil }
            return try? read(record.view)
        }
    }

    private static func read(_ record: ByteView) throws -> KeyTerms {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        let id = try reader.view().array
        let integrity = try SecretBytes(copying: reader.view())
        var policy = RotationPolicy()
        policy.isEnabled = try reader.bool()
        policy.maxOperations = try reader.int()
        policy.intervalSeconds = try reader.int()
        let count = try reader.int()
        guard id.count == 16, integrity.count == 32, (1...termLimit).contains(count) else { throw RecordFault() }
        var terms: [KeyTerm] = []
        for number in 1...count {
            guard try reader.int() == number else { throw RecordFault() }
            let installed = try reader.int()
            let material = try SecretBytes(copying: reader.view())
            terms.append(
                try KeyTerm(number: UInt32(number), installedUnixSeconds: installed, material: material))
        }
        try reader.finish()
        let latest = terms.removeLast()
        return try KeyTerms(databaseID: id, integrity: integrity, policy: policy, older: terms, latest: latest)
    }
}
