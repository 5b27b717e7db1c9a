internal import Dispatching
internal import NIOCore
internal import Vocabulary

extension ConnectionHandler {
    /// A body that brings less than this within the read timeout has stopped coming.
    private static let leastProgressBytes = 1024

    /// Called twice a second: cuts off what has taken too long.
    func checkTimeouts() {
        let limits = listener.limits
        guard !isBlocked else { return checkWriting() }
        switch phase {
        case .fresh:
            if hasPassed(limits.headTimeoutSeconds) { context?.close(promise: nil) }
        case .idle:
            if hasPassed(limits.idleTimeoutSeconds) { context?.close(promise: nil) }
        case .head:
            if hasPassed(limits.headTimeoutSeconds) { timeOut() }
        case .body:
            // A body may make progress for ever, a thousand bytes at a time.
            if hasPassed(limits.maxRequestSeconds, since: began) { return timeOut() }
            guard hasPassed(limits.readTimeoutSeconds) else { return }
            let received = work?.block.count ?? 0
            if received - progress < Self.leastProgressBytes { return timeOut() }
            (progress, since) = (received, loop.now)
        case .sending: checkWriting()
        case .closing:
            guard isOutputDone else { return checkWriting() }
            if hasPassed(loop.configuration.lingerSeconds) { context?.close(promise: nil) }
        case .answering, .holding, .closed: break
        }
    }

    /// The server stops: a connection at rest ends now, any other with its answer.
    func stop() {
        guard phase == .idle || phase == .fresh else { return }
        beginClosing(lingering: false)
        flushOutbound()
    }

    /// Ends the connection, whatever it is doing.
    func abandon() { context?.close(promise: nil) }

    private func timeOut() {
        fail(.timedOut)
        flushOutbound()
    }

    private func hasPassed(_ seconds: Int, since start: NIODeadline? = nil) -> Bool {
        // The start may lie one sweep before the truth; nobody is cut off early for that.
        loop.now - (start ?? since) >= .seconds(Int64(seconds)) + loop.sweepInterval
    }

    private func checkWriting() {
        let waiting = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let moved = sent - waiting
        if moved != progress {
            (progress, since) = (moved, loop.now)
        } else if hasPassed(listener.limits.writeTimeoutSeconds) {
            context?.close(promise: nil)
        }
    }
}
