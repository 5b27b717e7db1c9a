import Bytes
import Dispatching
import FuzzDriver

@testable import HTTPAPI

/// Chunked bodies. **Layout** of an input: `split(1) ‖ bytes`.
///
/// A body that arrives in pieces must come to the same data as one that arrives at once, and keep to the limit.
@main
enum FuzzChunkedBody {
    private static let bodies = [
        "5\r\nhello\r\n0\r\n\r\n", "1;a=b\r\nx\r\n00\r\nTrailer: v\r\n\r\nnext",
        "a\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n", "0\r\n\r\n", "5\r\nhel", "-1\r\n", "3E8\r\n", "1\nx\n0\n\n",
    ]

    private static let limit = 1000

    static func main() {
        fuzz(seeds: bodies.flatMap { [[0] + Array($0.utf8), [3] + Array($0.utf8)] }) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzChunkedBody.run(bytes.dropFirst(1), step: Int(bytes[0]) % 17)
            return 0
        }
    }

    private struct Outcome: Equatable {
        var data: [UInt8] = []
        var used = 0
        var isComplete = false
        var isFailed = false
    }

    private static func run(_ bytes: ByteView, step: Int) {
        let whole = decode(bytes, step: max(bytes.count, 1))
        precondition(whole.data.count <= limit && whole.used <= bytes.count, "more than there is, or than is allowed")
        precondition(!(whole.isComplete && whole.isFailed), "complete and broken")
        precondition(step == 0 || decode(bytes, step: step) == whole, "pieces come to something else")
    }

    private static func decode(_ bytes: ByteView, step: Int) -> Outcome {
        var decoder = ChunkedDecoder(limit: limit)
        var outcome = Outcome()
        do throws(ProtocolFault) {
            while outcome.used < bytes.count, !decoder.isComplete {
                let piece = bytes.slice(outcome.used, step)
                let used = try decoder.decode(piece) { outcome.data += $0.array }
                precondition(used > 0 && used <= piece.count, "no progress")
                precondition(used == piece.count || decoder.isComplete, "stopped before the end")
                outcome.used += used
            }
            outcome.isComplete = decoder.isComplete
        } catch {
            // How far it got before the fault depends on the pieces; the data before it does not.
            (outcome.used, outcome.isFailed) = (0, true)
        }
        return outcome
    }
}
