package import Bytes
internal import EngineKit
package import Vocabulary

/// The way of a request: path → route → seal → quota → token → rule → command → record → answer → lease, token,
/// wrapping → record. Read it top to bottom: `Dispatcher+Admission`, `+Performing`, `+Storing`, `+Auditing`.
///
/// **Concurrency** stateless but for what it is given; every method may run on many threads at once.
package final class Dispatcher: RequestAnswering {
    let mounts: MountTable
    let stages: AccessStages
    let limits: RequestLimits
    let gate: (any SealGate)?
    let inFlight: RequestsInFlight?
    let waiters: TicketWaiters?

    /// A dispatcher over `mounts`; without a gate it is always open.
    package init(
        mounts: MountTable, stages: AccessStages, limits: RequestLimits, gate: (any SealGate)? = nil,
        inFlight: RequestsInFlight? = nil
    ) {
        self.inFlight = inFlight
        self.mounts = mounts
        self.stages = stages
        self.limits = limits
        self.gate = gate
        waiters = stages.audit.map { TicketWaiters($0) }
    }

    // MARK: - RequestAnswering

    package func answer(_ request: WireRequest, into body: inout ByteWriter) -> WireReply? {
        let start = Metering.now()
        var passage = Passage(request)
        defer { passage.hold() }
        let reply: WireReply?
        do throws(DispatchFault) {
            guard try admit(&passage, mayFanOut: false), let engine = passage.engine else { return nil }
            // What is wrapped is stored.
            if passage.wrapSeconds > 0 { return nil }
            reply = perform(engine, &passage, &body)
        } catch {
            reply = refuse(error, &passage, &body)
        }
        if let reply { meter(passage, reply, since: start) }
        return reply
    }

    package func answerInTask(_ request: WireRequest, into body: inout ByteWriter) async -> WireReply {
        let start = Metering.now()
        let number = inFlight?.begin(request)
        var passage = Passage(request)
        let reply: WireReply
        do throws(DispatchFault) {
            if try !admit(&passage, mayFanOut: true) {
                try await identify(&passage)
                try authorise(&passage, mayFanOut: true)
            }
            // A mount that goes is waited for, and takes no more.
            guard let engine = passage.engine, let life = passage.mount?.life, life.begin() else {
                throw .noMount(passage.path.string)
            }
            reply = await performStoring(engine, &passage, &body)
            life.end()
        } catch {
            reply = refuse(error, &passage, &body)
        }
        if let use = passage.use, use.isLast { await stages.tokens.spend(use) }
        meter(passage, reply, since: start)
        passage.hold()
        if let number { inFlight?.end(number) }
        flushRecords()
        return reply
    }

    package func refuse(_ head: WireRequest, into body: inout ByteWriter) -> WireReply? {
        var passage = Passage(head)
        defer { passage.hold() }
        do throws(DispatchFault) {
            _ = try admit(&passage, mayFanOut: false)
            return nil
        } catch {
            return refuse(error, &passage, &body)
        }
    }

    package func reply(to fault: ProtocolFault, into body: inout ByteWriter) -> WireReply {
        ErrorMapping.reply(fault, &body)
    }

    package func outcome(of ticket: UInt64) -> TicketOutcome {
        guard ticket > 0, let audit = stages.audit else { return .recorded }
        guard ticket <= audit.settledTicket else { return .pending }
        return audit.wasRecorded(ticket) ? .recorded : .failed
    }

    package func flushRecords() { stages.audit?.flush() }

    package func onOutcomes(_ wake: @escaping @Sendable () -> Void) { stages.audit?.onSettled(wake) }
}
