internal import Bytes
internal import Primitives

/// What is kept of a password. **Layout** in a record: `memoryKiB ‖ passes ‖ lanes ‖ salt(16) ‖ tag(32)`.
struct PasswordHash: Sendable {
    static let longestPassword = 1024
    private static let tagLength = 32

    let cost: Argon2id.Cost
    private let salt: [UInt8]
    private let tag: [UInt8]

    /// Hashes a password under a fresh salt.
    init(_ password: ByteView, cost: Argon2id.Cost) throws(CryptoError) {
        self.cost = cost
        salt = try RandomSource.secret(count: 16).exposing { $0.array }
        tag = try Self.tag(password, salt, cost)
    }

    /// The hash of a password that nobody has: what unknown users are checked against.
    static func ofNobody(cost: Argon2id.Cost) throws(CryptoError) -> PasswordHash {
        PasswordHash(
            cost: cost, salt: try RandomSource.secret(count: 16).exposing { $0.array },
            tag: try RandomSource.secret(count: tagLength).exposing { $0.array })
    }

    private init(cost: Argon2id.Cost, salt: [UInt8], tag: [UInt8]) {
        (self.cost, self.salt, self.tag) = (cost, salt, tag)
    }

    /// Whether it is the hash of this password. **Cost** that of the hash, whatever the password.
    func matches(_ password: ByteView) throws(CryptoError) -> Bool {
        let computed = try Self.tag(password, salt, cost)
        return computed.withUnsafeBytes { computed in
            tag.withUnsafeBytes { ConstantTime.equal(ByteView(computed), ByteView($0)) }
        }
    }

    private static func tag(
        _ password: ByteView, _ salt: [UInt8], _ cost: Argon2id.Cost
    ) throws(CryptoError) -> [UInt8] {
        let secret = try SecretBytes(count: tagLength) { (buffer) throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try salt.span.withUnsafeBytes { (salt) throws(CryptoError) in
                try Argon2id.hash(password, salt: ByteView(salt), cost: cost, into: start, count: tagLength)
            }
        }
        return secret.exposing { $0.array }
    }

    func put(into record: inout RecordWriter) {
        record.put(cost.memoryKiB)
        record.put(cost.passes)
        record.put(cost.lanes)
        record.put(bytes: salt)
        record.put(bytes: tag)
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        let (memory, passes, lanes) = (try reader.int(), try reader.int(), try reader.int())
        cost = Argon2id.Cost(memoryKiB: memory, passes: passes, lanes: lanes)
        salt = try reader.view().array
        tag = try reader.view().array
        guard salt.count == 16, tag.count == Self.tagLength else { throw RecordFault() }
    }
}
