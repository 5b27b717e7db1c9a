package import Bytes
package import EngineKit
package import Vocabulary

/// What can go wrong in a section: a class and the sentence for the client.
package struct SectionFault: WireFault, Equatable {
    /// Its class.
    package var faultClass: FaultClass
    /// The sentence.
    package var wireText: String

    /// A fault.
    package init(_ faultClass: FaultClass, _ wireText: String) {
        self.faultClass = faultClass
        self.wireText = wireText
    }

    /// The fault of a part of the house, as clients are told it.
    package init(_ fault: any WireFault) { self.init(fault.faultClass, fault.wireText) }

    static let unsupportedPath = SectionFault(.unsupportedPath, "unsupported path")
    static let unsupportedOperation = SectionFault(.unsupportedOperation, "unsupported operation")
}

/// A resolved request of a section: what it needs, and how it is answered.
package struct SectionCommand: Sendable {
    typealias Immediate = @Sendable (inout ByteWriter) throws(SectionFault) -> EngineReply
    typealias Storing = @Sendable (inout ByteWriter) async throws(SectionFault) -> EngineReply

    /// Answered from memory, or in a task.
    enum Work: Sendable {
        case immediate(Immediate)
        case storing(Storing)
    }

    let capability: Capability
    let work: Work

    /// A command that is answered from memory.
    static func now(_ capability: Capability, _ work: @escaping Immediate) -> SectionCommand {
        SectionCommand(capability: capability, work: .immediate(work))
    }

    /// A command that waits for something.
    static func later(_ capability: Capability, _ work: @escaping Storing) -> SectionCommand {
        SectionCommand(capability: capability, work: .storing(work))
    }
}

/// One path of a section, or with a slash at its end the beginning of many.
struct SectionPath: Sendable {
    /// Gets the request, and what follows the path where that is the beginning of many.
    typealias Resolver = @Sendable (EngineRequest, String) throws(SectionFault) -> SectionCommand

    let path: StaticString
    let isOpenToAll: Bool
    /// The rule of a listener by which the path needs no token there.
    let opensBy: ClientFacts.ListenerRules
    private let read, write, delete, list: Resolver?
    private(set) var descriptions: [PathDescription] = []

    init(
        _ path: StaticString, isOpenToAll: Bool = false, opensBy: ClientFacts.ListenerRules = [],
        read: Resolver? = nil, write: Resolver? = nil,
        delete: Resolver? = nil, list: Resolver? = nil
    ) {
        self.path = path
        self.isOpenToAll = isOpenToAll
        self.opensBy = opensBy
        (self.read, self.write, self.delete, self.list) = (read, write, delete, list)
    }

    /// The same with its text. What comes behind a path that is the beginning of many is called `{path}`, or as `rest`
    /// says; such a path may be told more than once.
    func told(_ about: String, at rest: String? = nil, _ actions: PathAction...) -> SectionPath {
        var path = self
        let pattern = "\(self.path)" + (rest ?? (isPrefix ? "{path}" : ""))
        path.descriptions.append(PathDescription(pattern, about, isOpenToAll: isOpenToAll, actions: actions))
        return path
    }

    var isPrefix: Bool { path.utf8Start[max(path.utf8CodeUnitCount - 1, 0)] == UInt8(ascii: "/") }

    func matches(_ asked: ByteView) -> Bool {
        if isPrefix { return asked.hasPrefix(path) && asked.count > path.utf8CodeUnitCount }
        if asked.equals(path) { return true }
        return asked.count == path.utf8CodeUnitCount + 1 && asked.hasPrefix(path)
            && asked[asked.count - 1] == UInt8(ascii: "/")
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

/// An area of `sys/` that is a table of paths.
///
/// **Concurrency** stateless; what its paths do is safe by itself.
package final class SystemSection: SecretsEngine {
    package let typeName = "system"
    package let takesFolderWrites = true
    private let paths: [SectionPath]

    init(_ paths: [SectionPath]) { self.paths = paths }

    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] { paths.flatMap(\.descriptions) }

    package func isOpenToAll(_ request: EngineRequest) -> Bool {
        guard let path = path(for: request) else { return false }
        return path.isOpenToAll || !path.opensBy.isDisjoint(with: request.client.rules)
    }

    package func resolve(_ request: EngineRequest) throws(SectionFault) -> SectionCommand {
        guard let path = path(for: request) else { throw .unsupportedPath }
        guard let resolver = path.resolver(request.operation) else { throw .unsupportedOperation }
        let rest = request.path.dropFirst(path.path.utf8CodeUnitCount).string
        return try resolver(request, path.isPrefix ? rest : "")
    }

    package func capability(for command: SectionCommand) -> Capability { command.capability }

    package func perform(
        _ command: SectionCommand, into body: inout ByteWriter
    ) throws(SectionFault) -> Handling {
        switch command.work {
        case .immediate(let work): .done(try work(&body))
        case .storing: .needsStorage
        }
    }

    package func performStoring(
        _ command: SectionCommand, into body: inout ByteWriter
    ) async throws(SectionFault) -> EngineReply {
        switch command.work {
        case .immediate(let work): try work(&body)
        case .storing(let work): try await work(&body)
        }
    }

    private func path(for request: EngineRequest) -> SectionPath? { paths.first { $0.matches(request.path) } }
}

/// Reads parameters, with the section's fault.
func parameters(_ request: EngineRequest, _ table: FieldTable) throws(SectionFault) -> Parameters {
    do throws(ParameterFault) { return try Parameters(request, table) } catch { throw SectionFault(error) }
}

/// Runs what reads parameters, with the section's fault.
func reading<R>(_ body: () throws(ParameterFault) -> R) throws(SectionFault) -> R {
    do throws(ParameterFault) { return try body() } catch { throw SectionFault(error) }
}
