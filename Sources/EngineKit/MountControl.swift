package import Vocabulary

/// One mount as clients see it.
package struct MountDescription: Sendable {
    /// The path with its slash at the end.
    package var path: String
    /// The engine's type.
    package var type: String
    /// Type, underscore, 8 hex digits: a short name that stays when the mount moves.
    package var accessor: String
    /// Random, never reused.
    package var uuid: String
    /// What somebody wrote about it.
    package var about: String
    /// Default time to live of what it gives out, in seconds; 0 inherits the system's.
    package var defaultLeaseSeconds: Int
    /// The longest; 0 inherits.
    package var maxLeaseSeconds: Int
    /// Whether it stays on this cluster; kept for clients.
    package var isLocal: Bool
    /// Kept for clients; everything stored is sealed here.
    package var isSealWrapped: Bool
    /// Engine options, for instance `version`.
    package var options: [String: String]
    /// `unauth`, `hidden` or empty: whether `sys/internal/ui/mounts` shows it to everybody.
    package var listingVisibility = ""
    /// Of auth methods: `default-service`, `default-batch`, `service` or `batch`; empty is `default-service`.
    package var tokenType = ""
    /// Parameters that audit devices record in clear.
    package var plainRequestKeys: [String] = []
    /// Members of answers that audit devices record in clear.
    package var plainResponseKeys: [String] = []
    /// Request headers that the engine may see.
    package var passedRequestHeaders: [String] = []
    /// Response headers that the engine may set.
    package var allowedResponseHeaders: [String] = []
    /// Kept for clients.
    package var forcesNoCache = false

    /// Whether an auth method stands there.
    package var isAuth: Bool { path.hasPrefix("auth/") }

    /// A mount with the given values.
    package init(
        path: String, type: String, accessor: String, uuid: String, about: String, defaultLeaseSeconds: Int = 0,
        maxLeaseSeconds: Int = 0, isLocal: Bool = false, isSealWrapped: Bool = false, options: [String: String] = [:]
    ) {
        self.path = path
        self.type = type
        self.accessor = accessor
        self.uuid = uuid
        self.about = about
        self.defaultLeaseSeconds = defaultLeaseSeconds
        self.maxLeaseSeconds = maxLeaseSeconds
        self.isLocal = isLocal
        self.isSealWrapped = isSealWrapped
        self.options = options
    }
}

/// Why a mount cannot be made or ended.
package enum MountFault: WireFault, Equatable {
    /// The path is taken, or lies above or below the one named.
    case pathInUse(String)
    /// The path belongs to the house.
    case reservedPath(String)
    /// The path is not one: empty, or with parts that are not allowed.
    case malformedPath
    /// The house's own mounts stay.
    case cannotUnmount(String)
    /// There is no engine of that type, or it is one that the house mounts itself.
    case unknownType(String)
    case typeNotMountable(String)
    case typeMissing
    /// Leases that do not fit each other.
    case defaultLeaseAboveMax
    case defaultLeaseAboveSystem(maxSeconds: Int)
    /// Storage did not answer, or the random source failed.
    case storage, noRandomness

    package var faultClass: FaultClass { self == .storage || self == .noRandomness ? .unavailable : .invalidRequest }

    package var wireText: String {
        switch self {
        case .pathInUse(let path): "path is already in use at \(path)"
        case .reservedPath(let path): "cannot mount \"\(path)\""
        case .malformedPath: "mount paths are made of letters, digits, '.', '_', '-' and '/' and must not be empty"
        case .cannotUnmount(let path): "cannot unmount \"\(path)\""
        case .unknownType(let type): "plugin not found in the catalog: \(type)"
        case .typeNotMountable(let type): "mount type of \"\(type)\" is not mountable"
        case .typeMissing: "backend type must be specified as a string"
        case .defaultLeaseAboveMax: "given default lease TTL greater than given max lease TTL"
        case .defaultLeaseAboveSystem(let seconds):
            "given default lease TTL greater than system max lease TTL of \(seconds)"
        case .noRandomness: "the random source is not available; try again"
        case .storage: "storage is not available; try again"
        }
    }
}

/// What `sys/mounts` may do with mounts; supplied by the composition root.
package protocol MountControl: Sendable {
    /// All mounts, by path.
    var mounts: [MountDescription] { get }
    /// Makes a mount; `path`, `accessor` and `uuid` of the wish are filled in.
    func mount(_ wish: MountDescription) async throws(MountFault)
    /// Ends a mount and removes its data. A path where nothing is mounted is fine.
    func unmount(_ path: String) async throws(MountFault)
}
