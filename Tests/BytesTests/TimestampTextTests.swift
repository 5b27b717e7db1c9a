import Bytes
import Foundation
import TestAids
import Testing

@Suite("Times as text")
struct TimestampTextTests {
    private func parsed(_ text: String) -> [Int]? {
        withView(text) { TimestampText.parse($0) }.map { [$0.seconds, $0.nanoseconds] }
    }

    private func written(_ seconds: Int, _ nanoseconds: Int) -> String? {
        var writer = ByteWriter()
        let isWritten = TimestampText.append(seconds: seconds, nanoseconds: nanoseconds, to: &writer)
        #expect(isWritten || writer.count == 0)
        return isWritten ? writer.view.string : nil
    }

    @Test(
        "Times are read to the nanosecond and written in UTC, without zeros behind the fraction",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0, "0001-01-01T00:00:00Z"),
            ("2026-11-23T11:34:44.469710284Z", 1_795_433_684, 469_710_284, "2026-11-23T11:34:44.469710284Z"),
            ("2026-11-23T11:34:44.500Z", 1_795_433_684, 500_000_000, "2026-11-23T11:34:44.5Z"),
            ("2026-11-23T11:34:44.000000001Z", 1_795_433_684, 1, "2026-11-23T11:34:44.000000001Z"),
            ("2026-11-23T11:34:44.0Z", 1_795_433_684, 0, "2026-11-23T11:34:44Z"),
            ("2026-11-23T13:04:44+01:30", 1_795_433_684, 0, "2026-11-23T11:34:44Z"),
            ("2026-11-22T11:35:44-23:59", 1_795_433_684, 0, "2026-11-23T11:34:44Z"),
            ("1969-12-31T23:59:59.9Z", -1, 900_000_000, "1969-12-31T23:59:59.9Z"),
            ("0000-01-01T00:00:00Z", -62_167_219_200, 0, "0000-01-01T00:00:00Z"),
            ("0000-02-29T00:00:00Z", -62_162_121_600, 0, "0000-02-29T00:00:00Z"),
            ("2000-02-29T12:00:00Z", 951_825_600, 0, "2000-02-29T12:00:00Z"),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
        ])
    func times(_ text: String, _ seconds: Int, _ nanoseconds: Int, _ canonical: String) {
        #expect(parsed(text) == [seconds, nanoseconds])
        #expect(written(seconds, nanoseconds) == canonical)
    }

    @Test(
        "What is no time, or lies in no year of four digits, is refused",
        arguments: [
            "", "2026", "2026-11-23", "2026-11-23T11:34:44", "2026-11-23 11:34:44Z", "2026-11-23t11:34:44Z",
            "2026-11-23T11:34:44z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00+0000", "2026-01-01T00:00:00ZZ", "-026-01-01T00:00:00Z",
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "12026-01-01T00:00:00Z", "2026-1-01T00:00:00Z",
        ])
    func refused(_ text: String) { #expect(parsed(text) == nil) }

    @Test("Numbers that are no time are not written")
    func unwritable() {
        for seconds in [Int.min, -62_167_219_201, 253_402_300_800, .max] { #expect(written(seconds, 0) == nil) }
        for nanoseconds in [Int.min, -1, 1_000_000_000, .max] { #expect(written(0, nanoseconds) == nil) }
    }

    @Test("What is written is what another calendar says, and reads back", arguments: Seeds.all)
    func calendar(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            // Foundation's calendar turns Julian before 1582, so the comparison starts later than the round trip.
            let seconds = random.int(-62_167_219_200...253_402_300_799)
            let nanoseconds = random.oneIn(3) ? 0 : random.int(0...999_999_999)
            let text = try #require(written(seconds, nanoseconds))
            #expect(parsed(text) == [seconds, nanoseconds])
            if seconds > -12_000_000_000 {
                let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
                #expect(text.prefix(19) == date.prefix(19))
            }
        }
    }

    @Test("Changed and cut times never trap and read nothing outside", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 64)
        let text = Array("2026-11-23T11:34:44.469710284+01:00".utf8)
        for length in 0...text.count {
            memory.withView(Array(text[..<length])) { view in
                #expect((TimestampText.parse(view) == nil) == (length < text.count))
            }
        }
        for _ in 0..<5000 {
            memory.withView(random.mutated(text, alphabet: Array("0123456789-+:.TZ".utf8))) { view in
                guard let (seconds, nanoseconds) = TimestampText.parse(view) else { return }
                #expect(written(seconds, nanoseconds) != nil)
            }
        }
    }
}
