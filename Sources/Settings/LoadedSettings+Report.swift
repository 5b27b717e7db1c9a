extension LoadedSettings {
    /// Whether a server would start with it, as far as the configuration goes.
    package var isValid: Bool { settings != nil }

    /// What `operator validate-config` prints: a table of what was understood, then the warnings and the errors.
    package var report: String {
        let rows = [("setting", "value", "from")] + understood.map { ($0.name, $0.value, "\($0.place)") }
        // One very long value must not push all the others off the screen.
        let (first, second) = (rows.map { $0.0.count }.max() ?? 0, min(rows.map { $0.1.count }.max() ?? 0, 48))
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(width - text.count, 0))
        }
        var lines = rows.map { "\(padded($0.0, first))  \(padded($0.1, second))  \($0.2)" }
        lines.append("")
        lines += warnings.map { "warning: \($0)" }
        lines += errors.map { "error: \($0)" }
        let (failed, warned) = (Self.counted(errors.count, "error"), Self.counted(warnings.count, "warning"))
        lines.append(
            isValid ? "The configuration is valid; \(warned)." : "The configuration is not valid: \(failed), \(warned)."
        )
        return lines.joined(separator: "\n") + "\n"
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count == 0 ? "no" : "\(count)") \(noun)\(count == 1 ? "" : "s")"
    }
}
