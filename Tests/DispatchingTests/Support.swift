import Bytes
import Dispatching
import EngineKit
import Foundation
import Storage
import Synchronization
import SystemEngine
import TestAids
import Vocabulary

/// A fault of any class, with a text that needs escaping.
struct EchoFault: WireFault, Equatable {
    let faultClass: FaultClass
    var wireText: String { "it <failed> \"here\"" }
}

/// An engine that answers with what it was asked, or as its path says.
final class EchoEngine: SecretsEngine {
    struct Command: Sendable {
        let text: String
        let path: String
    }

    let typeName = "echo"
    let storage: StorageView
    private let calls = Mutex(0)
    private let closings = Mutex(0)

    /// How often a request came as far as the engine.
    var resolved: Int { calls.withLock { $0 } }
    var closed: Int { closings.withLock { $0 } }

    init(_ storage: StorageView) { self.storage = storage }

    func resolve(_ request: EngineRequest) throws(EchoFault) -> Command {
        calls.withLock { $0 += 1 }
        let path = request.path.string
        if path.hasPrefix("fault/"), let fault = Self.classes[String(path.dropFirst(6))] {
            throw EchoFault(faultClass: fault)
        }
        let text = JSON.object([
            "operation": .string("\(request.operation)"), "path": .string(path), "body": .string(request.body.string),
            "fans_out": .bool(request.mayFanOut), "depth": .int(request.maxJSONDepth),
        ]).text
        return Command(text: text, path: path)
    }

    static let classes: [String: FaultClass] = [
        "invalidRequest": .invalidRequest, "malformedQuery": .malformedQuery, "permissionDenied": .permissionDenied,
        "nothingThere": .nothingThere, "noRoute": .noRoute, "unsupportedPath": .unsupportedPath,
        "unsupportedOperation": .unsupportedOperation, "tooLarge": .tooLarge,
        "unsupportedMediaType": .unsupportedMediaType,
        "unavailable": .unavailable, "internal": .internal, "tooManyRequests": .tooManyRequests,
    ]

    func capability(for command: Command) -> Capability { .update }

    func perform(_ command: Command, into body: inout ByteWriter) throws(EchoFault) -> Handling {
        switch command.path {
        case "storing":
            body.append("must be taken back")
            return .needsStorage
        case "late":
            body.append("half an answer")
            throw EchoFault(faultClass: .internal)
        case "nothing": return .done(.noContent)
        case "null": return .done(EngineReply())
        case "warned": return .done(EngineReply(warnings: ["one", "<two>"]))
        case "bare":
            body.append("{\"x\":1}")
            return .done(EngineReply(form: .bare))
        case "mirrored":
            body.append("{\"x\":1,\"y\":{}}")
            return .done(EngineReply(form: .mirrored))
        case "mirrored-empty":
            body.append("{}")
            return .done(EngineReply(form: .mirrored))
        case "batch":
            body.append("{\"batch_results\":[]}")
            return .done(EngineReply(status: 400))
        default:
            body.append(text: command.text)
            return .done(EngineReply())
        }
    }

    func performStoring(_ command: Command, into body: inout ByteWriter) async throws(EchoFault) -> EngineReply {
        do {
            var batch = WriteBatch()
            batch.put(StorageKey("asked/" + command.path), [1])
            try await storage.commit(batch)
        } catch {
            throw EchoFault(faultClass: .unavailable)
        }
        body.append(text: command.text)
        return EngineReply()
    }

    func close() async { closings.withLock { $0 += 1 } }
}

/// What came back.
struct Answer {
    let reply: WireReply
    let text: String

    /// The text with its random request id replaced by zeros.
    var stable: String {
        text.replacing(#/"request_id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/#) { _ in
            "\"request_id\":\"0\""
        }
    }

    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The member of the echoed request.
    func echoed(_ name: String) -> String { (members["data"] as? [String: Any])?[name] as? String ?? "" }
}

extension TokenAuthority {
    /// Whether the token is a good one.
    func knows(_ token: ByteView) -> Bool {
        if case .known = standing(of: token, from: .unknown) { true } else { false }
    }
}

/// A dispatcher with an echo engine at `echo/` and the system's at `sys/`.
final class House: Sendable {
    let storage = InMemoryStorage()
    let mounts: MountTable
    let dispatcher: Dispatcher
    let engines = EngineList()

    /// The engines that were made.
    final class EngineList: Sendable {
        private let list = Mutex<[EchoEngine]>([])
        var all: [EchoEngine] { list.withLock { $0 } }
        func add(_ engine: EchoEngine) { list.withLock { $0.append(engine) } }
    }

    init(
        limits: RequestLimits = RequestLimits(),
        _ stages: (MountTable) -> AccessStages = { _ in AccessStages(tokens: RootToken("root")) }
    ) async throws {
        let engines = engines
        mounts = MountTable(
            storage: storage,
            factories: [
                "echo": { _, view in
                    let engine = EchoEngine(view)
                    engines.add(engine)
                    return engine
                },
                "broken": { _, _ in throw StorageError.unavailable },
            ],
            authFactories: [
                "login": { _, view in
                    let engine = EchoEngine(view)
                    engines.add(engine)
                    return engine
                }
            ])
        let facts = ServerFacts(version: "9", storageType: "inmem", clusterName: "here", clusterID: "c")
        try mounts.install(SystemPaths(facts: facts, mounts: mounts) { 1 }, at: "sys/", about: "system")
        try await mounts.mount(MountDescription(path: "echo", type: "echo", accessor: "", uuid: "", about: ""))
        dispatcher = Dispatcher(mounts: mounts, stages: stages(mounts), limits: limits)
    }

    /// Answers as the server does: from memory, else in a task.
    func ask(
        _ method: WireMethod, _ path: String, query: String = "", token: String = "root", body: String = "",
        isForm: Bool = false, isMergePatch: Bool = false, inTask: Bool = false, wrapTime: String = ""
    ) async -> Answer {
        let head = [path, query, token, body, wrapTime].map { $0.utf8.map { UInt8($0) } }
        // One block that stays in place across the suspension.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: head.joined().count + 1, alignment: 1)
        defer { block.deallocate() }
        var views: [ByteView] = []
        var start = 0
        for bytes in head {
            let part = UnsafeMutableRawBufferPointer(rebasing: block[start..<start + bytes.count])
            part.copyBytes(from: bytes)
            views.append(ByteView(UnsafeRawBufferPointer(part)))
            start += bytes.count
        }
        var request = WireRequest(method: method, path: views[0])
        (request.query, request.token, request.body) = (views[1], views[2], views[3])
        request.wrapTime = views[4]
        (request.isForm, request.isMergePatch) = (isForm, isMergePatch)
        var output = ByteWriter()
        if !inTask, let reply = dispatcher.answer(request, into: &output) {
            return Answer(reply: reply, text: output.view.string)
        }
        precondition(output.count == 0, "something was written although a task is needed")
        let reply = await dispatcher.answerInTask(request, into: &output)
        return Answer(reply: reply, text: output.view.string)
    }
}
