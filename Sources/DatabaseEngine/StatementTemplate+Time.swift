internal import Bytes

extension StatementTemplate {
    /// A time as statements have it: `2026-11-23 11:52:11+0000`; for 0, a time that never comes.
    static func expiration(_ unixSeconds: Int) -> String {
        var writer = ByteWriter(capacity: 32)
        guard unixSeconds > 0, TimestampText.append(seconds: unixSeconds, nanoseconds: 0, to: &writer) else {
            return "infinity"
        }
        let text = writer.view.string
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + "+0000"
    }
}
