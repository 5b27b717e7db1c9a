internal import Bytes
package import EngineKit
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
    private(set) var descriptions: [PathDescription] = []

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

    /// The same with its text. What comes behind a path that is the beginning of others is called `{path}`, or as
    /// `rest` says; such a path may be told more than once.
    func told(_ about: String, at rest: String? = nil, _ actions: PathAction...) -> Endpoint {
        var endpoint = self
        let pattern = "\(path)" + (rest ?? (isPrefix ? "{path}" : ""))
        endpoint.descriptions.append(
            PathDescription(pattern, about, isOpenToAll: access != .tokens, actions: actions))
        return endpoint
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
        statusEndpoints + sealEndpoints + mountEndpoints + interfaceEndpoints + rootGenerationEndpoints
        + termEndpoints + reportEndpoints + counterEndpoints + rekeyEndpoints

    static func always(_ command: Command) -> Endpoint.Resolver { { _ in command } }

    static func endpoint(_ path: ByteView) -> Endpoint? { endpoints.first { $0.matches(path) } }

    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.endpoints.flatMap(\.descriptions)
    }
}
