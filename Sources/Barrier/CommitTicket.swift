internal import Storage

/// One caller's batch on its way, and the caller who waits for its answer.
struct CommitTicket: Sendable {
    let rows: RowChanges
    let epoch: UInt64
    let continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>
    /// The keys that it changes or depends on.
    let touched: [StorageKey]
    /// **Units** bytes of values.
    let weight: Int

    init(_ batch: WriteBatch, _ continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>) {
        var rows = RowChanges(epoch: batch.epoch)
        var places: [StorageKey: Int] = [:]
        var weight = 0
        for (key, value) in batch.changes {
            let content = value.map { RowContent.value($0) } ?? .removed
            weight += value?.count ?? 0
            // The last change of a key counts, in the place of the first.
            if let place = places[key] {
                rows.changes[place].content = content
            } else {
                if batch.changes.count > 1 { places[key] = rows.changes.count }
                rows.changes.append((SealedStorage.stored(key), content))
            }
        }
        rows.conditions = batch.preconditions.map { (SealedStorage.stored($0.key), $0.condition) }
        self.rows = rows
        epoch = batch.epoch
        self.continuation = continuation
        self.weight = weight
        touched = rows.changes.map(\.key) + rows.conditions.map(\.key)
    }

    func answer(_ result: Result<UInt64, StorageError>) { continuation.resume(returning: result) }
}

/// The batches that wait for the next commit.
struct CommitLine: Sendable {
    /// What goes through as one batch, and what has to wait for the one after it.
    struct Group {
        var tickets: [CommitTicket] = []
        var rest: [CommitTicket] = []
    }

    var tickets: [CommitTicket] = []
    /// Whether a task commits what waits, and will see what comes meanwhile.
    var isServed = false

    // So many batches, changes or bytes go through at once.
    private static let groupLimit = 1024
    private static let changeLimit = 4096
    private static let byteLimit = 8 << 20

    /// The first of the tickets, and those after it that neither change nor depend on what one before them changes. All
    /// are under way at once, so that nobody is promised an order.
    static func group(_ tickets: [CommitTicket]) -> Group {
        var group = Group()
        var taken: Set<StorageKey> = []
        var (changes, bytes) = (0, 0)
        for ticket in tickets {
            let isLast = group.tickets.count >= groupLimit || changes >= changeLimit || bytes >= byteLimit
            let sharesEpoch = group.tickets.first.map { $0.epoch == ticket.epoch } ?? true
            if isLast || !sharesEpoch || ticket.touched.contains(where: taken.contains) {
                group.rest.append(ticket)
            } else {
                group.tickets.append(ticket)
                taken.formUnion(ticket.rows.changes.map(\.key))
                changes += ticket.rows.changes.count
                bytes += ticket.weight
            }
        }
        return group
    }
}
