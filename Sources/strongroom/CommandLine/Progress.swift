internal import Foundation
internal import Synchronization

/// How far long work is: a bar with rate and time left on a terminal, nothing where nobody looks.
final class Progress: Sendable {
    enum Unit: Sendable {
        case bytes
        case items(String)
    }

    private struct State {
        var lastShown: ContinuousClock.Instant?
        /// Points in time and counts of the last seconds, for a rate that follows.
        var samples: [(ContinuousClock.Instant, Int)] = []
        var isShown = false
    }

    private let console: Console
    private let total: Int?
    private let unit: Unit
    private let title: String
    private let start = ContinuousClock.now
    private let base: Int
    private let state = Mutex(State())

    /// Work of `total` items, of which `done` were done before.
    init(_ console: Console, total: Int?, done: Int = 0, unit: Unit, title: String) {
        self.console = console
        self.total = total
        self.unit = unit
        self.title = title
        base = done
    }

    /// Tells that so many are done in all.
    func update(_ done: Int) {
        guard console.terminal.errorIsInteractive else { return }
        let now = ContinuousClock.now
        let line = state.withLock { state -> String? in
            if let last = state.lastShown, now - last < .milliseconds(100) { return nil }
            state.lastShown = now
            state.samples.append((now, done))
            if state.samples.count > 50 { state.samples.removeFirst() }
            state.isShown = true
            return self.line(done, rate: rate(state, now, done))
        }
        if let line { console.hint("\r\u{1B}[K" + line) }
    }

    /// Takes the bar away.
    func finish() {
        if state.withLock({ $0.isShown }) { console.hint("\r\u{1B}[K") }
    }

    /// How many a second, from the beginning.
    func overallRate(_ done: Int) -> Double {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return seconds > 0 ? Double(done - base) / seconds : 0
    }

    private func rate(_ state: State, _ now: ContinuousClock.Instant, _ done: Int) -> Double {
        guard let first = state.samples.first, state.samples.count > 3 else { return overallRate(done) }
        let seconds = (now - first.0) / .seconds(1)
        return seconds > 0 ? Double(done - first.1) / seconds : 0
    }

    private func line(_ done: Int, rate: Double) -> String {
        let amount: (Double) -> String = { value in
            switch self.unit {
            case .bytes: Shown.bytes(value)
            case .items: Shown.count(Int(value))
            }
        }
        let suffix = if case .items(let name) = unit { " " + name } else { "" }
        let speed = amount(rate) + suffix + "/s"
        guard let total, total > 0 else {
            return "\(title)  \(amount(Double(done)))\(suffix)  \(console.styledError(speed, .dim))"
        }
        let share = min(max(Double(done) / Double(total), 0), 1)
        let left = rate > 0 ? Self.clock(Int(Double(total - done) / rate)) : "--:--"
        let numbers = "\(amount(Double(done)))/\(amount(Double(total)))\(suffix)"
        let percent = String(format: "%3d%%", Int(share * 100))
        let width = console.terminal.width - title.count - numbers.count - speed.count - left.count - percent.count - 18
        return "\(title) \(bar(share, width: min(max(width, 8), 40))) \(percent)  \(numbers)  "
            + console.styledError(speed, .dim) + "  " + console.styledError("ETA \(left)", .cyan)
    }

    private func bar(_ share: Double, width: Int) -> String {
        let eighths = Int(share * Double(width) * 8)
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let full = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        let rest = String(repeating: "·", count: max(width - full.count, 0))
        return console.styledError(full, .green) + console.styledError(rest, .dim)
    }

    /// `1:02:03` or `02:03`.
    static func clock(_ seconds: Int) -> String {
        let seconds = min(max(seconds, 0), 359_999)
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%02d:%02d", minutes, rest)
    }
}
