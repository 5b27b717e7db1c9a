import Dispatching
import Foundation
import HTTPAPI
import Synchronization
import Testing
import Vocabulary

/// Frames by hand, through `openssl s_client`.
final class FrameClient {
    private let tool: RunningTool
    private(set) var taken = 0

    init(_ port: Int, settings: [UInt8] = []) throws {
        tool = try RunningTool(
            "openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "h2", "-quiet", "-ign_eof"])
        tool.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(4, 0, 0, settings))
    }

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
            + (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * $0)) } + payload
    }

    /// A header block without compression: literals that are not indexed. **Source** RFC 7541 §6.2.2.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in
            [0] + Self.literal(name) + Self.literal(value)
        }
    }

    private static func literal(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var length: [UInt8] = [127]
        var rest = bytes.count - 127
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    static func request(_ path: String, method: String = "GET", _ more: [(String, String)] = []) -> [UInt8] {
        block([(":method", method), (":scheme", "https"), (":path", path), (":authority", "h")] + more)
    }

    func send(_ bytes: [UInt8]) { tool.send(bytes) }

    /// The next frame that is neither settings nor ping nor window update; nil at the end.
    func next() -> (type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])? {
        while true {
            let from = taken
            guard tool.wait(for: from + 9) else { return nil }
            let head = Array(tool.received[from..<from + 9])
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard tool.wait(for: from + 9 + length) else { return nil }
            taken = from + 9 + length
            if [4, 6, 8].contains(head[3]) { continue }
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return (head[3], head[4], stream, Array(tool.received[from + 9..<taken]))
        }
    }

    /// Whether the server ends the connection; the error code of the last GOAWAY.
    func goodbye() -> (hasEnded: Bool, code: UInt8?) {
        var code: UInt8?
        while let frame = next() { if frame.type == 7, frame.payload.count >= 8 { code = frame.payload[7] } }
        return (tool.ends(), code)
    }
}

