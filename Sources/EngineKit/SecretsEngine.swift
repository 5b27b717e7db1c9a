package import Bytes
package import Vocabulary

/// One mounted engine.
///
/// A request is resolved to a command (one pass over the body), then performed: synchronously where memory has all
/// that is needed, else in a task. **Concurrency** every method may be called from many threads at once.
package protocol SecretsEngine: AnyObject, Sendable {
    /// A parsed, valid request.
    associatedtype Command: Sendable
    /// What can go wrong.
    associatedtype Failure: WireFault

    /// The type as `sys/mounts` shows it, for instance `transit`.
    var typeName: String { get }
    /// Whether the path may be asked without a token.
    func isOpenToAll(_ request: EngineRequest) -> Bool
    /// Whether a path that is open to all tells more to those with a token. The token's use is not counted there.
    func tellsCallersMore(_ request: EngineRequest) -> Bool
    /// Whether the request is answered while the database is sealed: of `sys/`, what unseals it and tells how it is.
    func isAllowedWhileSealed(_ request: EngineRequest) -> Bool
    /// Whether writes may go to paths that end with a slash; mostly they are a client's mistake.
    var takesFolderWrites: Bool { get }
    /// Parses the request; throws the wire's errors for what is malformed.
    func resolve(_ request: EngineRequest) throws(Failure) -> Command
    /// The right that the command needs on its path.
    func capability(for command: Command) -> Capability
    /// The right that a write needs, asked of storage: whether something exists decides between create and update.
    /// Called in a task, where the difference matters. What `capability` says of a write that `perform` answers from
    /// memory must be certain, if it is `.update`.
    func storedCapability(for command: Command) async throws(Failure) -> Capability
    /// Answers from memory: appends the envelope's `data` value to `body`, or nothing with a 204.
    func perform(_ command: Command, into body: inout ByteWriter) throws(Failure) -> Handling
    /// Answers with storage at hand. Called when `perform` said `.needsStorage`, on a body that is kept alive.
    func performStoring(_ command: Command, into body: inout ByteWriter) async throws(Failure) -> EngineReply
    /// Whether the command may give out a secret with a lease; asked before lease-count quotas are.
    func mayLease(_ command: Command) -> Bool
    /// Extends what a lease of this mount stands for; answers the terms that it has now.
    func renew(_ lease: LeasedSecret, incrementSeconds: Int?) async throws(LeaseFault) -> LeaseTerms
    /// Ends what a lease of this mount stands for. What is gone already is no fault. Called again until it succeeds.
    func revoke(_ lease: LeasedSecret) async throws(LeaseFault)
    /// Asks an auth method whether a login may live on, and on what terms; `record` is what the login was given with.
    func renewLogin(_ login: Login) async throws(LeaseFault) -> Login
    /// The mount was tuned: from now on that is its description, which is stored already. Answers sentences for the
    /// reply's warnings. An engine that is opened with options that its data does not follow yet adopts them then.
    func adopt(_ description: MountDescription) async throws(MountFault) -> [String]
    /// All paths of the engine, mounted like that: what `?help=1` and the OpenAPI document tell.
    func describedPaths(at mount: MountDescription) -> [PathDescription]
    /// Periodic work: rotation by age, write-back of counters. Never throws; what failed is tried again next time.
    func maintain(nowUnixSeconds: Int) async
    /// The mount goes for good, and its leases are over: ends what else the engine has made outside. When it throws,
    /// the mount stays.
    func retire() async throws(LeaseFault)
    /// The last call: writes back what only memory knows.
    func close() async
}

extension SecretsEngine {
    /// It does not, unless the engine says otherwise.
    package func mayLease(_ command: Command) -> Bool { false }
    /// Nothing, unless the engine says otherwise.
    package func isOpenToAll(_ request: EngineRequest) -> Bool { false }
    /// No, unless the engine says otherwise.
    package func tellsCallersMore(_ request: EngineRequest) -> Bool { false }
    /// Nothing, unless the engine says otherwise.
    package func isAllowedWhileSealed(_ request: EngineRequest) -> Bool { false }
    /// They may not.
    package var takesFolderWrites: Bool { false }
    /// As `capability` says.
    package func storedCapability(for command: Command) async throws(Failure) -> Capability {
        capability(for: command)
    }
    /// As it was.
    package func renew(_ lease: LeasedSecret, incrementSeconds: Int?) async throws(LeaseFault) -> LeaseTerms {
        lease.terms
    }
    /// Nothing stands behind it.
    package func revoke(_ lease: LeasedSecret) async throws(LeaseFault) {}
    /// As it was.
    package func renewLogin(_ login: Login) async throws(LeaseFault) -> Login { login }
    /// Nothing is outside.
    package func retire() async throws(LeaseFault) {}
    /// Nothing that matters.
    package func adopt(_ description: MountDescription) async throws(MountFault) -> [String] { [] }
    /// None, unless the engine says otherwise.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] { [] }
    /// Nothing to do.
    package func maintain(nowUnixSeconds: Int) async {}
    /// Nothing to write back.
    package func close() async {}
}
