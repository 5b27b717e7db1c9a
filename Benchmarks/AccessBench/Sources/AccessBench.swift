internal import ArgumentParser
internal import Bytes
internal import EngineKit
internal import Foundation
internal import Tokens

/// `access-bench`: what token and policy cost a request, without HTTP.
@main
struct AccessBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-bench",
        abstract: "Time the look-up of a token and the decision of its policies, among many of both.",
        discussion: "One line of JSON per case: nanoseconds for both steps together, in one thread.")

    @Option(help: "Service tokens in the store.")
    var tokens = 1_000_000
    @Option(help: "Policies in the store.")
    var policies = 10_000
    @Option(help: "Seconds per measurement.")
    var seconds = 2.0

    func validate() throws {
        guard (1...10_000_000).contains(tokens), (1...100_000).contains(policies), seconds > 0, seconds <= 600 else {
            throw ValidationError("--tokens 1 to 10,000,000, --policies 1 to 100,000, --seconds above 0 to 600")
        }
    }

    func run() async throws {
        let house = try await AccessHouse(policies: policies)
        print("{\"policies\":\(policies),\"tokens\":\(tokens)}")
        // Those that are asked for in the measurement are made first, the crowd behind them.
        let busy = try await house.tokens(min(tokens, 10_000))
        let wide = try await house.tokenOfAll()
        try await house.crowd(tokens - busy.count - 1)
        let root = try await house.rootToken()
        report("root token", try await house.nanoseconds([root], seconds: seconds))
        report("one token, one policy", try await house.nanoseconds([busy[0]], seconds: seconds))
        report("\(busy.count) tokens in turns, one policy each", try await house.nanoseconds(busy, seconds: seconds))
        report("one token with all policies", try await house.nanoseconds([wide], seconds: seconds))
        let start = ContinuousClock.now
        let again = try await house.reopened()
        let taken = (ContinuousClock.now - start) / .milliseconds(1)
        print("{\"reopen_ms\":\(Int(taken)),\"tokens\":\(again.count),\"index_bytes\":\(again.indexBytes)}")
    }

    private func report(_ name: String, _ nanoseconds: Double) {
        print("{\"case\":\"\(name)\",\"ns\":\(Int(nanoseconds))}")
    }
}
