internal import Bytes
internal import Primitives
internal import Storage

/// What a commit puts at one path of the storage below.
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

/// A commit that is ready for the storage below, and what is known once it went through.
struct CommitPlan: Sendable {
    var batch = WriteBatch()
    /// The new marks by path; nil for a row that goes.
    var marks: [String: RowMark?] = [:]
    var manifest: Manifest
    var manifestMark: RowMark
    let terms: KeyTerms
    let root: RootKey
}

/// One caller's batch on its way: the caller whose turn it is may do it along with its own.
// Unchecked: `result` is written and read only by those who hold the turn.
final class CommitTicket: @unchecked Sendable {
    let changes: [(path: String, content: RowContent)]
    let conditions: [(path: String, condition: WriteBatch.Precondition)]
    var result: Result<UInt64, StorageError>?

    init(_ batch: WriteBatch, prefix: String) {
        var seen: Set<String> = []
        var kept: [(path: String, content: RowContent)] = []
        // The last change of a key counts.
        for (key, value) in batch.changes.reversed() where seen.insert(key.path).inserted {
            kept.append((prefix + key.path, value.map { .value($0) } ?? .removed))
        }
        changes = kept.reversed()
        conditions = batch.preconditions.map { (prefix + $0.key.path, $0.condition) }
    }
}

/// What the keys in memory know of the database: made by unsealing, gone with sealing.
struct OpenDatabase: Sendable {
    var root: RootKey
    var terms: KeyTerms
    /// The mark of every row but the manifest's.
    var rows: [String: RowMark]
    var manifest: Manifest
    var manifestMark: RowMark
    var manifestRevision: UInt64
    /// Messages sealed under the latest term, with those of commits that failed.
    var counted: Int
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
        for (path, mark) in plan.marks { rows[path] = mark }
        if plan.terms.latest !== terms.latest { counted = plan.manifest.counted }
        (root, terms) = (plan.root, plan.terms)
        (manifest, manifestMark, manifestRevision) = (plan.manifest, plan.manifestMark, revision)
        plans = []
    }

    /// What a reader may find at a path now.
    func expectation(at path: String) -> Expectation {
        let possible = plans.compactMap { $0.marks[path] }
        return Expectation(current: rows[path], possible: possible)
    }
}

/// What a reader may find at a path.
struct Expectation: Equatable {
    /// The mark of the committed row; nil for none.
    let current: RowMark?
    /// Those of commits under way.
    let possible: [RowMark?]
}
