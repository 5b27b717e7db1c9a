internal import HCL

/// A value from outside of the files that wins over theirs.
struct SettingsOverride {
    let text: String
    let place: SettingsPlace
}

/// One stanza of a type, however it was written.
struct Stanza {
    let labels: [String]
    let body: HCLBody
    let file: String
    let position: HCLPosition

    var place: SettingsPlace { SettingsPlace(file, position) }
}

/// Reads the settings of one body by name, and notes what was asked for, so that the rest is known to be unknown.
///
/// **Cost** linear in the body, plus the settings asked for.
final class StanzaReader {
    let findings: SettingsFindings
    private let prefix: String
    private let items: [(file: String, item: HCLItem)]
    private var indices: [String: [Int]] = [:]
    private var known: Set<String> = []
    private var unused: Set<String> = []
    private let overrides: [String: SettingsOverride]
    let place: SettingsPlace

    init(
        _ items: [(file: String, item: HCLItem)], prefix: String, place: SettingsPlace, findings: SettingsFindings,
        overrides: [String: SettingsOverride] = [:]
    ) {
        self.items = items
        self.prefix = prefix
        self.place = place
        self.findings = findings
        self.overrides = overrides
        for (index, entry) in items.enumerated() { indices[entry.item.name, default: []].append(index) }
    }

    convenience init(
        _ stanza: Stanza, prefix: String, findings: SettingsFindings, overrides: [String: SettingsOverride] = [:]
    ) {
        self.init(
            stanza.body.items.map { (stanza.file, $0) }, prefix: prefix + ".", place: stanza.place, findings: findings,
            overrides: overrides)
    }

    func name(_ key: String) -> String { prefix + key }

    /// Where the setting was written, or the place of the stanza.
    func place(of key: String) -> SettingsPlace {
        if let override = overrides[key] { return override.place }
        return indices[key]?.last.map { SettingsPlace(items[$0].file, items[$0].item.position) } ?? place
    }

    func has(_ key: String) -> Bool { overrides[key] != nil || indices[key] != nil }

    // MARK: Single values

    /// The value that counts; JSON's `null` is none.
    private func node(_ key: String, _ expected: String) -> (kind: HCLNode.Kind, place: SettingsPlace)? {
        known.insert(key)
        if let override = overrides[key] { return (.string(override.text), override.place) }
        guard let found = indices[key], let last = found.last else { return nil }
        for (earlier, later) in zip(found, found.dropFirst()) {
            let first = SettingsPlace(items[earlier].file, items[earlier].item.position)
            let second = SettingsPlace(items[later].file, items[later].item.position)
            if items[earlier].file == items[later].file {
                findings.fail(.repeated(setting: name(key), first: first), at: second)
            } else {
                findings.warn(.superseded(setting: name(key), first: first), at: second)
            }
        }
        let place = SettingsPlace(items[last].file, items[last].item.position)
        switch items[last].item {
        case .attribute(let attribute):
            if case .null = attribute.value.kind { return nil }
            return (attribute.value.kind, SettingsPlace(items[last].file, attribute.value.position))
        case .block:
            findings.fail(.expected(setting: name(key), expected, found: "a block"), at: place)
            return nil
        }
    }

    /// The setting as `convert` understands it; what it does not understand becomes an error.
    func value<Value>(
        _ key: String, expecting expected: String, shown: (Value) -> String, _ convert: (HCLNode.Kind) -> Value?
    ) -> Value? {
        guard let (kind, place) = node(key, expected) else { return nil }
        guard let value = convert(kind) else {
            let found = LooseValue.isOddKind(kind) ? HCLNode(kind, at: HCLPosition(line: 0, column: 0)) : nil
            findings.fail(.expected(setting: name(key), expected, found: found?.description), at: place)
            return nil
        }
        findings.note(name(key), shown(value), at: place)
        return value
    }

    func text(_ key: String) -> String? {
        value(key, expecting: "a text", shown: Suggestion.shown) { LooseValue.text($0) }
    }

