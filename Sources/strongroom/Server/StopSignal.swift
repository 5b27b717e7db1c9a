internal import Foundation
internal import Synchronization

/// Waits for SIGINT or SIGTERM.
// Unchecked: the sources are kept alive and never touched after init.
final class StopSignal: @unchecked Sendable {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    private final class Asked: Sendable {
        private let flag = Atomic<Bool>(false)

        func isSecond() -> Bool { flag.exchange(true, ordering: .relaxed) }
    }

    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        let asked = Asked()
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Asked twice, it does not wait for the slowest client.
                if asked.isSecond() { _exit(130) }
                continuation.finish()
            }
            source.resume()
            return source
        }
    }

    func wait() async {
        for await _ in stream {}
    }
}
