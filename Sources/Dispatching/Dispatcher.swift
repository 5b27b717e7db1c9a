package import Bytes
internal import EngineKit
package import Vocabulary

/// The way of a request: path → route → token → command → answer. Read it top to bottom.
///
/// **Concurrency** stateless but for what it is given; every method may run on many threads at once.
package final class Dispatcher<Authenticator: Authenticating>: RequestAnswering {
    private let mounts: MountTable
    private let authenticator: Authenticator
    private let limits: RequestLimits
    private let gate: (any SealGate)?
    private let inFlight: RequestsInFlight?

    /// A dispatcher over `mounts`; without a gate it is always open.
    package init(
        mounts: MountTable, authenticator: Authenticator, limits: RequestLimits, gate: (any SealGate)? = nil,
        inFlight: RequestsInFlight? = nil
    ) {
        self.inFlight = inFlight
        self.mounts = mounts
        self.authenticator = authenticator
        self.limits = limits
        self.gate = gate
    }

    // MARK: - RequestAnswering

    package func answer(_ request: WireRequest, into body: inout ByteWriter) -> WireReply? {
        var scratch = Scratch()
        switch route(request, mayFanOut: false, &scratch) {
        case .failure(let fault): return fault.reply(&body)
        case .success(let (engine, request)): return Self.perform(engine, request, &body)
        }
    }

    package func answerInTask(_ request: WireRequest, into body: inout ByteWriter) async -> WireReply {
        var scratch = Scratch()
        switch route(request, mayFanOut: true, &scratch) {
        case .failure(let fault): return fault.reply(&body)
        case .success(let (engine, engineRequest)):
            let number = inFlight?.begin(request)
            defer { if let number { inFlight?.end(number) } }
            return await Self.performStoring(engine, engineRequest, &body)
        }
    }

    package func refuse(_ head: WireRequest, into body: inout ByteWriter) -> WireReply? {
        var scratch = Scratch()
        guard case .failure(let fault) = route(head, mayFanOut: false, &scratch) else { return nil }
        return fault.reply(&body)
    }

    package func reply(to fault: ProtocolFault, into body: inout ByteWriter) -> WireReply {
        ErrorMapping.reply(fault, &body)
    }

    // MARK: - Before the engine: nothing here looks into the body

    /// Texts of the request that had to be rewritten, kept for as long as the request lives.
    private struct Scratch: ~Copyable {
        var path = ByteWriter()
        var parameters = ByteWriter()
    }

    private func route(
        _ request: WireRequest, mayFanOut: Bool, _ scratch: inout Scratch
    ) -> Result<(any SecretsEngine, EngineRequest), DispatchFault> {
        do throws(DispatchFault) {
            let path: ByteView
            do throws(PathFault) { path = try RequestPath.decode(request.path, &scratch.path) } catch {
                throw .path(error)
            }
            // Routed first, because some paths are open to all; what is mounted is told only to good tokens.
            let found = mounts.route(path)
            if let gate, gate.isSealed { try Self.checkSealed(request, found) }
            let isKnown = authenticator.principal(of: request.token) != nil
            guard let (mount, tail) = found else { throw isKnown ? .noMount(path.string) : .permissionDenied }
            let engine = mount.engine(for: tail)
            guard let shape = try? RequestShape(request) else {
                guard isKnown else { throw .permissionDenied }
                _ = try RequestShape(request)
                throw .unsupportedOperation
            }
            let isFolder = tail[tail.count - 1] == UInt8(ascii: "/")
            var engineRequest = EngineRequest(
                operation: shape.operation,
                path: isFolder && shape.operation == .list ? tail.slice(0, tail.count - 1) : tail,
                body: .empty, maxJSONDepth: limits.maxJSONDepth, mayFanOut: mayFanOut)
            engineRequest.caller = isKnown ? .root : nil
            engineRequest.token = request.token
            engineRequest.mount = mount.point
            let isOpen = engine.isOpenToAll(engineRequest)
            if !isKnown && !isOpen { throw .permissionDenied }
            if request.method == .head && !isOpen { throw .unsupportedOperation }
            if isFolder && shape.operation == .write && !engine.takesFolderWrites { throw .writeToFolder }
            engineRequest.body = shape.parameters(of: request, &scratch.parameters)
            return .success((engine, engineRequest))
        } catch {
            return .failure(error)
        }
    }

    /// While the server is sealed, only some paths of `sys/` are answered. **Source** system wire facts §1.11.
    private static func checkSealed(
        _ request: WireRequest, _ found: (Mount, tail: ByteView)?
    ) throws(DispatchFault) {
        if let (mount, tail) = found, let shape = try? RequestShape(request) {
            let engineRequest = EngineRequest(operation: shape.operation, path: tail, body: .empty, maxJSONDepth: 1)
            if mount.engine(for: tail).isAllowedWhileSealed(engineRequest) { return }
        }
        throw .sealed(hasToken: !request.token.isEmpty)
    }

    // MARK: - In the engine: one dynamic call per request

    private static func perform<Engine: SecretsEngine>(
        _ engine: Engine, _ request: EngineRequest, _ body: inout ByteWriter
    ) -> WireReply? {
        let mark = body.count
        do throws(Engine.Failure) {
            let command = try engine.resolve(request)
            Envelope.open(&body)
            let start = body.count
            switch try engine.perform(command, into: &body) {
            case .needsStorage:
                body.truncate(to: mark)
                return nil
            case .done(let reply):
                return finish(reply, engine.typeName, mark: mark, dataStart: start, &body)
            }
        } catch {
            return ErrorMapping.reply(error.faultClass, error.wireText, from: mark, &body)
        }
    }

    private static func performStoring<Engine: SecretsEngine>(
        _ engine: Engine, _ request: EngineRequest, _ body: inout ByteWriter
    ) async -> WireReply {
        let mark = body.count
        do throws(Engine.Failure) {
            let command = try engine.resolve(request)
            Envelope.open(&body)
            let start = body.count
            let reply = try await engine.performStoring(command, into: &body)
            return finish(reply, engine.typeName, mark: mark, dataStart: start, &body)
        } catch {
            return ErrorMapping.reply(error.faultClass, error.wireText, from: mark, &body)
        }
    }

    private static func finish(
        _ reply: EngineReply, _ type: String, mark: Int, dataStart: Int, _ body: inout ByteWriter
    ) -> WireReply {
        if reply.status == 204 {
            body.truncate(to: mark)
            return WireReply(status: 204)
        }
        if reply.form == .bare {
            let data = body.view.dropFirst(dataStart).array
            body.truncate(to: mark)
            data.withUnsafeBytes { body.append(ByteView($0)) }
            body.append("\n")
        } else {
            Envelope.close(reply, mountType: type, dataStart: dataStart, &body)
        }
        return WireReply(status: reply.status)
    }
}
