import Bytes
import Dispatching
import Glibc
import Synchronization
import Vocabulary

/// Stands for the house: echoes what it was given, and does by its path what a test needs.
final class EchoAnswering: RequestAnswering {
    let answers = Atomic<Int>(0)
    let tasks = Atomic<Int>(0)
    /// Requests that were seen, answered or not.
    let starts = Atomic<Int>(0)
    let refusalsAsked = Atomic<Int>(0)

    func answer(_ request: WireRequest, into body: inout ByteWriter) -> WireReply? {
        if request.path.hasPrefix("/task") || request.path.hasPrefix("/slow") { return nil }
        // In the loop, as a slow signature is.
        if request.path.hasPrefix("/busy") { usleep(request.path.hasPrefix("/busy/est") ? 300_000 : 20_000) }
        answers.add(1, ordering: .relaxed)
        starts.add(1, ordering: .relaxed)
        return reply(request, into: &body)
    }

    func answerInTask(_ request: WireRequest, into body: inout ByteWriter) async -> WireReply {
        tasks.add(1, ordering: .relaxed)
        starts.add(1, ordering: .relaxed)
        if request.path.hasPrefix("/slow") {
            let path = request.path
            let pause = path.hasPrefix("/slow/endless") ? 60_000 : path.hasPrefix("/slow/est") ? 3000 : 150
            try? await Task.sleep(for: .milliseconds(pause))
        }
        return reply(request, into: &body)
    }

    func refuse(_ head: WireRequest, into body: inout ByteWriter) -> WireReply? {
        refusalsAsked.add(1, ordering: .relaxed)
        guard head.path.equals("/refused") else { return nil }
        body.append("no")
        return WireReply(status: 403)
    }

    func reply(to fault: ProtocolFault, into body: inout ByteWriter) -> WireReply {
        body.append(text: "\(fault)")
        let status =
            switch fault {
            case .malformed, .invalidHeaderValue: 400
            case .headerTooLarge, .tooManyHeaderLines: 431
            case .bodyTooLarge: 413
            case .unsupported: 501
            case .timedOut: 408
            case .unrecorded: 500
            }
        return WireReply(status: status, contentType: "text/plain")
    }

    private func reply(_ request: WireRequest, into body: inout ByteWriter) -> WireReply {
        if request.path.equals("/empty") { return WireReply(status: 204, contentType: nil) }
        if request.path.equals("/nothing") { return WireReply(status: 200, contentType: nil) }
        if request.path.hasPrefix("/large") || request.path.hasPrefix("/task/large") {
            let count = Int(request.query.string) ?? 0
            let pattern = (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            body.reserve(count)
            pattern.withUnsafeBytes { bytes in
                let view = ByteView(bytes)
                for start in stride(from: 0, to: count, by: 256) { body.append(view.slice(0, count - start)) }
            }
            return WireReply(status: 200, contentType: "application/octet-stream")
        }
        if request.path.equals("/remote") {
            body.append(text: request.remote.text)
            return WireReply(status: 200)
        }
        if request.path.hasPrefix("/sum") {
            body.append(decimal: request.body.count)
            body.append(" ")
            body.append(decimal: Self.sum(request.body.array))
            return WireReply(status: 200)
        }
        body.append(text: "\(request.method)|\(request.path.string)|\(request.query.string)|")
        body.append(text: "\(request.token.string)|\(request.namespace.string)|")
        body.append(text: "\(request.isForm ? "form" : "")\(request.isMergePatch ? "patch" : "")|")
        body.append(request.body)
        return WireReply(status: 200)
    }

    static func sum(_ bytes: [UInt8]) -> Int {
        var sum = 1
        for byte in bytes { sum = (sum &* 31 &+ Int(byte)) & 0xFFFF_FFFF }
        return sum
    }
}
