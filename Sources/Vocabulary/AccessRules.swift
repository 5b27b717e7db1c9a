package import Bytes

/// A set of rights, as a policy grants them on a path.
package struct CapabilitySet: OptionSet, Sendable, Hashable {
    /// One bit a right.
    package let rawValue: UInt16

    /// The set with those bits.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// To make what is not there.
    package static let create = CapabilitySet(rawValue: 1)
    /// To read.
    package static let read = CapabilitySet(rawValue: 2)
    /// To change what is there, and to act.
    package static let update = CapabilitySet(rawValue: 4)
    /// To remove.
    package static let delete = CapabilitySet(rawValue: 8)
    /// To list.
    package static let list = CapabilitySet(rawValue: 16)
    /// To change in parts.
    package static let patch = CapabilitySet(rawValue: 32)
    /// To act on the paths of operators, besides the right proper.
    package static let sudo = CapabilitySet(rawValue: 64)
    /// Nothing, whatever else is said.
    package static let deny = CapabilitySet(rawValue: 128)

    /// The two rights of which one is needed to write.
    package static let writing = CapabilitySet(rawValue: 5)

    // Written out: across modules, those that every option set has are generic code, which a request would wait for.

    /// Whether all of `other` are granted.
    package func contains(_ other: CapabilitySet) -> Bool { rawValue & other.rawValue == other.rawValue }
    /// Whether all of `other` are granted.
    package func isSuperset(of other: CapabilitySet) -> Bool { contains(other) }
    /// Whether none of `other` is granted.
    package func isDisjoint(with other: CapabilitySet) -> Bool { rawValue & other.rawValue == 0 }

    /// The set with that one right.
    package init(_ capability: Capability) {
        switch capability {
        case .create: self = .create
        case .read: self = .read
        case .update: self = .update
        case .delete: self = .delete
        case .list: self = .list
        case .patch: self = .patch
        case .sudo: self = .sudo
        }
    }
}

/// The rule that decides on one path: of everything that a caller's policies say, the most specific.
///
/// **Concurrency** does not change; shared by all requests that it decides.
package protocol AccessRule: AnyObject, Sendable {
    /// What it grants.
    var capabilities: CapabilitySet { get }
    /// The policy and the path that it was written with, for the audit entry; for instance `team-a: kv/data/*`.
    var origin: String { get }
    /// Whether anything is said about parameters: only then a body is looked at.
    var hasParameterRules: Bool { get }
    /// Whether the parameters, a JSON object or nothing, may be sent. Malformed JSON may not.
    func allows(parameters body: ByteView, maxJSONDepth: Int) -> Bool
    /// Bounds on the time that the answer must be wrapped for; 0 for none. **Units** seconds.
    var minWrapSeconds: Int { get }
    /// **Units** seconds; 0 for none.
    var maxWrapSeconds: Int { get }
}

/// All that a caller may do, compiled once.
///
/// **Concurrency** does not change. **Cost** of a look-up: no allocation.
package protocol AccessRules: AnyObject, Sendable {
    /// Whether everything is allowed.
    var isRoot: Bool { get }
    /// The one rule for a path, which is without the leading slash; nil where nothing matches. A list asks with a slash
    /// at the end of the path, and takes an exact rule without it, too.
    func rule(for path: ByteView, isList: Bool) -> (any AccessRule)?
    /// Whether something other than deny is said of the path or of anything below it; decides whether a mount is shown.
    func touches(below path: ByteView) -> Bool
}

/// Everything is allowed: what the policy root means.
package final class RootRules: AccessRules, AccessRule {
    /// The one there is.
    package static let shared = RootRules()
    package let isRoot = true
    package let capabilities: CapabilitySet = [.create, .read, .update, .delete, .list, .patch, .sudo]
    package let origin = "root"
    package let hasParameterRules = false
    package let minWrapSeconds = 0
    package let maxWrapSeconds = 0
    package func allows(parameters body: ByteView, maxJSONDepth: Int) -> Bool { true }
    package func rule(for path: ByteView, isList: Bool) -> (any AccessRule)? { self }
    package func touches(below path: ByteView) -> Bool { true }
}

/// Nothing is allowed.
package final class NoRules: AccessRules {
    /// The one there is.
    package static let shared = NoRules()
    package let isRoot = false
    package func rule(for path: ByteView, isList: Bool) -> (any AccessRule)? { nil }
    package func touches(below path: ByteView) -> Bool { false }
}
