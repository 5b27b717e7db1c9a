import Bytes
import Dispatching
import EngineKit
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// One rule for every path.
private final class FakeRule: AccessRule, AccessRules {
    let isRoot = false
    let capabilities: CapabilitySet
    let origin = "p: *"
    let hasParameterRules: Bool
    let minWrapSeconds: Int
    let maxWrapSeconds = 0
    let looks = Mutex(0)

    init(_ capabilities: CapabilitySet, looksAtParameters: Bool = false, minWrapSeconds: Int = 0) {
        self.capabilities = capabilities
        hasParameterRules = looksAtParameters
        self.minWrapSeconds = minWrapSeconds
    }

    func allows(parameters body: ByteView, maxJSONDepth: Int) -> Bool {
        looks.withLock { $0 += 1 }
        return body.equals("{}")
    }
    func rule(for path: ByteView, isList: Bool) -> (any AccessRule)? { self }
    func touches(below path: ByteView) -> Bool { true }
}

private final class FakeRights: RightsGranting {
    let rule: FakeRule
    init(rule: FakeRule) { self.rule = rule }
    func rules(of caller: Caller) -> any AccessRules { rule }
}

/// Knows `t`, `limited`, which storage counts, and `broken`, for which storage fails.
private final class FakeTokens: TokenAuthority, ResponseWrapping {
    let spent = Mutex(0)
    let wrapped = Mutex<[WrapWish]>([])
    static let bearer = Caller(tokenID: "t", displayName: "bearer")

    func standing(of token: ByteView, from client: PeerAddress) -> TokenStanding {
        if token.equals("t") { return .known(Self.bearer) }
        return token.equals("limited") || token.equals("broken") ? .needsStorage : .unknown
    }
    func use(_ token: [UInt8], from client: PeerAddress) async throws(TokenFault) -> TokenUse? {
        if token == Array("broken".utf8) { throw TokenFault(.unavailable, "storage is away") }
        return TokenUse(caller: Self.bearer, isLast: true)
    }
    func spend(_ use: TokenUse) async { spent.withLock { $0 += 1 } }
    func issue(
        _ login: Login, at mount: MountPoint, path: String, for client: ClientFacts
    ) async throws(TokenFault) -> IssuedToken { throw TokenFault(.unavailable, "no") }
    func wrap(_ wish: WrapWish) async throws(TokenFault) -> WrapInfo {
        wrapped.withLock { $0.append(wish) }
        return WrapInfo(
            token: SealSecret(exposing: "hvs.w"), accessor: "acc", seconds: wish.seconds, createdUnixSeconds: 0,
            creationPath: wish.path)
    }
}

/// Remembers lines, and settles them at once; fails what it is told to.
private final class FakeTrail: AuditTrail {
    struct Line: Equatable {
        var lines: String
        var operation: Capability
        var status: Int
        var error: String?
    }
    struct State {
        var lines: [Line] = []
        var ids: [String] = []
        var failsFrom = UInt64.max
        var isFull = false
    }
    let state = Mutex(State())
    let isEnabled = true
    var lines: [Line] { state.withLock { $0.lines } }

    func record(_ entry: AuditEntry) -> UInt64 {
        state.withLock { state in
            if state.isFull { return 0 }
            state.lines.append(
                Line(
                    lines: "\(entry.lines)", operation: entry.operation, status: entry.status, error: entry.error))
            state.ids.append(entry.requestID.string)
            return UInt64(state.lines.count)
        }
    }
    func flush() {}
    var settledTicket: UInt64 { state.withLock { UInt64($0.lines.count) } }
    func wasRecorded(_ ticket: UInt64) -> Bool { state.withLock { ticket < $0.failsFrom } }
    func onSettled(_ wake: @escaping @Sendable () -> Void) {}
}

@Suite("The stages around the engine")
struct StageTests {
    private struct Staged {
        let house: House
        let tokens = FakeTokens()
        let trail = FakeTrail()
        let rule: FakeRule

        init(_ rule: FakeRule, audited: Bool = false) async throws {
            self.rule = rule
            let (tokens, trail) = (tokens, trail)
            house = try await House { _ in
                var stages = AccessStages(tokens: tokens, rights: FakeRights(rule: rule))
                stages.wrapping = tokens
                if audited { stages.audit = trail }
                return stages
            }
        }

        var resolved: Int { house.engines.all.reduce(0) { $0 + $1.resolved } }
    }

    private static let denied = "{\"errors\":[\"1 error occurred:\\n\\t* permission denied\\n\\n\"]}\n"

    @Test(
        "What the rule does not grant is refused before the engine sees it",
        arguments: [
            (.read, [.get]), (.list, [.list]), (.delete, [.delete]), (.patch, [.patch]), (.update, [.post, .put]),
            ([], []), ([.deny, .read, .list, .update, .create, .delete, .patch, .sudo], []), (.sudo, []),
        ] as [(CapabilitySet, [WireMethod])])
    func rules(_ granted: CapabilitySet, _ methods: [WireMethod]) async throws {
        let staged = try await Staged(FakeRule(granted))
        for method in [WireMethod.get, .list, .delete, .patch, .post, .put] {
            let before = staged.resolved
            let answer = await staged.house.ask(
                method, "/v1/echo/a", token: "t", body: "[[[", isMergePatch: method == .patch)
            if methods.contains(method) {
                #expect(answer.reply.status == 200, "\(method)")
            } else {
                #expect(answer.reply.status == 403 && answer.text == Self.denied, "\(method)")
                #expect(staged.resolved == before, "CVE_2025_6203 \(method)")
            }
        }
    }

