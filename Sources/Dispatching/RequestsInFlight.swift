internal import Bytes
package import EngineKit
internal import Glibc
internal import Synchronization
internal import Vocabulary

/// The requests that are being worked on by tasks. Those that an event loop answers at once are over before anybody
/// could ask for them, and are not counted.
///
/// **Concurrency** one short lock at the beginning and the end of a request. Paths are cut to 256 bytes.
package final class RequestsInFlight: Sendable {
    private struct State {
        var next = 0
        var running: [Int: RequestInFlight] = [:]
    }

    private let state = Mutex(State())

    /// None.
    package init() {}

    /// What is running now, the oldest first.
    package var all: [RequestInFlight] {
        state.withLock { $0.running.sorted { $0.key < $1.key }.map(\.value) }
    }

    func begin(_ request: WireRequest) -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let entry = RequestInFlight(
            id: "", method: "\(request.method)".uppercased(), path: request.path.slice(0, 256).string,
            clientAddress: request.client.address.text, startedUnixSeconds: time.tv_sec,
            startedNanoseconds: time.tv_nsec)
        return state.withLock { state in
            state.next += 1
            state.running[state.next] = entry
            state.running[state.next]?.id = String(state.next)
            return state.next
        }
    }

    func end(_ number: Int) { state.withLock { $0.running[number] = nil } }
}
