extension LeaseBook {
    /// The names right below `folder`, which is empty or ends with a slash; sorted by bytes.
    func names(right folder: String, after: String, limit: Int) -> [String] {
        var names: Set<String> = []
        for path in index.paths(below: folder) {
            if path.text + "/" == folder {
                for number in index.leases(ofPath: path) { names.insert(index.slots[Int(number)].suffix.text) }
            } else {
                let rest = path.text.utf8.dropFirst(folder.utf8.count)
                let segment = rest.prefix { $0 != UInt8(ascii: "/") }
                names.insert(String(decoding: segment, as: UTF8.self) + "/")
            }
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let rest = after.isEmpty ? sorted[...] : sorted.drop { !after.utf8.lexicographicallyPrecedes($0.utf8) }
        return Array(rest.prefix(max(limit, 0)))
    }

    /// The numbers of the leases that a prefix names: a lease, or everything below a folder.
    func leases(below prefix: String) -> [UInt32] {
        if let id = LeaseIdentifier(prefix), let number = index.find(id) { return [number] }
        return index.paths(below: prefix.hasSuffix("/") ? prefix : prefix + "/").flatMap { index.leases(ofPath: $0) }
    }
}
