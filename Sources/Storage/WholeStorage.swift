/// Gives entries one after the other, and then nil.
package typealias EntryIterator = () -> StoredEntry?

/// Entries that can be gone through again and again.
package protocol EntrySource: Sendable {
    /// Begins with the first.
    func iterator() -> EntryIterator
}

/// Storage that can be read and replaced as a whole: what backups need of it.
package protocol WholeStorage: StorageBackend {
    /// Reads every entry in byte order of the keys, as of one moment, and hands them on in pages of some MiB. Commits
    /// go on meanwhile. Throws also what `page` throws, which ends the reading.
    func readAll(
        _ page: @escaping @Sendable ([StoredEntry]) throws(StorageError) -> Void
    ) async throws(StorageError)
    /// Replaces everything by the entries that `entries` gives, one after the other until nil; all or nothing, durable
    /// on return. `entries` may be called again for a new try. The entries get the revision of this commit,
    /// which change feeds tell as `.missed`; the epoch stays.
    func replaceAll(by entries: any EntrySource) async throws(StorageError)
}

extension InMemoryStorage: WholeStorage {}
