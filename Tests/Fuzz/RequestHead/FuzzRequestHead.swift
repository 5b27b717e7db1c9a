import Bytes
import Dispatching
import FuzzDriver

@testable import HTTPAPI

/// Heads of requests. **Layout** of an input: `split(1) ‖ bytes`.
///
/// A head that arrives in pieces must come to the same as one that arrives at once, and stay inside its bytes.
@main
enum FuzzRequestHead {
    private static let heads = [
        "GET /v1/sys/health HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/transit/encrypt/k?a=b&list=true HTTP/1.1\r\nHost: a\r\nX-Vault-Token: t\r\nContent-Length: "
            + "5\r\n\r\nhello",
        "PUT http://a/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer t\r\n\r\n",
        "LIST /v1/x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        "\r\nPATCH * HTTP/1.1\r\nhost:a\r\nExpect: 100-continue\r\nConnection: close, "
            + "upgrade\r\nX-Vault-Namespace: n\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Type: application/merge-patch+json; x=y\r\nContent-Length: 1\r\n\r\n",
        "\u{16}\u{3}",
    ]

    static func main() {
        fuzz(seeds: heads.flatMap { [[0] + Array($0.utf8), [7] + Array($0.utf8)] }) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzRequestHead.run(bytes.dropFirst(1), step: Int(bytes[0]) % 17)
            return 0
        }
    }

    private static let limit = 2048

    private static func run(_ bytes: ByteView, step: Int) {
        let whole = outcome(bytes, step: 0)
        precondition(step == 0 || isSame(outcome(bytes, step: step), whole), "pieces come to something else")
        guard case .success(let head?) = whole else { return }
        precondition(head.count <= bytes.count && head.count <= limit, "a head longer than its bytes")
        for span in [head.path, head.query, head.token, head.namespace] {
            precondition(
                span.offset >= 0 && span.count >= 0 && span.offset + span.count <= head.count, "a span outside")
        }
        let request = head.request(in: bytes, body: .empty)
        precondition(request.path.firstIndex(of: 0x20) == nil && request.token.firstIndex(of: 0x0A) == nil)
        if case .length(let length) = head.framing { precondition(length >= 0, "a negative length") }
    }

    // Which fault is found first may depend on the pieces only for what is wrong in more than one way.
    private static func isSame(
        _ left: Result<RequestHead?, ProtocolFault>, _ right: Result<RequestHead?, ProtocolFault>
    ) -> Bool {
        switch (left, right) {
        case (.success(let left), .success(let right)): left == right
        case (.failure, .failure): true
        default: false
        }
    }

    private static func outcome(_ bytes: ByteView, step: Int) -> Result<RequestHead?, ProtocolFault> {
        var parser = RequestHeadParser(limit: limit)
        var known = step == 0 ? bytes.count : 0
        do throws(ProtocolFault) {
            while true {
                if let head = try parser.parse(bytes.slice(0, known)) { return .success(head) }
                if known >= bytes.count { return .success(nil) }
                known = min(known + step, bytes.count)
            }
        } catch {
            return .failure(error)
        }
    }
}