@Suite(.timeLimit(.minutes(2))) struct HTTP2Tests {
    @Test func largeBodiesBothWays() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
        try await withTLSServer { (port, folder, _) throws in
            for path in ["/sum", "/task/sum"] {
                let sent = try curl(port, folder, ["--http2", "--data-binary", "@-", "URL\(path)"], input: body)
                let wanted = path == "/sum" ? "3000000 \(EchoAnswering.sum(body))\n2 200" : "2 200"
                #expect(sent.output.hasSuffix(wanted), "\(sent.errors)")
            }
            for path in ["/large", "/task/large"] {
                let file = folder.path + "/answer"
                let got = try curl(port, folder, ["--http2", "-o", file, "URL\(path)?2500000"])
                #expect(got.output == "\n2 200", "\(got.errors)")
                let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
                #expect(Array(bytes) == (0..<2_500_000).map { UInt8(truncatingIfNeeded: ($0 & 255) &* 7) })
            }
            let head = try curl(port, folder, ["--http2", "-I", "URL/large?1000000"])
            #expect(
                head.output.contains("content-length: 1000000\r\n") && head.output.contains("cache-control: no-store"))
            #expect(head.output.contains("content-type: application/octet-stream") && head.output.contains("\ndate: "))
        }
    }

    @Test func manyRequestsAtOnceOnOneConnection() async throws {
        try await withTLSServer { (port, folder, _) throws in
            let many = try tool(
                "curl",
                ["-sS", "--cacert", folder.authority, "--http2", "-Z", "--parallel-max", "50"]
                    + (0..<200).flatMap {
                        ["https://127.0.0.1:\(port)/\($0 % 3 == 0 ? "slow" : "fast")/\($0)", "-o", "-"]
                    })
            #expect(many.status == 0, "\(many.errors)")
            for number in 0..<200 {
                #expect(many.output.contains("get|/\(number % 3 == 0 ? "slow" : "fast")/\(number)|||||"))
            }
        }
    }

    @Test func bodiesThatAreTooLargeOrUnwantedAreRefused() async throws {
        let answering = EchoAnswering()
        try await withTLSServer(answering, configuration: changing { $0.limits.maxRequestBytes = 100_000 }) {
            (port, folder, _) throws in
            let large = [UInt8](repeating: 65, count: 100_001)
            let announced = try curl(port, folder, ["--http2", "--data-binary", "@-", "URL/a"], input: large)
            #expect(announced.output.hasSuffix("\n2 413"), "\(announced)")
            let unannounced = try curl(port, folder, ["--http2", "-T", "-", "URL/a"], input: large)
            #expect(unannounced.output.hasSuffix("\n2 413"), "\(unannounced)")
            let fits = try curl(port, folder, ["--http2", "-T", "-", "URL/sum"], input: Array(large.dropLast()))
            #expect(fits.output.hasPrefix("100000 ") && fits.output.hasSuffix("\n2 200"))
            let refused = try curl(
                port, folder, ["--http2", "--data-binary", "@-", "URL/refused"], input: Array(large.prefix(50_000)))
            #expect(refused.output == "no\n2 403", "\(refused)")
        }
        #expect(answering.refusalsAsked.load(ordering: .relaxed) == 3)
    }

    @Test func faultsEndTheStreamAndNotTheConnection() async throws {
        try await withTLSServer { (port, _, _) throws in
            let client = try FrameClient(port)
            var stream: UInt32 = 1
            for bad in [
                FrameClient.request("a"), FrameClient.request("/a b"),
                FrameClient.request("/", [("x-vault-token", "\u{1}")]),
                FrameClient.request("/", (0..<130).map { ("x-\($0)", "y") }),
                FrameClient.request("/", [("x-vault-token", "a"), ("x-vault-token", "b")]),
            ] {
                client.send(FrameClient.frame(1, 5, stream, bad))
                let answer = client.next()
                // An answer with a status of 400 or 431, or a reset by the library.
                #expect(
                    answer?.stream == stream && (answer?.type == 1 || answer?.type == 3),
                    "\(String(describing: answer))")
                if answer?.type == 1 { #expect(client.next()?.type == 0) }
                stream += 2
            }
            client.send(FrameClient.frame(1, 5, stream, FrameClient.request("/fine", method: "LIST")))
            #expect(client.next()?.type == 1)
            #expect(client.next().map { String(decoding: $0.payload, as: UTF8.self) } == "list|/fine|||||")
        }
    }

    @Test func floodsEndTheConnection() async throws {
        let answering = EchoAnswering()
        try await withTLSServer(answering) { (port, folder, server) throws in
            // Streams that are opened and reset at once.
            let resets = try FrameClient(port)
            for number in 0..<400 {
                let stream = UInt32(number * 2 + 1)
                resets.send(
                    FrameClient.frame(1, 5, stream, FrameClient.request("/slow"))
                        + FrameClient.frame(3, 0, stream, [0, 0, 0, 8]))
            }
            let reset = resets.goodbye()
            #expect(reset.hasEnded && reset.code == 11)
            // Headers that are continued for ever.
            let continued = try FrameClient(port)
            continued.send(FrameClient.frame(1, 1, 1, FrameClient.request("/a")))
            for _ in 0..<50 { continued.send(FrameClient.frame(9, 0, 1, FrameClient.block([("x", "y")]))) }
            let continuation = continued.goodbye()
            #expect(continuation.hasEnded)
            // A header list past the limit.
            let long = try FrameClient(port)
            let filler = String(repeating: "z", count: 15_000)
            long.send(FrameClient.frame(1, 1, 1, FrameClient.request("/a")))
            for _ in 0..<4 { long.send(FrameClient.frame(9, 0, 1, FrameClient.block([("x", filler)]))) }
            long.send(FrameClient.frame(9, 4, 1, FrameClient.block([("x", filler)])))
            #expect(long.goodbye().hasEnded)
            // Pings, and empty data.
            let pings = try FrameClient(port)
            for _ in 0..<1500 { pings.send(FrameClient.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])) }
            #expect(pings.goodbye().hasEnded)
            let empty = try FrameClient(port)
            empty.send(FrameClient.frame(1, 4, 1, FrameClient.request("/a", method: "POST")))
            for _ in 0..<50 { empty.send(FrameClient.frame(0, 0, 1)) }
            #expect(empty.goodbye().hasEnded)
            // And no HTTP/2 at all.
            let nonsense = try RunningTool(
                "openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "h2", "-quiet", "-ign_eof"])
            nonsense.send(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            #expect(nonsense.ends())
            #expect(try curl(port, folder, ["--http2", "URL/a"]).output.hasSuffix("2 200"))
            for _ in 0..<300 where server.connectionCount > 0 { pause(milliseconds: 10) }
            #expect(server.connectionCount == 0)
        }
        #expect(answering.starts.load(ordering: .relaxed) <= 202)
    }

    @Test func noMoreStreamsThanAreAllowed() async throws {
        try await withTLSServer(configuration: changing { $0.maxConcurrentStreams = 3 }) { (port, _, _) throws in
            let client = try FrameClient(port)
            for number in 0..<5 {
                client.send(FrameClient.frame(1, 5, UInt32(number * 2 + 1), FrameClient.request("/slow")))
            }
            var (answers, refusals) = (0, 0)
            for _ in 0..<8 {
                guard let frame = client.next() else { break }
                if frame.type == 1 { answers += 1 }
                if frame.type == 3 { refusals += 1 }
            }
            #expect(answers == 3 && refusals == 2)
        }
    }

    @Test func theBodiesOfAConnectionAreBoundedTogether() async throws {
        let limited: (inout HTTPServerConfiguration) -> Void = { $0.limits.maxRequestBytes = 100_000 }
        try await withTLSServer(configuration: limited) { (port, _, _) throws in
            let client = try FrameClient(port)
            let data = [UInt8](repeating: 65, count: 15_000)
            // Bodies that are done with, by an answer or a fault, do not count.
            for stream in stride(from: UInt32(1), to: 17, by: 2) {
                client.send(FrameClient.frame(1, 4, stream, FrameClient.request("/sum", method: "POST")))
                for _ in 0..<5 { client.send(FrameClient.frame(0, 0, stream, data)) }
                client.send(FrameClient.frame(0, 1, stream, [UInt8](repeating: 65, count: 15_000)))
                #expect(client.next()?.type == 1)
                #expect(client.next().map { String(decoding: $0.payload, as: UTF8.self) }?.hasPrefix("90000 ") == true)
            }
            var resets: [UInt8] = []
            for stream in stride(from: UInt32(17), to: 29, by: 2) {
                client.send(FrameClient.frame(1, 4, stream, FrameClient.request("/sum", method: "POST")))
                for _ in 0..<6 { client.send(FrameClient.frame(0, 0, stream, data)) }
            }
            for _ in 0..<1 { if let frame = client.next(), frame.type == 3 { resets = frame.payload } }
            #expect(resets == [0, 0, 0, 11])
        }
    }

    @Test func slowBodiesAndClientsThatDoNotReadAreCutOff() async throws {
        let slow: (inout HTTPServerConfiguration) -> Void = {
            $0.limits.readTimeoutSeconds = 1
            $0.limits.writeTimeoutSeconds = 1
            $0.limits.idleTimeoutSeconds = 2
        }
        try await withTLSServer(configuration: slow) { (port, _, server) throws in
            // The client's window is 10 bytes: it takes no answer.
            let client = try FrameClient(port, settings: [0, 4, 0, 0, 0, 10])
            client.send(FrameClient.frame(1, 4, 1, FrameClient.request("/a", method: "POST")))
            client.send(FrameClient.frame(1, 5, 3, FrameClient.request("/large?1000000")))
            var resets: Set<UInt32> = []
            var headers: Set<UInt32> = []
            for _ in 0..<20 {
                guard let frame = client.next() else { break }
                if frame.type == 1 { headers.insert(frame.stream) }
                if frame.type == 3 { resets.insert(frame.stream) }
                if resets.count == 2 { break }
            }
            #expect(headers == [1, 3] && resets == [1, 3])
            #expect(client.goodbye().hasEnded)
        }
        try await withTLSServer(configuration: changing { $0.limits.maxRequestSeconds = 1 }) { (port, _, _) throws in
            let client = try FrameClient(port)
            client.send(FrameClient.frame(1, 4, 1, FrameClient.request("/sum", method: "POST")))
            for _ in 0..<16 {
                client.send(FrameClient.frame(0, 0, 1, [UInt8](repeating: 65, count: 2000)))
                pause(milliseconds: 100)
            }
            #expect(client.next()?.type == 1)
            #expect(client.next().map { String(decoding: $0.payload, as: UTF8.self) } == "timedOut")
        }
    }
}
