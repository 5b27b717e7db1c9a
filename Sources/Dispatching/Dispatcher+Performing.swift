internal import Bytes
internal import EngineKit
internal import Vocabulary

/// In the engine, from memory: one dynamic call per request, none per item.
extension Dispatcher {
    /// What a rule says to a command, once it is known what the command does.
    enum Decision {
        case allowed, denied
        /// Whether the thing exists decides, and only storage knows.
        case askStorage
    }

    /// Nil when the command needs storage; nothing is written then.
    func perform<Engine: SecretsEngine>(
        _ engine: Engine, _ passage: inout Passage, _ body: inout ByteWriter
    ) -> WireReply? {
        let mark = body.count
        guard Self.allowsParameters(passage, limits) else { return refuse(.ruleDenies, &passage, &body) }
        do throws(Engine.Failure) {
            let command = try engine.resolve(passage.request)
            let capability = engine.capability(for: command)
            switch Self.decide(capability, &passage) {
            case .allowed: break
            case .askStorage: return nil
            case .denied: return refuse(.ruleDenies, &passage, &body)
            }
            Envelope.open(&body)
            let start = body.count
            switch try engine.perform(command, into: &body) {
            case .needsStorage:
                body.truncate(to: mark)
                return nil
            case .done(let reply):
                return finish(Finished(reply, engine.typeName, mark: mark, dataStart: start), &passage, &body)
            }
        } catch {
            return fail(error.faultClass, error.wireText, from: mark, &passage, &body)
        }
    }

    /// The last check before the body is parsed: by a walk of its own, and only where a rule asks for it.
    static func allowsParameters(_ passage: borrowing Passage, _ limits: RequestLimits) -> Bool {
        guard let rule = passage.rule, rule.hasParameterRules else { return true }
        switch passage.request.operation {
        case .read, .write, .patch:
            return rule.allows(parameters: passage.request.body, maxJSONDepth: passage.request.maxJSONDepth)
        case .list, .delete: return true
        }
    }

    /// Whether a write makes or changes something is said by the command, as far as memory knows; that a caller may do
    /// one of them only is rare, and then storage has the last word.
    static func decide(_ capability: Capability, _ passage: inout Passage) -> Decision {
        let granted = passage.rule?.capabilities
        if case .sudo = capability, let granted, !granted.contains(.sudo) { return .denied }
        guard case .write = passage.request.operation else { return .allowed }
        if case .create = capability { passage.capability = .create } else { passage.capability = .update }
        guard let granted, !granted.contains(.writing) else { return .allowed }
        if case .create = capability { return .askStorage }
        return granted.contains(.update) ? .allowed : .askStorage
    }

    /// Answers a refusal, in place of what was written after `mark`.
    func refuse(
        _ fault: DispatchFault, from mark: Int = 0, _ passage: inout Passage, _ body: inout ByteWriter
    ) -> WireReply {
        var reply = fault.reply(from: mark, &body)
        record(error: fault.wireText, from: mark, &reply, &passage, &body)
        return reply
    }

    /// Answers a failure of the engine.
    func fail(
        _ faultClass: FaultClass, _ text: String, from mark: Int, _ passage: inout Passage,
        _ body: inout ByteWriter
    ) -> WireReply {
        var reply = ErrorMapping.reply(faultClass, text, from: mark, &body)
        record(error: text, from: mark, &reply, &passage, &body)
        return reply
    }

    /// Frames what an engine has written, and records it.
    private func finish(
        _ finished: Finished, _ passage: inout Passage, _ body: inout ByteWriter
    ) -> WireReply {
        switch finished.reply.grant {
        case nil, .token: break
        case .secret, .login, .renewed, .unwrapped, .wrapped:
            // Engines give these out when they may wait; here there is nothing to keep a lease with.
            return refuse(.notOffered(.suspended), from: finished.mark, &passage, &body)
        }
        var told = Told()
        if case .token(let issued) = finished.reply.grant { told.issued = issued }
        return close(finished, told, &passage, &body)
    }
}

/// What an engine has written, and where.
struct Finished {
    var reply: EngineReply
    let type: String
    /// Where the envelope begins.
    let mark: Int
    /// Where the value of `data` begins.
    let dataStart: Int

    init(_ reply: EngineReply, _ type: String, mark: Int, dataStart: Int) {
        (self.reply, self.type, self.mark, self.dataStart) = (reply, type, mark, dataStart)
    }
}

/// What an envelope tells beside its data.
struct Told {
    var lease: LeaseTicket?
    var issued: IssuedToken?
    var wrapInfo: WrapInfo?

    /// What lease and token have to say.
    var warnings: [String] { (lease?.warnings ?? []) + (issued?.warnings ?? []) }
}
