/// Times by the clock, as cron writes them: minute, hour, day of month, month, day of week; in UTC.
///
/// Lists, ranges, steps, `*`, names of months and days, and `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. As
/// in cron, when both kinds of day are given, either will do.
struct RotationSchedule: Sendable, Equatable {
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let anyDay: Bool
    private let anyWeekday: Bool

    private static let shorthand = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Reads a schedule; nil for what is none.
    init?(_ text: String) {
        let spelled = Self.shorthand[text.lowercased()] ?? text
        let fields = spelled.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.lowercased() }
        guard fields.count == 5, text.utf8.count <= 256, let minutes = Self.set(fields[0], 0...59, []),
            let hours = Self.set(fields[1], 0...23, []), let days = Self.set(fields[2], 1...31, []),
            let months = Self.set(fields[3], 1...12, Self.monthNames),
            let weekdays = Self.set(fields[4], 0...7, Self.dayNames)
        else { return nil }
        (self.minutes, self.hours, self.days, self.months) = (minutes, hours, days, months)
        // Sunday has two numbers.
        self.weekdays = weekdays | weekdays >> 7 & 1
        anyDay = fields[2].hasPrefix("*")
        anyWeekday = fields[4].hasPrefix("*")
        guard next(after: 0) != nil else { return nil }
    }

    private static func set(_ field: String, _ range: ClosedRange<Int>, _ names: [String]) -> UInt64? {
        var result: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = halves.first, let step = halves.count == 2 ? Int(halves[1]) : 1, step > 0, step < 100
            else { return nil }
            var (low, high) = (range.lowerBound, range.upperBound)
            if first != "*" {
                let ends = first.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                guard let from = number(ends[0], range, names) else { return nil }
                low = from
                high = halves.count == 2 ? high : from
                if ends.count == 2 {
                    guard let to = number(ends[1], range, names), to >= from else { return nil }
                    high = to
                }
            }
            for value in stride(from: low, through: high, by: step) { result |= 1 << UInt64(value) }
        }
        return result == 0 ? nil : result
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>, _ names: [String]) -> Int? {
        if let name = names.firstIndex(of: String(text)) { return name + range.lowerBound }
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let value = Int(text), range.contains(value) else {
            return nil
        }
        return value
    }

    /// The first time after `unixSeconds` that is on the schedule; nil when there is none in eight years.
    func next(after unixSeconds: Int) -> Int? {
        guard unixSeconds >= 0, unixSeconds < 200_000_000_000 else { return nil }
        let start = unixSeconds / 60 + 1
        var day = start / 1440
        var minute = start % 1440
        for _ in 0..<(366 * 8 + 1) {
            if matches(day: day) {
                while minute < 1440 {
                    if hours >> UInt64(minute / 60) & 1 == 0 {
                        minute = (minute / 60 + 1) * 60
                    } else if minutes >> UInt64(minute % 60) & 1 == 0 {
                        minute += 1
                    } else {
                        return (day * 1440 + minute) * 60
                    }
                }
            }
            day += 1
            minute = 0
        }
        return nil
    }

    private func matches(day: Int) -> Bool {
        let (month, dayOfMonth) = Self.civil(day)
        // 1970-01-01 was a Thursday.
        let weekday = (day + 4) % 7
        guard months >> UInt64(month) & 1 == 1 else { return false }
        let isDay = days >> UInt64(dayOfMonth) & 1 == 1
        let isWeekday = weekdays >> UInt64(weekday) & 1 == 1
        if anyDay || anyWeekday { return (anyDay || isDay) && (anyWeekday || isWeekday) }
        return isDay || isWeekday
    }

    /// Month and day of a day counted from 1970-01-01. **Source** Hinnant, “chrono-compatible low-level date
    /// algorithms”.
    private static func civil(_ day: Int) -> (month: Int, day: Int) {
        let shifted = day + 719_468
        let day400 = shifted % 146_097
        let year = (day400 - day400 / 1460 + day400 / 36_524 - day400 / 146_096) / 365
        let dayOfYear = day400 - (365 * year + year / 4 - year / 100)
        let fifth = (5 * dayOfYear + 2) / 153
        return (fifth < 10 ? fifth + 3 : fifth - 9, dayOfYear - (153 * fifth + 2) / 5 + 1)
    }
}
