import EngineKit
import Storage
import Testing
import Vocabulary

@testable import Tokens

@Suite("Answers kept for one reader")
struct WrappingTests {
    private static let wish = WrapWish(answer: Array("{}".utf8), seconds: 60, path: "kv/a", wrappedAccessor: "acc")

    @Test("A wrapping token used by many at once gives its answer to one")
    func oneUse() async throws {
        for _ in 0..<10 {
            let bench = try await Bench()
            let info = try await bench.store.wrap(Self.wish)
            let answers = await withTaskGroup(of: [UInt8]?.self) { group in
                for _ in 0..<20 { group.addTask { (try? await bench.store.unwrap(info.token)) ?? nil } }
                return await group.reduce(into: [[UInt8]]()) { if let answer = $1 { $0.append(answer) } }
            }
            #expect(answers == [Self.wish.answer])
            #expect(try await bench.store.wrapFacts(info.token) == nil)
            #expect(try await bench.stored().map(\.key.path) == ["core/token/keys"])
        }
    }

    @Test("Of one who unwraps with the token and one who names it, one gets the answer")
    func twoWays() async throws {
        for _ in 0..<20 {
            let bench = try await Bench()
            let info = try await bench.store.wrap(Self.wish)
            async let named = bench.store.unwrap(info.token)
            async let borne: [UInt8]? = {
                guard let use = try? await bench.store.use(Array(info.token.text.utf8), from: .unknown) else {
                    return nil
                }
                let answer = (try? await bench.store.unwrap(by: use.caller)) ?? nil
                await bench.store.spend(use)
                return answer
            }()
            let answers = [try? await named, await borne].compactMap { $0 }
            #expect(answers.count <= 1)
            #expect(try await !bench.admits(info.token))
        }
    }

    @Test("Looking up uses nothing up; rewrapping keeps path and time and ends the old token")
    func rewrapping() async throws {
        let bench = try await Bench()
        let info = try await bench.store.wrap(Self.wish)
        let facts = try #require(try await bench.store.wrapFacts(info.token))
        #expect(facts.path == "kv/a" && facts.seconds == 60 && facts.created == bench.clock.now)
        bench.clock.advance(30)
        let again = try #require(try await bench.store.rewrap(info.token))
        #expect(again.creationPath == "kv/a" && again.seconds == 60 && again.wrappedAccessor == "acc")
        #expect(try await bench.store.unwrap(info.token) == nil)
        bench.clock.advance(59)
        #expect(try await bench.store.unwrap(again.token) == Self.wish.answer)
    }

    @Test("After its time, and for ordinary tokens, there is nothing")
    func nothing() async throws {
        let bench = try await Bench()
        let info = try await bench.store.wrap(Self.wish)
        let made = try await bench.make()
        #expect(try await bench.store.unwrap(made.token) == nil)
        #expect(try await bench.store.wrapFacts(made.token) == nil)
        #expect(try await bench.admits(made.token))
        bench.clock.advance(60)
        #expect(try await bench.store.unwrap(info.token) == nil)
        await bench.store.tick(now: bench.clock.now)
        #expect(try await bench.stored().allSatisfy { !$0.key.path.contains("wrapped") })
    }

    @Test("Any other use of a wrapping token burns it")
    func burnt() async throws {
        let bench = try await Bench()
        let info = try await bench.store.wrap(Self.wish)
        let use = try #require(try await bench.store.use(Array(info.token.text.utf8), from: .unknown))
        #expect(use.isLast && use.caller.tokenPolicies == ["response-wrapping"])
        await bench.store.spend(use)
        #expect(try await bench.store.unwrap(info.token) == nil)
    }
}
