internal import EngineKit
internal import Storage

/// What there is.
extension TokenStore {
    /// The token that a lease's id ends with; nil for ids of other leases.
    static func leaseDigest(_ leaseID: String) -> TokenDigest? {
        guard let slash = leaseID.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let name = leaseID[leaseID.utf8.index(after: slash)...]
        return name.hasPrefix("h") ? TokenDigest(hex: String(name.dropFirst())) : nil
    }

    /// The lease with that id; nil when no token that ends has it.
    func lease(_ leaseID: String) async throws(TokenError) -> LeaseFacts? {
        guard let digest = Self.leaseDigest(leaseID), let known = try await live(digest, now: now()),
            known.entry.hasLease, known.entry.path + "/h" + known.id == leaseID
        else { return nil }
        let entry = known.entry
        return LeaseFacts(
            leaseID: leaseID, issuedUnixSeconds: entry.issued, expiresUnixSeconds: entry.expires,
            renewedUnixSeconds: entry.renewed, isRenewable: entry.isRenewable)
    }

    /// The ids of leases of tokens below `prefix` (empty or ending with a slash), one level of them: names, and with a
    /// slash at the end what is a folder. In byte order. **Cost** one page of storage per name.
    func listLeases(below prefix: String, limit: Int = .max) async throws(TokenError) -> [String] {
        let folder = Self.paths + prefix
        var result: [String] = []
        var cursor: String?
        while result.count < limit {
            let page = try await listed(under: folder, after: cursor, limit: 100)
            guard let last = page.last else { break }
            var next = last
            for path in page {
                let rest = path.dropFirst(folder.count)
                guard let slash = rest.firstIndex(of: "/") else {
                    result.append(String(rest))
                    continue
                }
                result.append(String(rest[...slash]))
                // On behind everything in the folder: U+10FFFF is the last of all in byte order.
                next = folder + rest[...slash] + "\u{10FFFF}"
                break
            }
            cursor = next
        }
        return result
    }

    /// The accessors of all service tokens. **Cost** reads as many records.
    package func allAccessors() async throws(TokenError) -> [String] {
        var result: [String] = []
        var cursor: String?
        while true {
            let page = try await entries(under: Self.accessors, after: cursor, limit: 2_000)
            guard let last = page.last else { return result.sorted() }
            for stored in page {
                if let (_, accessor) = Self.readAccessor(stored.entry.value) { result.append(accessor) }
            }
            cursor = last.key.path
        }
    }
}
