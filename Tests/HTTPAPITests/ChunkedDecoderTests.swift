import Bytes
import Dispatching
import Testing

@testable import HTTPAPI

/// Decodes a text in pieces of `step` bytes: the data, and how many bytes were used; nil data when it is not complete.
private func decode(_ text: String, step: Int, limit: Int = 1000) throws -> (data: String?, used: Int) {
    var decoder = ChunkedDecoder(limit: limit)
    let bytes = Array(text.utf8)
    var data: [UInt8] = []
    var used = 0
    while used < bytes.count, !decoder.isComplete {
        let end = min(used + step, bytes.count)
        used += try bytes[used..<end].withUnsafeBytes { raw throws(ProtocolFault) in
            try decoder.decode(ByteView(raw)) { data += $0.array }
        }
    }
    return (decoder.isComplete ? String(decoding: data, as: UTF8.self) : nil, used)
}

@Suite struct ChunkedDecoderTests {
    @Test(
        arguments: [
            ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("0\r\n\r\n", ""), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("00A\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
            ("a;x=y;z\r\n0123456789\r\n0;last\r\n\r\n", "0123456789"),
            ("2\r\n\r\n\r\n0\r\nX-Trailer: a\tb\r\nY: c\r\n\r\n", "\r\n"),
        ], [1, 2, 3, 7, 1000])
    func bodiesInAnyPieces(pair: (String, String), step: Int) throws {
        let (data, used) = try decode(pair.0 + "NEXT", step: step)
        #expect(data == pair.1)
        #expect(used == pair.0.utf8.count)
    }

    @Test(arguments: ["5\r\nhello\r\n0\r\n", "5\r\nhel", "", "5", "5\r\nhello\r\n0\r\nX: y\r\n"])
    func incompleteBodiesWait(text: String) throws {
        #expect(try decode(text, step: 1).data == nil)
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", " 5\r\n", "5 \r\nhello", "5\nhello", "5\r\nhelloX", "5\r\nhello\n",
        "5\r\nhello\rX", "0x5\r\n", "5;\u{0}\r\n", "5;a\nhello\r\n", "0\r\n X: y\r\n\r\n",
        "0\r\nX: \u{1}\r\n\r\n", "0\r\n\n",
        "0\r\n\rX", "0\r\nX: y\n", "00000000000000005\r\nhello\r\n",
    ])
    func whatIsNotAChunkIsRefused(text: String) {
        for step in [1, 1000] {
            do {
                _ = try decode(text, step: step)
                Issue.record("accepted: \(text.debugDescription)")
            } catch {
                guard case .malformed = error as? ProtocolFault else {
                    Issue.record("\(error): \(text.debugDescription)")
                    return
                }
            }
        }
    }

    @Test func tooLargeIsSaidAtTheSize() {
        for text in ["3E9\r\n", "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "1\r\na\r\n3E8\r\n"] {
            #expect(throws: ProtocolFault.bodyTooLarge(limit: 1000)) { _ = try decode(text, step: 1) }
        }
        #expect(throws: Never.self) { _ = try decode("3E8\r\n", step: 1) }
    }

    @Test func extensionsAndTrailersAreBounded() {
        let long = String(repeating: "a", count: 10_000)
        #expect(throws: ProtocolFault.self) { _ = try decode("1;\(long)\r\na\r\n0\r\n\r\n", step: 100) }
        #expect(throws: ProtocolFault.self) { _ = try decode("1\r\na\r\n0\r\nX: \(long)\r\n\r\n", step: 100) }
        let many = String(repeating: "1;aaaaaaaaa\r\nb\r\n", count: 500)
        #expect(throws: ProtocolFault.self) { _ = try decode(many, step: 100) }
    }

    @Test func mutatedBodiesNeverTrap() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            var bytes = Array("5;a=b\r\nhello\r\n1F\r\n0123456789012345678901234567890\r\n0\r\nX: y\r\n\r\n".utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) { random.mutate(&bytes) }
            var decoder = ChunkedDecoder(limit: 100)
            var total = 0
            bytes.withUnsafeBytes { raw in
                let used = (try? decoder.decode(ByteView(raw)) { total += $0.count }) ?? 0
                #expect(used <= bytes.count && total <= 100, "seed \(seed)")
            }
        }
    }
}
