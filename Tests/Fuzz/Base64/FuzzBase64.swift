import Bytes
import FuzzDriver
import TestAids

/// Base64 at every level of the processor, against a reference that decodes byte by byte; the input is also encoded.
@main
enum FuzzBase64 {
    private static let levels = ["scalar", "neon", "avx2", "avx512vbmi"].filter { Base64.select(level: $0) == $0 }

    private static let texts = [
        "aGVsbG8=", "aGVsbG9=", "aGVs\nbG8=\r\n", "not base64!", "!!", "aGVsbG8", "aGVsbG8==", "aGVsbG8=aGVs", "aa=",
        "_-8=", "",
        String(repeating: "QUJD", count: 64), String(repeating: "QUJD", count: 40) + "\r\nQQ=\n=",
    ]

    static func main() {
        fuzz(seeds: texts.map { Array($0.utf8) }) { start, count in
            FuzzBase64.run(ByteView(input(start, count)))
            return 0
        }
    }

    private static func run(_ bytes: ByteView) {
        let expected = ReferenceBase64.decode(bytes.array)
        let encoded = ReferenceBase64.encode(bytes.array)
        for level in levels {
            precondition(Base64.select(level: level) == level, "the level has gone")
            // Exactly the room that is asked for, so that the sanitizer sees a byte too many.
            let room = UnsafeMutablePointer<UInt8>.allocate(capacity: Base64.decodedRoom(bytes.count))
            defer { room.deallocate() }
            let length = Base64.decode(bytes, into: room)
            let outcome: ReferenceBase64.Outcome =
                length < 0 ? .fault(~length) : .bytes(Array(UnsafeBufferPointer(start: room, count: length)))
            precondition(outcome == expected, "\(level) decodes to \(outcome), the reference to \(expected)")
            var writer = ByteWriter()
            writer.append(base64: bytes)
            precondition(writer.view.string == encoded, "\(level) encodes otherwise than the reference")
        }
    }
}
