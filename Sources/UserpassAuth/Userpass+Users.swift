internal import Bytes
internal import EngineKit
internal import Primitives
internal import Storage
internal import Vocabulary

/// Keeping users. **Source** system wire facts §14.
extension Userpass {
    private static let attempts = 16

    /// A user, with the revision of what is stored.
    func user(_ name: UserName) async throws(UserpassError) -> (user: UserRecord, revision: UInt64)? {
        do throws(StorageError) {
            let found = try await storage.record(UserRecord.path(name)) { (reader) throws(RecordFault) in
                try UserRecord(from: &reader)
            }
            return found.map { ($0.value, $0.revision) }
        } catch {
            throw .storage
        }
    }

    /// Changes a user in one commit; asked again when somebody else was faster. What `body` leaves nil is deleted.
    func changing(
        _ name: UserName, _ body: (inout UserRecord?) async throws(UserpassError) -> Void
    ) async throws(UserpassError) {
        try await turns.holding(name.text) { () async throws(UserpassError) in
            for _ in 0..<Self.attempts {
                let found = try await user(name)
                var changed = found?.user
                try await body(&changed)
                if changed == nil && found == nil { return }
                let key = StorageKey(UserRecord.path(name))
                var batch = WriteBatch()
                if let changed { batch.put(key, changed.record) } else { batch.delete(key) }
                batch.require(found.map { .revision($0.revision) } ?? .absent, at: key)
                if try await commit(batch) { return }
            }
            throw .contention
        }
    }

    func commit(_ batch: WriteBatch) async throws(UserpassError) -> Bool {
        do throws(StorageError) { return try await storage.commitUnlessChanged(batch) } catch { throw .storage }
    }

    func list(after: String?, limit: Int, into body: inout ByteWriter) async throws(UserpassError) -> EngineReply {
        let page: FolderPage
        do throws(StorageError) {
            page = try await storage.names(in: UserRecord.folder, after: after, limit: limit)
        } catch {
            throw .storage
        }
        guard !page.names.isEmpty else { throw .nothingThere }
        JSON.object(["keys": .array(page.names.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }

    func write(_ name: UserName, _ change: UserChange) async throws(UserpassError) -> EngineReply {
        let hash = try await change.password.map(Hashing.init)?.hash(cost)
        try await changing(name) { (user) throws(UserpassError) in
            var next: UserRecord
            if let known = user {
                next = known
            } else if let hash {
                next = UserRecord(password: hash)
            } else {
                throw .missingPassword
            }
            if let hash { next.password = hash }
            try change.apply(to: &next.token)
            user = next
        }
        if hash != nil { guarding.clear(name.text) }
        return .noContent
    }

    func delete(_ name: UserName) async throws(UserpassError) -> EngineReply {
        try await changing(name) { (user) throws(UserpassError) in user = nil }
        return .noContent
    }

    func setPassword(_ name: UserName, _ password: ByteView) async throws(UserpassError) -> EngineReply {
        guard try await user(name) != nil else { throw .unknownUser }
        let hash = try await Hashing(password).hash(cost)
        try await changing(name) { (user) throws(UserpassError) in
            guard user != nil else { throw .unknownUser }
            user?.password = hash
        }
        guarding.clear(name.text)
        return .noContent
    }

    func setPolicies(_ name: UserName, _ request: EngineRequest) async throws(UserpassError) -> EngineReply {
        try await changing(name) { (user) throws(UserpassError) in
            guard var next = user else { throw .unknownUser }
            do throws(TokenSettingsFault) {
                try next.token.apply(request, accepting: [.policies], only: .policies)
            } catch {
                throw .tokenSettings(error)
            }
            user = next
        }
        return .noContent
    }

    // MARK: - The second factor

    func makeFactor(
        _ name: UserName, issuer: String, into body: inout ByteWriter
    ) async throws(UserpassError) -> EngineReply {
        let factor: TOTPFactor
        do throws(CryptoError) { factor = try TOTPFactor() } catch { throw .noRandomness }
        try await changing(name) { (user) throws(UserpassError) in
            guard user != nil else { throw .unknownUser }
            user?.factor = factor
        }
        let secret = factor.exposingText
        let label = Self.escaped(issuer)
        let url =
            "otpauth://totp/\(label):\(Self.escaped(name.text))?secret=\(secret)&issuer=\(label)"
            + "&algorithm=SHA1&digits=6&period=30"
        JSON.object(["secret": .string(secret), "url": .string(url)]).write(into: &body)
        return EngineReply()
    }

    func deleteFactor(_ name: UserName) async throws(UserpassError) -> EngineReply {
        try await changing(name) { (user) throws(UserpassError) in user?.factor = nil }
        return .noContent
    }

    /// **Source** RFC 3986 §2.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain =
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                || "-._~".utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.count == 1 ? "%0" + hex : "%" + hex
            }
        }
        return result
    }

    // MARK: - The second factor of old

    /// What the old clients configure; of it only the sentences of a login that cannot be are served.
    enum Legacy: String { case type, access, config }

    func legacy(_ which: Legacy) async throws(UserpassError) -> [String: String] {
        do throws(StorageError) {
            return try await storage.record("mfa/" + which.rawValue) { (reader) throws(RecordFault) in
                try reader.pairs()
            }?.value ?? [:]
        } catch {
            throw .storage
        }
    }

    func setLegacy(_ which: Legacy, _ values: [String: String]) async throws(UserpassError) -> EngineReply {
        let merged = try await legacy(which).merging(values) { $1 }
        var writer = RecordWriter(format: 1)
        writer.put(pairs: merged)
        var batch = WriteBatch()
        batch.put(StorageKey("mfa/" + which.rawValue), writer.record)
        guard try await commit(batch) else { throw .contention }
        return .noContent
    }
}

/// A password on its way to the threads that hash.
struct Hashing: Sendable {
    private let password: ByteView

    /// The bytes as they stand in the body; they stay in place until the hash is there.
    init(_ password: ByteView) { self.password = password }

    /// The password's bytes, escapes resolved, for the time of the call; nil when they are too many.
    static func resolved<R>(_ raw: ByteView, _ body: (ByteView) -> R) -> R? {
        var text = ByteWriter(capacity: raw.count)
        JSONText.unescape(raw, into: &text)
        return text.count <= PasswordHash.longestPassword ? body(text.view) : nil
    }

    func hash(_ cost: Argon2id.Cost) async throws(UserpassError) -> PasswordHash {
        let password = password
        let made = await PasswordWork.run { () -> Result<PasswordHash, UserpassError> in
            let hash = Self.resolved(password) { password -> PasswordHash? in
                try? PasswordHash(password, cost: cost)
            }
            guard let hash else { return .failure(.passwordTooLong(limit: PasswordHash.longestPassword)) }
            return hash.map { .success($0) } ?? .failure(.noRandomness)
        }
        guard let made else { throw .busy }
        return try made.get()
    }
}
