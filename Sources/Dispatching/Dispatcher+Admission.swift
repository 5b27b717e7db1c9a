internal import Bytes
internal import EngineKit
internal import Vocabulary

/// Before the engine: nothing here looks into the body.
extension Dispatcher {
    /// Takes a request as far as the engine; false when only storage knows the token. Throws what it is refused for.
    func admit(_ passage: inout Passage, mayFanOut: Bool) throws(DispatchFault) -> Bool {
        try locate(&passage)
        switch stages.tokens.standing(of: passage.wire.token, from: passage.wire.remote) {
        case .known(let caller): passage.caller = caller
        case .unknown: break
        // On paths that are open to all a token does not count, and is not used up.
        case .needsStorage: if !passage.isOpen || passage.tellsCallersMore { return false }
        }
        try authorise(&passage, mayFanOut: mayFanOut)
        return true
    }

    /// Path, route, seal, quota. Routed first, because some paths are open to all; what is mounted is told only to good
    /// tokens.
    private func locate(_ passage: inout Passage) throws(DispatchFault) {
        let raw = passage.wire.path
        do throws(PathFault) { passage.path = try RequestPath.decode(raw, &passage.pathText) } catch {
            throw .path(error)
        }
        passage.isRecorded = stages.audit?.isEnabled ?? false
        do throws(DispatchFault) { passage.shape = try RequestShape(passage.wire) } catch { passage.shapeFault = error }
        passage.settlePath()
        if let (mount, tail) = mounts.route(passage.path) {
            let engine = mount.engine(for: tail)
            (passage.mount, passage.tail, passage.engine) = (mount, tail, engine)
            if let shape = passage.shape { try locate(&passage, in: engine, shape) }
            if passage.asksForHelp { (passage.engine, passage.isOpen) = (HelpEngine(mount: mount), false) }
        }
        if let gate, gate.isSealed, !passage.isOpenWhileSealed {
            throw .sealed(hasToken: !passage.wire.token.isEmpty)
        }
        if let quotas = stages.quotas, !passage.wire.isCounted, let mount = passage.mount {
            let decision = quotas.admit(passage.path, at: mount.point, from: passage.wire.remote)
            if case .exceeded(let seconds) = decision {
                throw .rateLimit(passage.path.string, retryAfterSeconds: seconds)
            }
        }
    }

    private func locate(
        _ passage: inout Passage, in engine: any SecretsEngine, _ shape: RequestShape
    ) throws(DispatchFault) {
        let isFolder = passage.tail[passage.tail.count - 1] == UInt8(ascii: "/")
        passage.request = EngineRequest(
            operation: shape.operation,
            path: isFolder && shape.operation == .list
                ? passage.tail.slice(0, passage.tail.count - 1) : passage.tail,
            body: .empty, maxJSONDepth: passage.wire.maxJSONDepth ?? limits.maxJSONDepth)
        passage.request.client = passage.wire.client
        passage.capability = shape.capability
        passage.isOpen = engine.isOpenToAll(passage.request)
        passage.tellsCallersMore = passage.isOpen && engine.tellsCallersMore(passage.request)
        if gate?.isSealed ?? false { passage.isOpenWhileSealed = engine.isAllowedWhileSealed(passage.request) }
        // What is answered sealed or not tells how the server is, and is asked by load balancers.
        if passage.isRecorded && passage.isOpen && engine.isAllowedWhileSealed(passage.request) {
            passage.isRecorded = false
        }
    }

    /// Counts the use of a token that only storage knows; on paths that are open to all it is only looked up.
    func identify(_ passage: inout Passage) async throws(DispatchFault) {
        do throws(TokenFault) {
            if passage.isOpen {
                let lookup = stages.tokens as? any CallerLookup
                passage.caller = try await lookup?.caller(ofToken: passage.wire.token.array)
                return
            }
            passage.use = try await stages.tokens.use(passage.wire.token.array, from: passage.wire.remote)
        } catch {
            throw .token(error)
        }
        passage.caller = passage.use?.caller
    }

    /// Token, rule, verb: who may not, learns nothing more than that.
    func authorise(_ passage: inout Passage, mayFanOut: Bool) throws(DispatchFault) {
        guard let caller = passage.caller else {
            guard passage.isOpen, passage.shapeFault == nil else { throw .permissionDenied }
            return try complete(&passage, mayFanOut: mayFanOut)
        }
        guard let shape = passage.shape else { throw passage.shapeFault ?? .unsupportedOperation }
        // What a path is for, every token may ask: it tells nothing of what is stored.
        if !passage.isOpen && !passage.asksForHelp {
            let rules = stages.rights.rules(of: caller)
            let isList = shape.operation == .list
            guard let rule = rules.rule(for: passage.path, isList: isList) else { throw .ruleDenies }
            passage.rule = rule
            guard rule.grants(shape.operation) else { throw .ruleDenies }
            if SudoPaths.contains(passage.path) && !rule.capabilities.contains(.sudo) { throw .ruleDenies }
        }
        guard passage.mount != nil else { throw .noMount(passage.path.string) }
        try complete(&passage, mayFanOut: mayFanOut)
    }

    private func complete(_ passage: inout Passage, mayFanOut: Bool) throws(DispatchFault) {
        guard let shape = passage.shape, let engine = passage.engine, let mount = passage.mount else {
            throw .permissionDenied
        }
        if passage.wire.method == .head && !passage.isOpen { throw .unsupportedOperation }
        let isFolder = passage.tail[passage.tail.count - 1] == UInt8(ascii: "/")
        if isFolder && shape.operation == .write && !engine.takesFolderWrites { throw .writeToFolder }
        passage.wrapSeconds = try WrapTime.seconds(passage.wire.wrapTime)
        if let rule = passage.rule, !rule.allows(wrapSeconds: passage.wrapSeconds) { throw .ruleDenies }
        passage.request.mayFanOut = mayFanOut
        passage.request.caller = passage.caller
        passage.request.token = passage.wire.token
        passage.request.mount = mount.point
        passage.request.client = passage.wire.client
        passage.request.wrapSeconds = passage.wrapSeconds
        passage.request.body = shape.parameters(of: passage.wire, &passage.parameterText)
    }
}

extension AccessRule {
    /// Whether it grants the operation, as far as that can be said before the body is read: whether a write makes or
    /// changes something, only the engine knows.
    func grants(_ operation: Operation) -> Bool {
        let capabilities = capabilities
        if capabilities.contains(.deny) { return false }
        return switch operation {
        case .read: capabilities.contains(.read)
        case .list: capabilities.contains(.list)
        case .delete: capabilities.contains(.delete)
        case .patch: capabilities.contains(.patch)
        case .write: !capabilities.isDisjoint(with: .writing)
        }
    }

    /// Whether an answer may be wrapped for that long, or not at all with 0.
    func allows(wrapSeconds seconds: Int) -> Bool {
        if minWrapSeconds <= 0 && maxWrapSeconds <= 0 { return true }
        return seconds > 0 && seconds >= minWrapSeconds && (maxWrapSeconds <= 0 || seconds <= maxWrapSeconds)
    }
}
