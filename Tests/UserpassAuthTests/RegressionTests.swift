import EngineKit
import Foundation
import Glibc
import Primitives
import Storage
import TestAids
import Testing
import UserpassAuth
import Vocabulary

/// Failures of the field that must not happen here, by their advisories.
@Suite struct RegressionTests {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2025_6004_other_spellings_of_a_name_are_no_new_chances() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        for name in ["bob", "BOB", " bob", "bob ", "Bob\t"] { #expect(await bench.loginFault(name, "no") == .badLogin) }
        for name in ["bob", "boB", " bob "] { #expect(await bench.loginFault(name, "pw") == .denied, "\(name)") }
        bench.clock.advance(899)
        #expect(await bench.loginFault("bob", "pw") == .denied)
        bench.clock.advance(1)
        #expect(await bench.loginFault("bob", "pw") == nil)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2025_6010_unknown_users_are_locked_out_like_known_ones() async throws {
        let bench = try Bench()
        for _ in 0..<5 { #expect(await bench.loginFault("nobody", "x") == .badLogin) }
        #expect(await bench.loginFault("nobody", "x") == .denied)
    }

    @Test func `failures with long pauses between lock nobody out, and success begins anew`() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        for _ in 0..<20 {
            #expect(await bench.loginFault("bob", "no") == .badLogin)
            bench.clock.advance(900)
        }
        for _ in 0..<5 {
            for _ in 0..<4 { #expect(await bench.loginFault("bob", "no") == .badLogin) }
            #expect(await bench.loginFault("bob", "pw") == nil)
        }
    }

    @Test func `an address that fails all the time is slowed down, others are not`() async throws {
        var rules = LoginGuard.Rules()
        rules.addressBurst = 10
        let bench = try Bench(rules: rules)
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        for number in 0..<10 { #expect(await bench.loginFault("u\(number)", "x") == .badLogin) }
        #expect(await bench.loginFault("u99", "x") == .slowed)
        #expect(await bench.loginFault("bob", "pw") == .slowed)
        #expect(await bench.loginFault("bob", "pw", from: "198.51.100.1") == nil)
        bench.clock.advance(1)
        #expect(await bench.loginFault("bob", "pw") == nil)
    }

    private func code(_ secret: String, at now: Int) throws -> String {
        try TOTPReference.code(base32: secret, step: now / 30)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2025_6014_a_code_works_once_spaces_or_not() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        let made = try await bench.call(.write, "users/bob/totp", "{}").members
        let secret = try #require(made["secret"] as? String)
        #expect((made["url"] as? String)?.hasPrefix("otpauth://totp/Strongroom:bob?secret=\(secret)&") == true)
        func login(_ code: String) async -> UserpassError? {
            await bench.fault(.write, "login/bob", #"{"password":"pw","passcode":"\#(code)"}"#)
        }
        #expect(await bench.loginFault("bob", "pw") == .missingPasscode)
        let now = try code(secret, at: bench.clock.now)
        #expect(await login(" \(now.prefix(3)) \(now.suffix(3)) ") == nil)
        for again in [now, now + " ", " " + now, "\(now.prefix(3)) \(now.suffix(3))"] {
            #expect(await login(again) == .badLogin)
        }
        bench.clock.advance(900)
        // The code of the step before is not taken once a later one was used.
        let (next, last) = (try code(secret, at: bench.clock.now), try code(secret, at: bench.clock.now - 30))
        #expect(await login(next) == nil)
        #expect(await login(last) == .badLogin)
        try await bench.call(.delete, "users/bob/totp")
        #expect(await bench.loginFault("bob", "pw") == nil)
    }

    @Test func `of many logins at once with one code, one gets through`() async throws {
        var rules = LoginGuard.Rules()
        rules.threshold = 0
        let bench = try Bench(rules: rules)
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        let made = try await bench.call(.write, "users/bob/totp", "{}").members
        let now = try code(try #require(made["secret"] as? String), at: bench.clock.now)
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await bench.fault(.write, "login/bob", #"{"password":"pw","passcode":"\#(now)"}"#) == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2025_6015_wrong_codes_lock_the_name_out() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        try await bench.call(.write, "users/bob/totp", "{}")
        for number in 0..<5 {
            let body = #"{"password":"pw","passcode":"00000\#(number)"}"#
            #expect(await bench.fault(.write, "login/bob", body) == .badLogin)
        }
        #expect(await bench.loginFault("bob", "pw") == .denied)
    }

    /// Logins of a known user with a wrong password against logins of an unknown one. **Source** dudect.
    /// `STRONGROOM_LOGIN_TIMINGS` says how many; without it the test only looks at few.
    @Test(.timeLimit(.minutes(30)))
    func `CVE-2025-6011: an unknown user costs the same time`() async throws {
        let count = ProcessInfo.processInfo.environment["STRONGROOM_LOGIN_TIMINGS"].flatMap(Int.init) ?? 40
        var rules = LoginGuard.Rules()
        (rules.threshold, rules.addressBurst) = (0, 0)
        let bench = try Bench(rules: rules, cost: Argon2id.Cost(memoryKiB: 1024, passes: 1, lanes: 1))
        for number in 0..<16 { try await bench.call(.write, "users/known\(number)", #"{"password":"pw"}"#) }
        var times: [[Double]] = [[], []]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<count {
            let kind = Int.random(in: 0...1, using: &random)
            let name = (kind == 0 ? "known" : "other") + "\(Int.random(in: 0..<16, using: &random))"
            let start = ContinuousClock.now
            _ = await bench.loginFault(name, "wrong")
            times[kind].append((ContinuousClock.now - start) / .nanoseconds(1))
        }
        // The slowest tenth is the machine's.
        let cut = (times[0] + times[1]).sorted()[max(count * 9 / 10 - 1, 0)]
        let kept = times.map { $0.filter { $0 <= cut } }
        guard kept.allSatisfy({ $0.count > 2 }) else { return }
        let means = kept.map { $0.reduce(0, +) / Double($0.count) }
        let variances = zip(kept, means).map { list, mean in
            list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(list.count - 1)
        }
        let spread = (variances[0] / Double(kept[0].count) + variances[1] / Double(kept[1].count)).squareRoot()
        let t = abs(means[0] - means[1]) / spread
        print("login timing: \(count) logins, known \(means[0]) ns, unknown \(means[1]) ns, |t| = \(t)")
        if count >= 1000 { #expect(t < 4.5) }
    }
}

/// Codes by time, written as the RFC has it, for the tests. **Source** RFC 6238, RFC 4648 §6.
enum TOTPReference {
    static func code(base32 text: String, step: Int) throws -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var (bits, count) = (0, 0)
        var key: [UInt8] = []
        for byte in text.utf8 {
            bits = bits << 5 | (alphabet.firstIndex(of: byte) ?? 0)
            count += 5
            if count >= 8 {
                count -= 8
                key.append(UInt8(truncatingIfNeeded: bits >> count))
                bits &= 255
            }
        }
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        var mac = [UInt8](repeating: 0, count: 20)
        let (keyBytes, message) = (Lent(key), Lent(counter))
        try mac.withUnsafeMutableBufferPointer { out in
            try HMACKey.oneShot(.sha1, key: keyBytes.view, message.view, into: #require(out.baseAddress))
        }
        let offset = Int(mac[19] & 15)
        let number = (0..<4).reduce(0) { $0 << 8 | Int(mac[offset + $1]) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// **Source** RFC 6238, appendix B, cut to six digits.
    static let vectors = [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
}

@Suite struct TOTPVectorTests {
    @Test func `the reference gives the RFC's codes`() throws {
        for (time, code) in TOTPReference.vectors {
            #expect(try TOTPReference.code(base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", step: time / 30) == code)
        }
    }
}
