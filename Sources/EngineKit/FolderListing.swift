package import Storage

/// One page of a folder.
package struct FolderPage: Sendable, Equatable {
    /// Names in byte order; those of folders end with a slash.
    package var names: [String] = []
    /// Whether more names follow.
    package var isCut = false

    /// A page of nothing.
    package init() {}
}

extension StorageView {
    /// The names in `folder` (a path that ends with a slash, or nothing), one level, after `cursor`, at most `limit`.
    ///
    /// **Cost** for a page of plain names, a read of that many keys; folders are jumped over, so that what they hold
    /// hardly matters.
    package func names(
        in folder: String, after cursor: String? = nil, limit: Int
    ) async throws(StorageError) -> FolderPage {
        var page = FolderPage()
        var position = cursor.map { Self.jumping(folder, over: $0) }
        var chunk = 64
        while true {
            let wanted = Swift.min(Swift.max(limit - page.names.count, 0) + 1, chunk)
            let paths = try await list(under: folder, after: position, limit: wanted)
            guard let last = paths.last else { return page }
            let before = page.names.count
            for path in paths {
                let name = Self.firstStep(StorageKey(path).dropping(folder)?.path ?? path)
                // Paths that sort behind what was jumped over, but belong to it.
                if let known = page.names.last ?? cursor, StorageKey(name) <= StorageKey(known) { continue }
                if page.names.count >= limit {
                    page.isCut = true
                    return page
                }
                page.names.append(name)
            }
            let jump = (page.names.last ?? cursor).map { Self.jumping(folder, over: $0) } ?? last
            position = Swift.max(StorageKey(last), StorageKey(jump)).path
            chunk = page.names.count - before >= paths.count / 2 ? Swift.min(chunk * 2, 4096) : 64
        }
    }

    /// The place behind a name: behind all that a folder holds, for one that ends with a slash.
    private static func jumping(_ folder: String, over name: String) -> String {
        // No character of UTF-8 sorts behind U+10FFFF.
        folder + name + (name.utf8.last == UInt8(ascii: "/") ? "\u{10FFFF}\u{10FFFF}" : "")
    }

    private static func firstStep(_ path: String) -> String {
        path.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? path
    }
}
