internal import StrongroomClient

/// What a check found.
struct Finding {
    enum Level: String {
        case fine
        case warning
        case wrong
    }

    let level: Level
    let what: String
    let detail: String
    /// What to do about it.
    var next: String?

    static func fine(_ what: String, _ detail: String) -> Finding { Finding(level: .fine, what: what, detail: detail) }

    static func warning(_ what: String, _ detail: String, next: String) -> Finding {
        Finding(level: .warning, what: what, detail: detail, next: next)
    }

    static func wrong(_ what: String, _ detail: String, next: String) -> Finding {
        Finding(level: .wrong, what: what, detail: detail, next: next)
    }

    func show(_ console: Console) {
        let mark =
            switch level {
            case .fine: console.styled("ok     ", .green)
            case .warning: console.styled("warning", .yellow)
            case .wrong: console.styled("wrong  ", .boldRed)
            }
        let gap = String(repeating: " ", count: max(20 - what.count, 1))
        console.say("\(mark)  \(what)\(gap)\(Shown.harmless(detail))")
        if let next { console.say(String(repeating: " ", count: 29) + console.styled("→ ", .cyan) + next) }
    }

    static func document(_ findings: [Finding]) -> JSONNode {
        .array(
            findings.map { finding in
                var node: JSONNode = [
                    "level": .string(finding.level.rawValue), "check": .string(finding.what),
                    "detail": .string(finding.detail),
                ]
                if let next = finding.next { node["next"] = .string(next) }
                return node
            })
    }
}
