internal import Bytes
internal import Primitives
internal import Storage

/// What a commit puts at one key of the storage below.
enum RowContent: Sendable {
    /// A value to seal under the latest term.
    case value([UInt8])
    /// A row that is stored as it is and is itself sealed.
    case sealed([UInt8])
    /// A row that is stored as it is, in clear.
    case clear([UInt8])
    /// Nothing any more.
    case removed
}

/// What a commit changes, and what has to hold for it, in keys of the storage below.
struct RowChanges: Sendable {
    var changes: [(key: StorageKey, content: RowContent)] = []
    var conditions: [(key: StorageKey, condition: WriteBatch.Precondition)] = []
    /// The writer's epoch; nil for what the barrier changes, under the highest that this server has written with.
    var epoch: UInt64?
}

/// A commit that is ready for the storage below, and what is known once it went through.
struct CommitPlan: Sendable {
    var batch: WriteBatch
    /// The new marks by key; nil for a row that goes.
    var marks: [StorageKey: RowMark?] = [:]
    var manifest: Manifest
    var manifestMark: RowMark
    let terms: KeyTerms
    let root: RootKey
}

/// One row as it was committed last.
struct KnownRow: Equatable, Sendable {
    let mark: RowMark
    let revision: UInt64
}

/// What the keys in memory know of the database: made by unsealing, gone with sealing.
struct OpenDatabase: Sendable {
    var root: RootKey
    var terms: KeyTerms
    /// Every row but the manifest's.
    var rows: [StorageKey: KnownRow]
    var manifest: Manifest
    var manifestMark: RowMark
    var manifestRevision: UInt64
    /// Messages sealed under the latest term, with those of commits that failed.
    var counted: Int
    /// The highest epoch that this server has written with.
    var writerEpoch: UInt64 = 0
    /// The commit under way, and those whose outcome is not known. All build on the manifest above, so that at most
    /// one of them goes through.
    var plans: [CommitPlan] = []

    // More than this only come about when storage answers reads and loses commits; the oldest is then forgotten, and
    // should it still land, `refresh` is needed.
    private static let planLimit = 8

    mutating func add(_ plan: CommitPlan) {
        if plans.count >= Self.planLimit { plans.removeFirst() }
        plans.append(plan)
    }

    /// The plan went through.
    mutating func apply(_ plan: CommitPlan, revision: UInt64) {
        for (key, mark) in plan.marks { rows[key] = mark.map { KnownRow(mark: $0, revision: revision) } }
        if plan.terms.latest !== terms.latest { counted = plan.manifest.counted }
        (root, terms) = (plan.root, plan.terms)
        (manifest, manifestMark, manifestRevision) = (plan.manifest, plan.manifestMark, revision)
        writerEpoch = max(writerEpoch, plan.batch.epoch)
        plans = []
    }

    /// What a reader may find at a key now.
    func expectation(at key: StorageKey) -> Expectation {
        let possible = plans.compactMap { $0.marks[key] }
        return Expectation(current: rows[key], possible: possible)
    }

    /// The terms that may open what a reader finds: those of commits under way can be newer, and differ.
    var possibleTerms: [KeyTerms] { plans.isEmpty ? [terms] : plans.map(\.terms) + [terms] }

    /// The first of the conditions that does not hold.
    func failing(_ conditions: [(key: StorageKey, condition: WriteBatch.Precondition)]) -> StorageKey? {
        conditions.first { key, condition in
            switch condition {
            case .absent: rows[key] != nil
            case .revision(let wanted): rows[key]?.revision != wanted
            }
        }?.key
    }
}

/// What a reader may find at a key.
struct Expectation: Equatable {
    /// The committed row; nil for none.
    let current: KnownRow?
    /// The marks of commits under way, of which the revisions are not known yet.
    let possible: [RowMark?]

    /// Whether it may find this.
    func allows(_ found: KnownRow?) -> Bool { found == current || possible.contains(found?.mark) }
}
