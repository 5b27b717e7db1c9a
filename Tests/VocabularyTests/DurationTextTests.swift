import Testing
import Vocabulary

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "Whole seconds and numbers with units become seconds, cut towards zero",
        arguments: [
            ("0", 0), ("3600", 3600), ("-5", -5), ("+5", 5), ("1s", 1), ("90s", 90), ("1m", 60), ("1h", 3600),
            ("1h30m", 5400),
            ("2d", 172_800), ("1d1h1m1s", 90_061), ("1500ms", 1), ("999ms", 0), ("250us", 0), ("250µs", 0),
            ("1000000000ns", 1),
            ("1.5h", 5400), (".5m", 30), ("1.h", 3600), ("-1h", -3600), ("-1500ms", -1), ("+2m", 120), ("0s", 0),
            ("1m1m", 120),
        ])
    func durations(_ text: String, _ seconds: Int) {
        #expect(DurationText.seconds(text) == seconds)
    }

    @Test(
        "What is no duration, or too long, is refused",
        arguments: [
            "", " ", "s", "-", "+", ".", ".s", "1x", "1 h", "h1", "1h ", " 1h", "1h-30m", "--1h", "1e3s", "1..5h",
            "1.2.3s",
            "1H", "1hour", "9999999999999999999", "9999999999999999999h", "1\u{0}s", "٣s", "inf", "nan", "0x10s",
            "0.0000000000000000000000000000000001s",
        ])
    func refused(_ text: String) {
        #expect(DurationText.seconds(text) == nil)
    }
}
