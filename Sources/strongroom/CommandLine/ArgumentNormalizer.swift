internal import ArgumentParser

/// Makes the field's way of writing options into ours: `-field=x` into `--field=x`, `-force=false` into nothing.
enum ArgumentNormalizer {
    /// The words as the parser wants them. `isFlag` says of a long name whether it is a flag and can be inverted; it is
    /// only asked when a word looks like a flag with a value.
    static func normalized(
        _ words: [String], flags: (String) -> FlagKind?
    ) -> [String] {
        var result: [String] = []
        for (at, word) in words.enumerated() {
            if word == "--" { return result + words[at...] }
            guard let name = longName(word) else {
                result.append(word)
                continue
            }
            let long = word.hasPrefix("--") ? word : "-" + word
            guard let equals = long.firstIndex(of: "="), let isOn = truth(long[long.index(after: equals)...]),
                let kind = flags(name)
            else {
                result.append(long)
                continue
            }
            if isOn {
                result.append("--" + name)
            } else if kind == .invertible {
                result.append("--no-" + name)
            }
        }
        return result
    }

    /// What a flag can be.
    enum FlagKind {
        case simple
        case invertible
    }

    /// `field` of `-field`, `--field` and `-field=x`; nil for everything else, `-h` and numbers among it.
    private static func longName(_ word: String) -> String? {
        guard word.hasPrefix("-") else { return nil }
        let body = word.drop { $0 == "-" }
        let dashes = word.count - body.count
        let name = body.prefix { $0 != "=" }
        guard dashes <= 2, name.count >= 2, let first = name.first, first.isASCII, first.isLetter,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { return nil }
        return String(name)
    }

    private static func truth(_ text: Substring) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "t": true
        case "false", "0", "f": false
        default: nil
        }
    }
}
