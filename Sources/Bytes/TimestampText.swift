/// Points in time as text, to the nanosecond, in UTC; a time is seconds since 1970 and nanoseconds on top.
///
/// The years are 0000 to 9999 of the Gregorian calendar reckoned backwards; without leap seconds.
/// **Source** RFC 3339 §5.6.
package enum TimestampText {
    /// 0001-01-01T00:00:00Z, which the field's servers write for "never".
    package static let zeroSeconds = -62_135_596_800
    private static let earliest = -62_167_219_200
    private static let latest = 253_402_300_799

    /// The time that `text` spells, at any offset from UTC and with at most 9 digits of a fraction; nil for everything
    /// else, and for what lies in no year that can be written.
    package static func parse(_ text: ByteView) -> (seconds: Int, nanoseconds: Int)? {
        guard let year = number(text, 0, 4), text[4] == UInt8(ascii: "-"), let month = number(text, 5, 2),
            text[7] == UInt8(ascii: "-"), let day = number(text, 8, 2), text[10] == UInt8(ascii: "T"),
            let hour = number(text, 11, 2), text[13] == UInt8(ascii: ":"), let minute = number(text, 14, 2),
            text[16] == UInt8(ascii: ":"), let second = number(text, 17, 2),
            (1...12).contains(month), day >= 1, day <= lastDay(year, month), hour < 24, minute < 60, second < 60,
            let (nanoseconds, end) = fraction(text, at: 19), let offset = offset(text.dropFirst(end))
        else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds >= earliest && seconds <= latest ? (seconds, nanoseconds) : nil
    }

    /// Appends the time, the fraction without zeros at its end; false, and nothing appended, for nanoseconds that are
    /// no part of a second or a year of more than four digits.
    package static func append(seconds: Int, nanoseconds: Int, to output: inout ByteWriter) -> Bool {
        guard seconds >= earliest, seconds <= latest, nanoseconds >= 0, nanoseconds < 1_000_000_000 else {
            return false
        }
        // Counted from the earliest time, nothing is negative.
        let elapsed = seconds - earliest
        let (year, month, day) = civil(elapsed / 86_400)
        let second = elapsed % 86_400
        append(year, digits: 4, then: "-", &output)
        append(month, digits: 2, then: "-", &output)
        append(day, digits: 2, then: "T", &output)
        append(second / 3600, digits: 2, then: ":", &output)
        append(second / 60 % 60, digits: 2, then: ":", &output)
        append(second % 60, digits: 2, then: nanoseconds == 0 ? "Z" : ".", &output)
        guard nanoseconds > 0 else { return true }
        var (rest, digits) = (nanoseconds, 9)
        while rest % 10 == 0 { (rest, digits) = (rest / 10, digits - 1) }
        append(rest, digits: digits, then: "Z", &output)
        return true
    }

    private static func append(_ value: Int, digits: Int, then mark: StaticString, _ output: inout ByteWriter) {
        output.append(room: digits) { out in
            var rest = value
            for index in stride(from: digits - 1, through: 0, by: -1) {
                out[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
        output.append(mark)
    }

    /// The value of exactly `count` digits, or nil.
    private static func number(_ text: ByteView, _ at: Int, _ count: Int) -> Int? {
        var value = 0
        for index in at..<at + count {
            let byte = text[index]
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    private static func fraction(_ text: ByteView, at start: Int) -> (nanoseconds: Int, end: Int)? {
        guard text[start] == UInt8(ascii: ".") else { return (0, start) }
        var count = 0
        while count < 10, number(text, start + 1 + count, 1) != nil { count += 1 }
        guard (1...9).contains(count), var value = number(text, start + 1, count) else { return nil }
        for _ in count..<9 { value *= 10 }
        return (value, start + 1 + count)
    }

    /// The seconds by which local time is ahead of UTC.
    private static func offset(_ text: ByteView) -> Int? {
        if text.equals("Z") { return 0 }
        let isBehind = text[0] == UInt8(ascii: "-")
        guard text.count == 6, isBehind || text[0] == UInt8(ascii: "+"), let hours = number(text, 1, 2),
            text[3] == UInt8(ascii: ":"), let minutes = number(text, 4, 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func lastDay(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. A year that starts in March has its leap day at the end, and months of 153 days in five.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // 400 years more, so that nothing is negative: 146,097 days.
        let shifted = (month <= 2 ? year - 1 : year) + 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 146_097 - 719_468
    }

    /// The date that lies `elapsed` days, none of them negative, after 0000-01-01.
    private static func civil(_ elapsed: Int) -> (year: Int, month: Int, day: Int) {
        // 0000-03-01 is day 60; 400 years more, as above.
        let shifted = elapsed - 60 + 146_097
        let day400 = shifted % 146_097
        let year400 = (day400 - day400 / 1460 + day400 / 36_524 - day400 / 146_096) / 365
        let dayOfYear = day400 - (365 * year400 + year400 / 4 - year400 / 100)
        let fifth = (5 * dayOfYear + 2) / 153
        let month = fifth < 10 ? fifth + 3 : fifth - 9
        let year = shifted / 146_097 * 400 + year400 - 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * fifth + 2) / 5 + 1)
    }
}
