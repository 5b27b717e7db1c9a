internal import KeyRings

/// Messages counted in advance for the items of one request; those that are not sealed in the end are given back.
struct UsageGrant: Sendable {
    private let ring: KeyRing
    // Set when every item wants the latest version: then it is not looked up for each.
    private var onlyVersion: Unmanaged<KeyVersion>?
    // Versions whose limit the request would pass: their items fail, nothing was counted for them.
    private var exhausted: [Int] = []
    /// Whether messages of the latest version were counted.
    private(set) var hasCountedLatest = false

    /// Counts the items; nil when storage must hold a larger reservation first (then nothing is counted).
    init?(_ ring: KeyRing, _ work: BatchWork) {
        self.ring = ring
        // Nothing will be sealed: each item is refused in its turn.
        if ring.settings.isSoftDeleted { return }
        guard work.missingKeyVersions(ring).isEmpty else { return nil }
        if work.wantsOnlyLatest {
            guard take(ring.latest, UInt64(work.items.count)) else { return nil }
            onlyVersion = ring.newest
            return
        }
        var taken: [(KeyVersion, UInt64)] = []
        for (version, messages) in Self.demand(of: work, on: ring) {
            guard take(version, messages) else {
                for (version, messages) in taken { version.usage.giveBack(messages) }
                return nil
            }
            if !exhausted.contains(version.number) { taken.append((version, messages)) }
        }
    }

    /// How many messages the items ask of each version; items whose version cannot encrypt ask nothing.
    static func demand(of work: BatchWork, on ring: KeyRing) -> [(KeyVersion, UInt64)] {
        var demand: [Int: (KeyVersion, UInt64)] = [:]
        for item in work.items {
            guard let version = try? ring.encryptionVersion(item.keyVersion) else { continue }
            demand[version.number, default: (version, 0)].1 += 1
        }
        return Array(demand.values)
    }

    private mutating func take(_ version: KeyVersion, _ messages: UInt64) -> Bool {
        switch version.usage.take(messages, limit: ring.messageLimit) {
        case .needsReservation: return false
        case .exhausted: exhausted.append(version.number)
        case .counted: if version === ring.latest { hasCountedLatest = true }
        }
        return true
    }

    /// Lends the version that seals an item; throws when it may not or has no messages left.
    @inline(__always)
    func withVersion(
        _ requested: Int, _ body: (KeyVersion) throws(KeyRingError) -> Void
    ) throws(KeyRingError) {
        if let onlyVersion, exhausted.isEmpty { return try onlyVersion.use(body) }
        let version = try ring.encryptionVersion(requested)
        try check(version)
        try body(version)
    }

    /// What seals items that hold nothing but a plaintext; nil where they are not all sealed alike.
    func sealingRun() -> SealingRun? {
        guard onlyVersion != nil, exhausted.isEmpty else { return nil }
        let number = ring.latest.number
        return SealingRun(
            ring.latest, settings: ring.settings, head: "{\"ciphertext\":\"",
            tail: "\",\"key_version\":\(number),\"reference\":\"\"}")
    }

    /// Throws when the version has no messages left.
    @inline(__always)
    private func check(_ version: KeyVersion) throws(KeyRingError) {
        if !exhausted.isEmpty && exhausted.contains(version.number) {
            throw .usageExhausted(limit: ring.settings.usageLimits.refuse)
        }
    }

    /// Takes back the message of an item that was not sealed.
    func giveBack(_ requestedVersion: Int) {
        guard let version = try? ring.encryptionVersion(requestedVersion), !exhausted.contains(version.number) else {
            return
        }
        version.usage.giveBack(1)
    }
}

extension KeyRing {
    /// The most messages that one version may seal.
    var messageLimit: UInt64 {
        settings.isBoundByNonces ? UInt64(max(settings.usageLimits.refuse, 1)) : UInt64(1 << 62)
    }
}

extension Transit {
    /// After the messages are sealed: asks for rotation where the count calls for it, and words the warning.
    func finish(_ ring: KeyRing, _ grant: UsageGrant) -> [String] {
        let limits = ring.settings.usageLimits
        guard ring.settings.isBoundByNonces, grant.hasCountedLatest else { return [] }
        // Read again: items that failed have been given back.
        let count = ring.latest.usage.messages
        if limits.rotate > 0 && count >= UInt64(limits.rotate) { rotateSoon(ring) }
        guard limits.warn > 0, count >= UInt64(limits.warn) else { return [] }
        return [
            "version \(ring.latest.number) of this key has encrypted \(count) messages (usage_warn "
                + "\(limits.warn), usage_refuse \(limits.refuse)); rotate the key"
        ]
    }
}
