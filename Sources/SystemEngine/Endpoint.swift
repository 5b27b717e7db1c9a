internal import Bytes
internal import EngineKit
internal import Vocabulary

/// One path under `sys/`, and what its operations resolve to.
struct Endpoint: Sendable {
    typealias Resolver = @Sendable (EngineRequest) throws(SystemError) -> SystemPaths.Command

    /// Who may ask, and when.
    enum Access: Sendable {
        /// With a token, of an open database.
        case tokens
        /// Everybody, of an open database.
        case everybody
        /// Everybody, sealed or not.
        case everybodyAlways
    }

    let path: StaticString
    let access: Access
    /// Whether the path is the beginning of others; it ends with a slash and does not stand for itself.
    let isPrefix: Bool
    /// The rule of a listener by which the path needs no token there.
    let opensBy: ClientFacts.ListenerRules
    private let read, write, delete, list: Resolver?

    init(
        _ path: StaticString, _ access: Access = .tokens, isPrefix: Bool = false,
        opensBy: ClientFacts.ListenerRules = [], read: Resolver? = nil,
        write: Resolver? = nil, delete: Resolver? = nil, list: Resolver? = nil
    ) {
        self.path = path
        self.access = access
        self.isPrefix = isPrefix
        self.opensBy = opensBy
        self.read = read
        self.write = write
        self.delete = delete
        self.list = list
    }

    func matches(_ path: ByteView) -> Bool {
        isPrefix ? path.hasPrefix(self.path) && path.count > self.path.utf8CodeUnitCount : path.equals(self.path)
    }

    func resolver(_ operation: Operation) -> Resolver? {
        switch operation {
        case .read: read
        case .write: write
        case .delete: delete
        case .list: list
        case .patch: nil
        }
    }
}

extension SystemPaths {
    /// Every path. **Source** system wire facts §1.12; rekeys need a token here, and so do all who are not mentioned.
    static let endpoints: [Endpoint] =
        [
            Endpoint("health", .everybodyAlways, read: health),
            Endpoint("seal-status", .everybodyAlways, read: always(.seal(.status))),
            Endpoint("leader", .everybodyAlways, read: always(.leader)),
            Endpoint(
                "init", .everybodyAlways, read: always(.seal(.initializationStatus)), write: initialize),
            Endpoint("unseal", .everybodyAlways, write: unseal),
            Endpoint("seal", write: always(.seal(.seal))),
            Endpoint("step-down", write: always(.stepDown)),
            Endpoint("mounts", read: always(.mounts(.list(auth: false)))),
            Endpoint("mounts/", isPrefix: true, read: mount, write: enableMount, delete: disable),
            Endpoint("auth", read: always(.mounts(.list(auth: true)))),
            Endpoint("auth/", isPrefix: true, read: authMount, write: enableAuthMount, delete: disableAuth),
            Endpoint("remount", write: move),
            Endpoint("remount/status/", isPrefix: true, read: migration),
            Endpoint("internal/ui/mounts", .everybody, read: uiMounts),
            // Open, because it asks for no right of its own path: it tells only callers with one on the mount's.
            Endpoint("internal/ui/mounts/", .everybody, isPrefix: true, read: uiMount),
            Endpoint("internal/ui/resultant-acl", read: resultantACL),
            Endpoint(
                "generate-root/attempt", .everybodyAlways, read: generationStatus, write: startGeneration,
                delete: cancelGeneration),
            Endpoint("generate-root/update", .everybodyAlways, write: updateGeneration),
            Endpoint("key-status", read: always(.terms(.status))),
            Endpoint("rotate", write: always(.terms(.rotate))),
            Endpoint("rotate/config", read: always(.terms(.configuration)), write: configureRotation),
            Endpoint("host-info", read: always(.report(.host))),
            Endpoint("config/state/sanitized", read: always(.report(.configuration))),
            Endpoint(
                "version-history", read: always(.report(.versions)), list: always(.report(.versions))),
            Endpoint(
                "in-flight-req", opensBy: .openRequestsInFlight, read: always(.report(.requests))),
            backup("rekey/backup", .barrier), backup("rekey/recovery-key-backup", .recovery),
            backup("rekey-recovery-key/backup", .recovery),
        ]
        + rekey(.barrier, "rekey/init", "rekey/update", "rekey/verify")
        + rekey(
            .recovery, "rekey-recovery-key/init", "rekey-recovery-key/update", "rekey-recovery-key/verify")

    private static func rekey(
        _ kind: ShareKind, _ start: StaticString, _ update: StaticString, _ verify: StaticString
    ) -> [Endpoint] {
        [
            Endpoint(
                start, read: always(.rekey(kind, .status)),
                write: { (request) throws(SystemError) in .rekey(kind, try startRekey(request)) },
                delete: always(.rekey(kind, .cancel))),
            Endpoint(
                update, write: { (request) throws(SystemError) in .rekey(kind, try updateRekey(request)) }),
            Endpoint(
                verify, read: always(.rekey(kind, .verificationStatus)),
                write: { (request) throws(SystemError) in .rekey(kind, try verifyRekey(request)) },
                delete: always(.rekey(kind, .restartVerification))),
        ]
    }

    private static func backup(_ path: StaticString, _ kind: ShareKind) -> Endpoint {
        Endpoint(path, read: always(.rekey(kind, .backup)), delete: always(.rekey(kind, .deleteBackup)))
    }

    private static func always(_ command: Command) -> Endpoint.Resolver { { _ in command } }

    static func endpoint(_ path: ByteView) -> Endpoint? { endpoints.first { $0.matches(path) } }
}