    @Test("Parameters are looked at only where a rule says so, and before the engine parses them")
    func parameters() async throws {
        let staged = try await Staged(FakeRule([.update, .create], looksAtParameters: true))
        #expect(await staged.house.ask(.post, "/v1/echo/a", token: "t", body: "{}").reply.status == 200)
        #expect(await staged.house.ask(.post, "/v1/echo/a", token: "t", body: "[").text == Self.denied)
        #expect(staged.resolved == 1 && staged.rule.looks.withLock { $0 } == 2)
    }

    @Test("The last use of a token ends it, whether the request is granted or not")
    func lastUse() async throws {
        let staged = try await Staged(FakeRule(.read))
        #expect(await staged.house.ask(.get, "/v1/echo/a", token: "limited").reply.status == 200)
        #expect(await staged.house.ask(.post, "/v1/echo/a", token: "limited").reply.status == 403)
        #expect(staged.tokens.spent.withLock { $0 } == 2)
        #expect(await staged.house.ask(.get, "/v1/echo/a", token: "broken").reply.status == 503)
        // Where nobody needs a token, none is used up.
        #expect(await staged.house.ask(.get, "/v1/sys/health", token: "limited").reply.status == 200)
        #expect(staged.tokens.spent.withLock { $0 } == 2)
    }

    @Test("An answer that is to be wrapped leaves nothing of itself")
    func wrapping() async throws {
        let staged = try await Staged(FakeRule([.read, .update], minWrapSeconds: 60))
        for (time, status) in [("", 403), ("59", 403), ("x", 400), ("-60", 400), ("60", 200), ("2m", 200)] {
            let answer = await staged.house.ask(.get, "/v1/echo/inside", token: "t", wrapTime: time)
            #expect(answer.reply.status == status && !answer.text.contains("operation"), "\(time)")
        }
        let wishes = staged.tokens.wrapped.withLock { $0 }
        #expect(wishes.map(\.seconds) == [60, 120] && wishes.allSatisfy { $0.path == "echo/inside" })
        #expect(String(decoding: wishes[0].answer, as: UTF8.self).contains("inside"))
    }

    @Test("A request has both its lines, with one id, which is the answer's")
    func audit() async throws {
        let staged = try await Staged(FakeRule([.read, .update, .create]), audited: true)
        let fast = await staged.house.ask(.get, "/v1/echo/a", token: "t")
        #expect(fast.reply.ticket == 1)
        let slow = await staged.house.ask(.post, "/v1/echo/storing", token: "t", body: "{}")
        #expect(slow.reply.ticket == 3)
        let refused = await staged.house.ask(.delete, "/v1/echo/a", token: "t")
        #expect(refused.reply.ticket == 4)
        let stranger = await staged.house.ask(.get, "/v1/echo/a", token: "nobody")
        #expect(stranger.reply.ticket == 5)
        #expect(await staged.house.ask(.get, "/v1/sys/health", token: "").reply.ticket == 0)
        typealias Line = FakeTrail.Line
        #expect(
            staged.trail.lines == [
                Line(lines: "both", operation: .read, status: 200),
                Line(lines: "request", operation: .update, status: 0),
                Line(lines: "response", operation: .update, status: 200),
                Line(
                    lines: "both", operation: .delete, status: 403,
                    error: "1 error occurred:\n\t* permission denied\n\n"),
                Line(lines: "both", operation: .read, status: 403, error: "permission denied"),
            ])
        let ids = staged.trail.state.withLock { $0.ids }
        #expect(fast.members["request_id"] as? String == ids[0])
        #expect(slow.members["request_id"] as? String == ids[1] && ids[1] == ids[2])
        #expect(ids.allSatisfy { $0.count == 36 } && Set(ids).count == 4)
    }

    @Test("What no device records has no effect, and no answer")
    func unrecorded() async throws {
        let staged = try await Staged(FakeRule([.read, .update, .create]), audited: true)
        staged.trail.state.withLock { $0.failsFrom = 1 }
        let slow = await staged.house.ask(.post, "/v1/echo/storing", token: "t", body: "{}")
        #expect(slow.reply.status == 500 && slow.text.contains("no audit device"))
        #expect(try await staged.house.storage.list(under: "mount/", after: nil, limit: 10).isEmpty)
        #expect(staged.house.dispatcher.outcome(of: 1) == .failed)
        #expect(staged.house.dispatcher.outcome(of: 9) == .pending)
        staged.trail.state.withLock { $0.isFull = true }
        let fast = await staged.house.ask(.get, "/v1/echo/a", token: "t")
        #expect(fast.reply.status == 500 && fast.reply.ticket == 0 && !fast.text.contains("request_id"))
    }
}
