internal import Bytes
internal import EngineKit

/// An answer that waits for its one reader.
///
/// **Layout** of its record: format 1, path, seconds, second and nanosecond of its making, accessor, answer.
struct WrappedAnswer: Sendable {
    var answer: [UInt8]
    var path: String
    var seconds: Int
    var created: (seconds: Int, nanoseconds: Int)
    var wrappedAccessor: String

    init(_ wish: WrapWish, created: (seconds: Int, nanoseconds: Int)) {
        answer = wish.answer
        path = wish.path
        seconds = wish.seconds
        wrappedAccessor = wish.wrappedAccessor
        self.created = created
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: path)
        for number in [seconds, created.seconds, created.nanoseconds] { writer.put(number) }
        writer.put(text: wrappedAccessor)
        writer.put(bytes: answer)
        return writer.record
    }

    /// The answer of a record; nil for one that is damaged.
    init?(record: [UInt8]) {
        let read = record.withUnsafeBytes { bytes in try? Self.read(ByteView(bytes)) }
        guard let read else { return nil }
        self = read
    }

    private static func read(_ bytes: ByteView) throws(RecordFault) -> WrappedAnswer {
        var reader = try RecordReader(bytes)
        guard reader.format == 1 else { throw RecordFault() }
        let path = try reader.text()
        let seconds = try reader.int()
        let created = (try reader.int(), try reader.int())
        let accessor = try reader.text()
        let answer = try reader.view().array
        try reader.finish()
        let wish = WrapWish(answer: answer, seconds: seconds, path: path, wrappedAccessor: accessor)
        return WrappedAnswer(wish, created: created)
    }
}