    func path(_ key: String) -> String? {
        value(key, expecting: "the path of a file", shown: Suggestion.shown) { kind in
            LooseValue.text(kind).flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 }
        }
    }

    func flag(_ key: String) -> Bool? {
        value(key, expecting: "true or false", shown: \.description, LooseValue.bool)
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return value(key, expecting: expected, shown: \.description) { kind in
            LooseValue.integer(kind).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Whole seconds; less than one is rounded up to one.
    func duration(_ key: String) -> Int? {
        value(
            key, expecting: "a duration such as \"30s\", \"1h30m\" or a number of seconds", shown: { "\($0) s" },
            LooseValue.seconds)
    }

    /// A duration that bounds something, so that 0, which the field reads as "no limit", leaves the default.
    func limit(seconds key: String) -> Int? {
        guard let seconds = duration(key) else { return nil }
        return checkedLimit(seconds, key)
    }

    /// A whole number that bounds something; 0 and below leave the default.
    func limit(_ key: String, atMost most: Int) -> Int? {
        guard let number = integer(key, in: -1...most) else { return nil }
        return checkedLimit(number, key)
    }

    private func checkedLimit(_ number: Int, _ key: String) -> Int? {
        if number > 0 { return number }
        findings.warn(.rule("\(name(key)): no limit at all is not offered; the default holds"), at: place(of: key))
        return nil
    }

    func choice(_ key: String, of choices: [String], aliases: [String: String] = [:]) -> String? {
        let listed = choices.map { "\"\($0)\"" }
        let expected = listed.dropLast().joined(separator: ", ") + " or " + (listed.last ?? "")
        return value(key, expecting: expected, shown: \.self) { kind in
            guard let word = LooseValue.text(kind)?.lowercased() else { return nil }
            let meant = aliases[word] ?? word
            return choices.contains(meant) ? meant : nil
        }
    }

    func list(_ key: String) -> [String]? {
        value(
            key, expecting: "a list of texts, or one text with commas",
            shown: Suggestion.shownList,
            LooseValue.list)
    }

    func secret(
        _ key: String, expecting expected: String, _ decode: ([UInt8]) -> [UInt8]?
    ) -> SecretSetting? {
        guard let (kind, place) = node(key, expected) else { return nil }
        guard case .string(let text) = kind else {
            let found = HCLNode(kind, at: HCLPosition(line: 0, column: 0)).description
            findings.fail(.expected(setting: name(key), expected, found: found), at: place)
            return nil
        }
        do throws(SettingsFault) {
            let bytes = try SecretText.resolve(text, environment: findings.environment)
            guard let secret = decode(bytes) else {
                findings.fail(.expected(setting: name(key), expected, found: nil), at: place)
                return nil
            }
            findings.note(name(key), "(secret)", at: place)
            return SecretSetting(secret)
        } catch {
            findings.fail(.rule("\(name(key)) \(error)"), at: place)
            return nil
        }
    }

    // MARK: Stanzas

    func stanzas(_ type: String, labels: Int, shape: String) -> [Stanza] {
        known.insert(type)
        var result: [Stanza] = []
        for index in indices[type] ?? [] {
            let file = items[index].file
            if case .attribute(let attribute) = items[index].item, case .null = attribute.value.kind { continue }
            let blocks = HCLBody.blocks(of: items[index].item, labels: labels)
            for block in blocks.found {
                result.append(
                    Stanza(labels: block.labels, body: block.body, file: file, position: block.position))
            }
            for position in blocks.misshapen {
                findings.fail(
                    .expected(setting: name(type), shape, found: nil), at: SettingsPlace(file, position))
            }
        }
        return result
    }

    /// The stanza of which there may be one; each further one is an error.
    func soleStanza(_ type: String, labels: Int, shape: String) -> Stanza? {
        let all = stanzas(type, labels: labels, shape: shape)
        for extra in all.dropFirst() {
            findings.fail(.repeated(setting: name(type), first: all[0].place), at: extra.place)
        }
        return all.first
    }

    // MARK: The rest

    /// Settings of the field that have no effect here: each that is there is a warning.
    func ignore(_ keys: [String]) { unused.formUnion(keys) }

    /// Warns of every setting that nobody asked for.
    func finish() {
        for (file, item) in items where !known.contains(item.name) {
            let place = SettingsPlace(file, item.position)
            let shown = name(Suggestion.shown(item.name))
            if unused.contains(item.name) {
                findings.warn(.unused(setting: shown), at: place)
            } else {
                // Past the last warning that is listed, a suggestion would be work for nobody.
                let near = findings.hasRoomForWarnings ? Suggestion.nearest(to: item.name, among: known) : nil
                findings.warn(.unknown(setting: shown, suggestion: near), at: place)
            }
        }
    }
}
