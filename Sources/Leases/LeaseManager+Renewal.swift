package import EngineKit
internal import Synchronization

/// How leases live on.
extension LeaseManager {
    /// Extends a lease by the wish, or by what it had at first, within what its engine, its mount and its first terms
    /// allow.
    package func renew(_ leaseID: String, incrementSeconds: Int?) async throws(LeaseError) -> LeaseTicket {
        guard let id = LeaseIdentifier(leaseID) else { throw .unknown }
        let (number, page, due) = try await take(id)
        do throws(LeaseError) {
            let stored = try await store().leases(on: page).first { $0.id == leaseID }
            guard let stored else { throw .unknown }
            let (record, warning) = try await extended(stored, incrementSeconds)
            _ = try await store().commit([.replace(record, page: page)])
            state.withLock { state in
                if state.isReady { state.book.returned(number, due: record.expiresUnixSeconds) }
            }
            return LeaseTicket(
                leaseID: leaseID, seconds: max(record.expiresUnixSeconds &- now(), 1), isRenewable: true,
                warnings: warning.map { [$0] } ?? [])
        } catch {
            state.withLock { state in
                if state.isReady { state.book.returned(number, due: due) }
            }
            throw error
        }
    }

    /// Takes a lease for a renewal; waits a little for somebody who has it.
    private func take(_ id: LeaseIdentifier) async throws(LeaseError) -> (number: UInt32, page: UInt32, due: Int) {
        for _ in 0..<100 {
            let (isReady, found) = state.withLock { state -> (Bool, (UInt32, UInt32, Int, Bool)?) in
                guard let number = state.book.index.find(id) else { return (state.isReady, nil) }
                let slot = state.book.index.slots[Int(number)]
                let isMine = state.book.take(number)
                // Renewals do not count against what may be revoked at once.
                if isMine { state.book.released(number) }
                return (state.isReady, (number, slot.page, slot.due, isMine))
            }
            guard isReady else { throw .notReady }
            guard let (number, page, due, isMine) = found else { throw .unknown }
            if isMine { return (number, page, due) }
            try? await Task.sleep(for: .milliseconds(20))
        }
        throw .unknown
    }

    private func extended(
        _ old: LeaseRecord, _ incrementSeconds: Int?
    ) async throws(LeaseError) -> (LeaseRecord, warning: String?) {
        var record = old
        let asked = now()
        guard !record.isEnding, asked < record.expiresUnixSeconds else { throw .unknown }
        guard record.isRenewable else { throw .notRenewable }
        guard let mountMax = engines.maxLeaseSeconds(at: record.mount) else { throw .unknown }
        func span(_ ttl: Int, _ most: Int) -> LeaseSpan? {
            LeaseSpan.renewal(
                wishSeconds: incrementSeconds, ttlSeconds: ttl, maxSeconds: most, mountMaxSeconds: mountMax,
                issuedUnixSeconds: record.issuedUnixSeconds, now: asked)
        }
        guard let wanted = span(record.ttlSeconds, record.maxSeconds) else { throw .pastMax }
        let terms: LeaseTerms
        do throws(LeaseFault) {
            terms = try await engines.renew(record.secret, at: record.mount, incrementSeconds: wanted.seconds)
        } catch {
            switch error {
            case .unavailable(let text): throw .engineUnavailable(text)
            case .refused(let text): throw .refused(text)
            }
        }
        // The engine may have come to allow less; more than at first it cannot.
        let most = terms.maxSeconds > 0 ? min(terms.maxSeconds, record.maxSeconds) : record.maxSeconds
        guard let granted = span(terms.ttlSeconds > 0 ? terms.ttlSeconds : record.ttlSeconds, most) else {
            throw .pastMax
        }
        record.maxSeconds = min(record.maxSeconds, granted.maxSeconds)
        record.renewedUnixSeconds = asked
        record.expiresUnixSeconds = asked &+ min(granted.seconds, wanted.seconds)
        return (record, granted.warning ?? wanted.warning)
    }
}
