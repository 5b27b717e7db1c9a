/// Lets changes happen one after the other, each of them whole: an actor alone would let them interleave at every wait.
///
/// **Concurrency** first come, first served.
package actor Turns {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Nobody waits.
    package init() {}

    /// Runs `change` when all that came before are done.
    package func run<Result: Sendable, Failure: Error>(
        _ change: @Sendable () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        return try await change()
    }
}
