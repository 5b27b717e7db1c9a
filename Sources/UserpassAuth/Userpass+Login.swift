internal import Bytes
package import EngineKit
internal import Primitives
internal import Storage
internal import Vocabulary

/// Logging in.
///
/// An unknown user costs what a known one does: the same read, the same hash, the same sentence, the same counting
/// (CVE-2025-6010, CVE-2025-6011). Who is locked out is told so whether the name exists or not.
extension Userpass {
    func login(_ name: UserName?, _ attempt: LoginAttempt) async throws(UserpassError) -> EngineReply {
        guard let name else {
            try await burn(attempt)
            throw .badLogin
        }
        switch guarding.verdict(on: name.text, from: attempt.address, now: now()) {
        case .open: break
        case .locked: throw .denied
        case .slowed: throw .slowed
        }
        let known = try await user(name)?.user
        let hash = known?.password ?? hashOfNobody()
        let isRight = try await check(attempt.password, hash)
        guard let known, isRight else {
            guarding.fail(name.text, from: attempt.address, now: now())
            throw .badLogin
        }
        guard known.token.admits(attempt.address) else { throw .denied }
        try await checkLegacy()
        if known.factor != nil { try await checkCode(name, attempt) }
        guarding.clear(name.text)
        var reply = EngineReply()
        reply.grant = .login(Self.login(name, known.token, mountName: attempt.mountName))
        return reply
    }

    private static func login(_ name: UserName, _ token: TokenSettings, mountName: String) -> Login {
        var login = Login(aliasName: name.text, displayName: mountName + "-" + name.text)
        login.policies = token.parameters.policies
        login.metadata = ["username": name.text]
        login.token = token.parameters
        var record = RecordWriter(format: 1)
        record.put(text: name.text)
        record.put(texts: token.parameters.policies)
        login.record = record.record
        return login
    }

    /// The work of a login that cannot succeed.
    private func burn(_ attempt: LoginAttempt) async throws(UserpassError) {
        guard guarding.verdict(on: "", from: attempt.address, now: now()) != .slowed else { throw .slowed }
        _ = try await check(attempt.password, nobody)
        guarding.fail("", from: attempt.address, now: now())
        guarding.clear("")
    }

    private func check(_ password: ByteView, _ hash: PasswordHash) async throws(UserpassError) -> Bool {
        let outcome = await PasswordWork.run { () -> Result<Bool, UserpassError> in
            let isRight = Hashing.resolved(password) { password -> Bool? in try? hash.matches(password) }
            guard let isRight else { return .success(false) }
            return isRight.map { .success($0) } ?? .failure(.noRandomness)
        }
        guard let outcome else { throw .busy }
        return try outcome.get()
    }

    /// **Source** system wire facts §14: of the old second factor, the field's clients look at this sentence only.
    private func checkLegacy() async throws(UserpassError) {
        guard try await legacy(.type)["type"] == "duo" else { return }
        throw try await legacy(.access).isEmpty ? .duoUnconfigured : .duoUnserved
    }

    /// Uses the code up, in storage, before anybody is let in: of two logins with one code, one gets through. Failures
    /// are counted like wrong passwords (CVE-2025-6015).
    private func checkCode(_ name: UserName, _ attempt: LoginAttempt) async throws(UserpassError) {
        let isBlank = attempt.code.allSatisfy(\.isWhitespace)
        if !isBlank && attempt.code.utf8.count <= 64 {
            var isUsed = false
            try await changing(name) { (user) throws(UserpassError) in
                guard var factor = user?.factor else { throw .badLogin }
                do throws(CryptoError) { isUsed = try factor.use(attempt.code, now: now()) } catch {
                    throw .noRandomness
                }
                if isUsed { user?.factor = factor }
            }
            if isUsed { return }
        }
        guarding.fail(name.text, from: attempt.address, now: now())
        throw isBlank ? .missingPasscode : .badLogin
    }

    // MARK: - Renewal

    /// Asks whether the user still stands, and on what terms.
    package func renewLogin(_ login: Login) async throws(LeaseFault) -> Login {
        guard let (text, policies) = Self.decoded(login.record), let name = Self.name(text) else {
            throw .refused("the login cannot be renewed")
        }
        let user: UserRecord?
        do throws(UserpassError) { user = try await self.user(name)?.user } catch {
            throw .unavailable("the user cannot be read")
        }
        guard let user else { throw .refused("the user is gone") }
        guard user.token.parameters.policies == policies else {
            throw .refused("policies have changed, not renewing")
        }
        var renewed = login
        renewed.token = user.token.parameters
        return renewed
    }

    private static func decoded(_ record: [UInt8]) -> (String, [String])? {
        record.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == 1, let name = try? reader.text(),
                let policies = try? reader.texts()
            else { return nil }
            return (name, policies)
        }
    }

    static func name(_ text: String) -> UserName? {
        var text = text
        return text.withUTF8 { UserName(ByteView(UnsafeRawBufferPointer($0))) }
    }
}
