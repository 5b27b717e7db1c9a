internal import Bytes
internal import EngineKit
internal import Foundation
internal import Storage
internal import Synchronization
internal import TransitEngine

/// What the server does with a request once its body is in memory: resolve, then perform; no sockets.
final class TransitLoop: Sendable {
    private let engine: Transit

    /// A transit engine over storage in memory.
    init() async throws {
        let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
        engine = Transit(storage: StorageView(InMemoryStorage(), prefix: "bench/"), now: now)
        try await engine.open()
    }

    /// Reads the command out of the body and forgets it.
    func resolve(_ body: BatchBody) throws { _ = try engine.resolve(body.request) }

    /// Does the request once; the answer replaces what `output` holds. False when storage was needed as well.
    func turn(_ body: BatchBody, into output: inout ByteWriter) throws -> Bool {
        output.truncate(to: 0)
        let command = try engine.resolve(body.request)
        if case .done(let reply) = try engine.perform(command, into: &output) {
            guard reply.status == 200 else { throw LoopFault.status(reply.status) }
            return true
        }
        try waitForStorage(command)
        return false
    }

    // Now and then the key's message count needs a new reservation, as in the server.
    private func waitForStorage(_ command: Transit.Command) throws {
        let (done, engine) = (DispatchSemaphore(value: 0), engine)
        let outcome = Outcome()
        Task {
            var output = ByteWriter()
            do { _ = try await engine.performStoring(command, into: &output) } catch {
                outcome.fault.withLock { $0 = "\(error)" }
            }
            done.signal()
        }
        done.wait()
        if let fault = outcome.fault.withLock({ $0 }) { throw LoopFault.engine(fault) }
    }

    /// Repeats the request on `threads` threads until `seconds` have passed; returns how often it was done.
    func run(_ body: BatchBody, threads: Int, seconds: Double) throws -> Int {
        let outcome = Outcome()
        let group = DispatchGroup()
        // Small requests look at the clock less often.
        let turnsPerLook = max(1, 64 * 1024 / body.view.count)
        let end = ContinuousClock.now + .seconds(seconds)
        for _ in 0..<threads {
            group.enter()
            Thread {
                defer { group.leave() }
                var turns = 0
                var output = ByteWriter(capacity: body.view.count * 4)
                do {
                    while ContinuousClock.now < end {
                        for _ in 0..<turnsPerLook { _ = try self.turn(body, into: &output) }
                        turns += turnsPerLook
                    }
                } catch {
                    outcome.fault.withLock { $0 = "\(error)" }
                }
                outcome.turns.withLock { $0 += turns }
            }.start()
        }
        group.wait()
        if let fault = outcome.fault.withLock({ $0 }) { throw LoopFault.engine(fault) }
        return outcome.turns.withLock { $0 }
    }
}

/// What the threads have done.
private final class Outcome: Sendable {
    let turns = Mutex(0)
    let fault = Mutex<String?>(nil)
}

/// Why the loop stopped.
enum LoopFault: Error {
    case status(Int)
    case engine(String)
    case unknownLevel(String)
    case unknownKey(String)
}
