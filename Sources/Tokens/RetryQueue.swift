/// Tokens out of use whose belongings are still to be ended, and what the clean-up has on its mind.
struct RetryQueue {
    /// Longest pause between two attempts. **Units** ticks, which are seconds.
    private static let longestPause = 64

    /// Whether the ends of tokens are still to be read from storage.
    var isLoading = false
    /// Where that reading is.
    var loadCursor: String?
    /// Whether a tick is under way.
    var isTicking = false
    private var waiting: [String: (attempts: Int, pause: Int)] = [:]

    /// How many there are.
    var count: Int { waiting.count }

    /// Adds a token, or notes one more failure; the pauses double.
    mutating func add(_ id: String) {
        let attempts = (waiting[id]?.attempts ?? -1) + 1
        waiting[id] = (attempts, min(1 << min(attempts, 6), Self.longestPause))
    }

    mutating func remove(_ id: String) { waiting[id] = nil }

    /// Lets a tick pass; those whose pause is over, at most `limit`.
    mutating func ready(limit: Int) -> [String] {
        var result: [String] = []
        for (id, state) in waiting {
            if state.pause > 1 {
                waiting[id]?.pause -= 1
            } else if result.count < limit {
                result.append(id)
            }
        }
        return result
    }
}
