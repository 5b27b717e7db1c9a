internal import EngineKit
internal import Synchronization

/// What there is.
extension LeaseManager {
    /// A lease as it is recorded; nil when there is none.
    package func lookup(_ leaseID: String) async throws(LeaseError) -> LeaseRecord? {
        guard let id = LeaseIdentifier(leaseID), let page = try page(of: id) else { return nil }
        return try await store().leases(on: page).first { $0.id == leaseID }
    }

    private func page(of id: LeaseIdentifier) throws(LeaseError) -> UInt32? {
        let (isReady, page) = state.withLock { state in
            (state.isReady, state.book.index.find(id).map { state.book.index.slots[Int($0)].page })
        }
        guard isReady else { throw .notReady }
        return page
    }

    /// The names right below a prefix, sorted, like those of a directory: folders end with a slash. At most `limit`,
    /// after the name `after`.
    package func list(below prefix: String, after: String = "", limit: Int = 100_000) throws(LeaseError) -> [String] {
        let folder = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
        let (isReady, names) = state.withLock { state in
            (state.isReady, state.book.names(right: folder, after: after, limit: limit))
        }
        guard isReady else { throw .notReady }
        return names
    }

    /// How many leases there are.
    package var count: Int { state.withLock { $0.book.count } }

    /// How many leases there are of a path, or below it when it ends with a slash. **Cost** one look-up for a path, a
    /// walk over all paths that have leases for a prefix.
    package func count(of path: String) -> Int {
        state.withLock { state in
            path.hasSuffix("/")
                ? state.book.index.paths(below: path).reduce(0) { $0 + $1.count }
                : state.book.index.count(ofPath: path)
        }
    }

    /// How the mounts do that have leases.
    package func lanes() -> [(lane: LeaseBook.Lane, leases: Int, failing: Int)] {
        state.withLock { $0.book.laneReports() }
    }

    /// The leases that could not be ended yet, by name, at most `limit`.
    package func queue(limit: Int = 1000) -> [QueuedLease] {
        state.withLock { state in
            state.book.troubles.map { QueuedLease(leaseID: state.book.index.id($0.key), trouble: $0.value) }
        }.sorted { $0.leaseID < $1.leaseID }.prefix(max(limit, 0)).map { $0 }
    }
}
