internal import Synchronization

/// How far a mount has come from version 1 to version 2.
///
/// **Layout** of the entry at `path`, format 1: one integer, the stage. Without it the mount is at `plain`; every write
/// of version 1 is on the condition that it is not there, so that none is lost when the change begins.
final class LayoutState: Sendable {
    /// The stages, in their order.
    enum Stage: Int, Sendable {
        /// The secrets are those of version 1, or there are none.
        case plain
        /// They are being changed, one after the other.
        case upgrading
        /// They have versions.
        case versioned
    }

    static let path = "layout"

    private let value = Atomic<Int>(0)
    private let working = Atomic<Bool>(false)

    /// The stage.
    var stage: Stage {
        get { Stage(rawValue: value.load(ordering: .acquiring)) ?? .upgrading }
        set { value.store(newValue.rawValue, ordering: .releasing) }
    }

    /// True for the one who is to do the work now.
    func begin() -> Bool { !working.exchange(true, ordering: .acquiringAndReleasing) }

    /// The work is over, done or not.
    func end() { working.store(false, ordering: .releasing) }

    /// Whether somebody works.
    var isWorking: Bool { working.load(ordering: .acquiring) }
}
