internal import Bytes
internal import EngineKit
internal import Vocabulary

/// In the engine, with storage at hand; and what comes of its grants.
extension Dispatcher {
    func performStoring<Engine: SecretsEngine>(
        _ engine: Engine, _ passage: inout Passage, _ body: inout ByteWriter
    ) async -> WireReply {
        let mark = body.count
        guard Self.allowsParameters(passage, limits) else { return refuse(.ruleDenies, &passage, &body) }
        do throws(Engine.Failure) {
            let command = try engine.resolve(passage.request)
            let capability = engine.capability(for: command)
            var decision = Self.decide(capability, &passage)
            if decision != .denied, Self.asksStorage(passage) {
                decision = Self.settle(try await engine.storedCapability(for: command), &passage)
            }
            guard decision == .allowed else { return refuse(.ruleDenies, &passage, &body) }
            if engine.mayLease(command), let leases = stages.leases,
                !leases.admits(passage.path, at: passage.request.mount)
            {
                return refuse(.leaseLimit(passage.path.string), &passage, &body)
            }
            // What it does, it does only once it is known who did it.
            guard await announce(&passage) else { return DispatchFault.unrecorded.reply(from: mark, &body) }
            Envelope.open(&body, id: passage.id())
            let start = body.count
            let reply = try await engine.performStoring(command, into: &body)
            return await grant(
                Finished(reply, engine.typeName, mark: mark, dataStart: start), engine, &passage, &body)
        } catch {
            return fail(error.faultClass, error.wireText, from: mark, &passage, &body)
        }
    }

    /// Whether it matters if the thing exists: to the rule, or to the record.
    private static func asksStorage(_ passage: borrowing Passage) -> Bool {
        guard passage.request.operation == .write, let granted = passage.rule?.capabilities else { return false }
        return passage.isRecorded || !granted.isSuperset(of: [.create, .update])
    }

    private static func settle(_ capability: Capability, _ passage: inout Passage) -> Decision {
        let needed: Capability = capability == .create ? .create : .update
        passage.capability = needed
        guard let granted = passage.rule?.capabilities else { return .allowed }
        return granted.contains(CapabilitySet(needed)) ? .allowed : .denied
    }

    // MARK: - Grants

    private func grant(
        _ finished: Finished, _ engine: some SecretsEngine, _ passage: inout Passage, _ body: inout ByteWriter
    ) async -> WireReply {
        var told = Told()
        do throws(DispatchFault) {
            switch finished.reply.grant {
            case nil: break
            case .token(let issued): told.issued = issued
            case .wrapped(let info): told.wrapInfo = info
            case .renewed(let lease):
                told.lease = LeaseTicket(
                    leaseID: lease.leaseID, seconds: lease.seconds, isRenewable: lease.isRenewable)
            case .unwrapped(let answer): return unwrap(answer, finished, &passage, &body)
            case .secret(let secret): told.lease = try await lease(secret, engine, passage.origin)
            case .login(let login): told.issued = try await issue(login, passage.origin)
            }
            if passage.wrapSeconds > 0, Self.canWrap(finished, told, body.count) {
                return try await wrap(finished, told, &passage, &body)
            }
        } catch {
            return refuse(error, from: finished.mark, &passage, &body)
        }
        return close(finished, told, &passage, &body)
    }

    private func lease(
        _ secret: SecretGrant, _ engine: some SecretsEngine, _ origin: Origin
    ) async throws(DispatchFault) -> LeaseTicket {
        let fault: DispatchFault
        do throws(LeaseFault) {
            if let leases = stages.leases {
                return try await leases.register(
                    secret, path: origin.path, at: origin.mount, for: origin.caller)
            }
            fault = .notOffered(.leases)
        } catch {
            fault = .lease(error)
        }
        // Nobody will ever give it back: so it is given back now.
        let orphan = LeasedSecret(
            leaseID: "", path: origin.tail, terms: secret.terms, record: secret.record, issuedUnixSeconds: 0)
        do throws(LeaseFault) { try await engine.revoke(orphan) } catch {}
        throw fault
    }

    private func issue(_ login: Login, _ origin: Origin) async throws(DispatchFault) -> IssuedToken {
        do throws(TokenFault) {
            return try await stages.tokens.issue(
                login, at: origin.mount, path: origin.path, for: origin.client)
        } catch {
            throw .token(error)
        }
    }

    // MARK: - Wrapping

    /// Only what says something is wrapped: data, a token, a secret; not errors, and not what is wrapped already.
    private static func canWrap(_ finished: Finished, _ told: Told, _ end: Int) -> Bool {
        let reply = finished.reply
        guard told.wrapInfo == nil, reply.form != .bare, reply.status == 200 || reply.status == 404 else {
            return false
        }
        return end > finished.dataStart || told.issued != nil
    }

    private func wrap(
        _ finished: Finished, _ told: Told, _ passage: inout Passage, _ body: inout ByteWriter
    ) async throws(DispatchFault) -> WireReply {
        guard let wrapping = stages.wrapping else { throw .notOffered(.wrapping) }
        _ = Envelope.close(
            finished.reply, told, mountType: finished.type, mark: finished.mark, dataStart: finished.dataStart, &body)
        let wish = WrapWish(
            answer: body.view.dropFirst(finished.mark).array, seconds: passage.wrapSeconds,
            path: passage.path.string, wrappedAccessor: told.issued?.caller.accessor ?? "")
        var wrapped = Told()
        do throws(TokenFault) { wrapped.wrapInfo = try await wrapping.wrap(wish) } catch { throw .token(error) }
        body.truncate(to: finished.mark)
        Envelope.open(&body, id: passage.id())
        let outer = Finished(EngineReply(), finished.type, mark: finished.mark, dataStart: body.count)
        return close(outer, wrapped, &passage, &body)
    }

    /// An answer as it was kept, with an id of its own.
    private func unwrap(
        _ answer: [UInt8], _ finished: Finished, _ passage: inout Passage, _ body: inout ByteWriter
    ) -> WireReply {
        body.truncate(to: finished.mark)
        answer.withUnsafeBytes { bytes in
            let answer = ByteView(bytes)
            body.append(answer.slice(0, Envelope.idOffset))
            body.append(passage.id())
            body.append(answer.dropFirst(Envelope.idOffset + Envelope.idLength))
        }
        var reply = WireReply(status: 200)
        var whole = finished
        // Recorded as one value: what it holds was recorded when it was wrapped.
        whole.reply.form = .bare
        record(answer: finished.mark..<body.count, isJSON: false, whole, Told(), &reply, &passage, &body)
        return reply
    }
}

/// Where a grant comes from, in forms that outlive the request.
struct Origin {
    let path: String
    let tail: String
    let mount: MountPoint
    let client: ClientFacts
    let caller: Caller?
}

extension Passage {
    var origin: Origin {
        Origin(
            path: path.string, tail: tail.string, mount: request.mount, client: request.client, caller: caller)
    }
}
