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
    /// Of auth methods: when names are locked out.
    package var lockout = LockoutSettings()

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

/// What is to change of a mount; nil stays.
package struct MountTuning: Sendable, Equatable {
    /// **Units** seconds; 0 inherits the system's.
    package var defaultLeaseSeconds: Int?
    /// **Units** seconds; 0 inherits the system's.
    package var maxLeaseSeconds: Int?
    /// What is written about it.
    package var about: String?
    /// Options that are set; the others stay.
    package var options: [String: String]?
    /// As in `MountDescription`.
    package var listingVisibility: String?
    /// As in `MountDescription`.
    package var tokenType: String?
    /// As in `MountDescription`.
    package var plainRequestKeys: [String]?
    /// As in `MountDescription`.
    package var plainResponseKeys: [String]?
    /// As in `MountDescription`.
    package var passedRequestHeaders: [String]?
    /// As in `MountDescription`.
    package var allowedResponseHeaders: [String]?
    /// As in `MountDescription`.
    package var forcesNoCache: Bool?
    /// What is set of it; the rest stays.
    package var lockout: LockoutSettings?

    /// Nothing changes.
    package init() {}
}

/// Why a mount cannot be made, changed, moved or ended. Paths are as the client knows them: those of auth methods
/// without `auth/`.
package enum MountFault: WireFault, Equatable {
    /// The path is taken, or lies above or below the one named.
    case pathInUse(String)
    /// The path belongs to the house.
    case reservedPath(String)
    /// The path is not one: empty, or with parts that are not allowed.
    case malformedPath
    /// The house's own mounts stay, where they are.
    case cannotUnmount(String)
    case tokenMethodStays
    case cannotRemount(String)
    /// There is no engine of that type, or it is one that the house mounts itself.
    case unknownType(String)
    case typeNotMountable(String)
    case typeMissing
    /// Leases that do not fit each other.
    case defaultLeaseAboveMax
    case defaultLeaseAboveSystem(maxSeconds: Int)
    /// Settings that are none, or not of this kind of mount.
    case unknownVisibility, unknownTokenType, tokenTypeOfSecrets
    case lockoutOfSecrets, malformedLockout
    case lockoutNotOffered(String)
    case cannotDowngrade
    /// Nothing is mounted there.
    case nothingToTune(String)
    case nothingToMove(String)
    /// Something is mounted where a mount is to go.
    case existingMount(String)
    /// Secrets become no auth methods, nor the other way round.
    case movedAcrossKinds
    /// What the mount gave out cannot be taken back now; the mount stays. The text is the lease keeper's.
    case leases(String)
    /// Requests that use the mount do not end; it stays.
    case stillInUse
    /// Storage did not answer, or the random source failed.
    case storage, noRandomness

    package var faultClass: FaultClass {
        switch self {
        case .storage, .noRandomness, .stillInUse: .unavailable
        case .leases: .internal
        default: .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .pathInUse(let path): "path is already in use at \(path)"
        case .reservedPath(let path): "cannot mount \"\(path)\""
        case .malformedPath: "mount paths are made of letters, digits, '.', '_', '-' and '/' and must not be empty"
        case .cannotUnmount(let path): "cannot unmount \"\(path)\""
        case .tokenMethodStays: "token credential backend cannot be disabled"
        case .cannotRemount(let path): "cannot remount \"\(path)\""
        case .unknownType(let type): "plugin not found in the catalog: \(type)"
        case .typeNotMountable(let type): "mount type of \"\(type)\" is not mountable"
        case .typeMissing: "backend type must be specified as a string"
        case .defaultLeaseAboveMax: "given default lease TTL greater than given max lease TTL"
        case .defaultLeaseAboveSystem(let seconds):
            "given default lease TTL greater than system max lease TTL of \(seconds)"
        case .unknownVisibility: "invalid listing_visibility: it is unauth, hidden or empty"
        case .unknownTokenType:
            "invalid value for 'token_type': it is default-service, default-batch, service or batch"
        case .tokenTypeOfSecrets: "'token_type' can only be modified on auth mounts"
        case .lockoutOfSecrets: "'user_lockout_config' can only be modified on auth mounts"
        case .malformedLockout:
            "invalid 'user_lockout_config': lockout_threshold, lockout_duration and lockout_counter_reset_duration "
                + "must not be negative"
        case .lockoutNotOffered(let type): "auth methods of type \"\(type)\" lock nobody out"
        case .cannotDowngrade: "cannot downgrade mount from version 2"
        case .nothingToTune(let path): "cannot fetch sysview for path \"\(path)\""
        case .nothingToMove(let path): "no matching mount at \"\(path)\""
        case .existingMount(let path): "existing mount at \"\(path)\""
        case .movedAcrossKinds: "cannot remount between auth methods and secrets engines"
        case .leases(let text): "cannot revoke what the mount has given out; it stays mounted: \(text)"
        case .stillInUse: "requests that use the mount do not end; it stays mounted; try again"
        case .noRandomness: "the random source is not available; try again"
        case .storage: "storage is not available; try again"
        }
    }
}

/// A mount on its way from one path to another.
package struct MountMigration: Sendable, Equatable {
    /// Names the move.
    package var id: String
    /// The path it had.
    package var source: String
    /// The path it has or gets.
    package var target: String
    /// `in-progress`, `success` or `failure`.
    package var status: String

    /// A move.
    package init(id: String, source: String, target: String, status: String) {
        self.id = id
        self.source = source
        self.target = target
        self.status = status
    }
}

/// What `sys/mounts`, `sys/auth` and `sys/remount` may do with mounts; supplied by the composition root. Paths are
/// whole: those of auth methods begin with `auth/`.
package protocol MountControl: Sendable {
    /// All mounts, by path.
    var mounts: [MountDescription] { get }
    /// The mount at exactly this path, which ends with a slash, with its resolved times.
    func point(at path: String) -> MountPoint?
    /// The mount that answers for a path.
    func holder(of path: String) -> MountDescription?
    /// The paths of what is mounted at exactly this path, in words; none where nothing is.
    func describedPaths(at path: String) -> [PathDescription]
    /// Makes a mount; `path`, `accessor` and `uuid` of the wish are filled in.
    func mount(_ wish: MountDescription) async throws(MountFault)
    /// Ends a mount: takes back what it gave out, and removes its data. A path where nothing is mounted is fine.
    func unmount(_ path: String) async throws(MountFault)
    /// Changes a mount; answers sentences for the reply's warnings.
    func tune(_ path: String, _ change: MountTuning) async throws(MountFault) -> [String]
    /// Moves a mount with its data; what it gave out is taken back. Answers the move, which is over.
    func remount(from source: String, to target: String) async throws(MountFault) -> MountMigration
    /// A move of this run by its id.
    func migration(_ id: String) -> MountMigration?
}

extension MountControl {
    /// None, for tables that know none.
    package func describedPaths(at path: String) -> [PathDescription] { [] }
}

/// Told when a mount has ended, so that what refers to it can go: the aliases of an auth method.
package protocol MountWatching: Sendable {
    /// The mount does not answer any more, and what it gave out is taken back; its data is about to go. When this
    /// throws, it is called again with the next attempt to end the mount.
    func mountEnds(_ mount: MountDescription) async throws(MountFault)
}
