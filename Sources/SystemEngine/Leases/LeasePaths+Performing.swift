internal import Bytes
internal import EngineKit
internal import Leases

extension LeasePaths {
    func lookUp(_ id: String, into body: inout ByteWriter) async throws(LeaseError) -> EngineReply {
        let facts: LeaseFacts?
        if Self.namesToken(id) {
            facts = try await ofTokens { (tokens) async throws(TokenFault) in try await tokens.lookUpLease(id) }
        } else {
            facts = try await leases.lookup(id).map {
                LeaseFacts(
                    leaseID: $0.id, issuedUnixSeconds: $0.issuedUnixSeconds, expiresUnixSeconds: $0.expiresUnixSeconds,
                    renewedUnixSeconds: $0.renewedUnixSeconds, isRenewable: $0.isRenewable && !$0.isEnding)
            }
        }
        guard let facts else { throw .refused("invalid lease") }
        let ends = facts.expiresUnixSeconds
        JSON.object([
            "id": .string(facts.leaseID),
            "issue_time": .string(SystemPaths.timestamp(facts.issuedUnixSeconds)),
            "expire_time": ends == 0 ? .null : .string(SystemPaths.timestamp(ends)),
            "last_renewal": facts.renewedUnixSeconds == 0
                ? .null : .string(SystemPaths.timestamp(facts.renewedUnixSeconds)),
            "renewable": .bool(facts.isRenewable), "ttl": .int(ends == 0 ? 0 : max(ends &- now(), 0)),
        ]).write(into: &body)
        return EngineReply()
    }

    func list(
        _ prefix: String, _ after: String, _ limit: Int, into body: inout ByteWriter
    ) async throws(LeaseError) -> EngineReply {
        let folder = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
        var names = try leases.list(below: folder, after: after, limit: limit + 1)
        let others = try await ofTokens { (tokens) async throws(TokenFault) in
            try await tokens.leaseNames(below: folder)
        }
        if let others, !others.isEmpty {
            let rest = others.filter { after.isEmpty || after.utf8.lexicographicallyPrecedes($0.utf8) }
            names = Set(names).union(rest).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        guard !names.isEmpty else { throw .nothingThere }
        var reply = EngineReply()
        if names.count > limit { reply.warnings.append("the list is cut at \(limit) names; go on with 'after'") }
        JSON.object(["keys": .array(names.prefix(limit).map { .string($0) })]).write(into: &body)
        return reply
    }

    func renew(_ id: String, _ incrementSeconds: Int?) async throws(LeaseError) -> EngineReply {
        if Self.namesToken(id) { throw .belongsToToken }
        let ticket = try await leases.renew(id, incrementSeconds: incrementSeconds)
        var reply = EngineReply(warnings: ticket.warnings)
        reply.grant = .renewed(
            RenewedLease(leaseID: ticket.leaseID, seconds: ticket.seconds, isRenewable: ticket.isRenewable))
        return reply
    }

    /// Ends the token of a token's lease; false for every other lease.
    func isTokenRevoked(_ id: String) async throws(LeaseError) -> Bool {
        guard Self.namesToken(id) else { return false }
        return try await ofTokens { (tokens) async throws(TokenFault) in try await tokens.revokeLease(id) } ?? false
    }

    func endTokens(below prefix: String) async throws(LeaseError) {
        _ = try await ofTokens { (tokens) async throws(TokenFault) in try await tokens.revokeLeases(below: prefix) }
    }

    func count(into body: inout ByteWriter) -> EngineReply {
        let lanes = leases.lanes()
        JSON.object([
            "lease_count": .int(leases.count),
            "counts": .object(
                Dictionary(lanes.map { ($0.lane.mount, .int($0.leases)) }, uniquingKeysWith: { first, _ in first })),
        ]).write(into: &body)
        return EngineReply()
    }

    func queue(_ limit: Int, into body: inout ByteWriter) -> EngineReply {
        let entries = leases.queue(limit: limit).map { entry -> JSON in
            .object([
                "lease_id": .string(entry.leaseID), "attempts": .int(entry.trouble.attempts),
                "reason": .string(entry.trouble.reason), "refused": .bool(entry.trouble.isRefused),
                "since": .string(SystemPaths.timestamp(entry.trouble.since)),
                "next_try": .string(SystemPaths.timestamp(entry.trouble.nextTry)),
            ])
        }
        let mounts = leases.lanes().filter { $0.failing > 0 || $0.lane.awayUntil > 0 || $0.lane.busy > 0 }
        JSON.object([
            "queue": .array(entries),
            "mounts": .array(
                mounts.map { report in
                    .object([
                        "mount": .string(report.lane.mount), "leases": .int(report.leases),
                        "under_way": .int(report.lane.busy), "failing": .int(report.failing),
                        "failures_in_a_row": .int(report.lane.failures), "reason": .string(report.lane.reason),
                        "away_until": report.lane.awayUntil == 0
                            ? .null : .string(SystemPaths.timestamp(report.lane.awayUntil)),
                    ])
                }),
        ]).write(into: &body)
        return EngineReply()
    }

    private func ofTokens<Value>(
        _ question: (any TokenLeases) async throws(TokenFault) -> Value?
    ) async throws(LeaseError) -> Value? {
        guard let tokens else { return nil }
        do throws(TokenFault) { return try await question(tokens) } catch { throw .storage }
    }

    /// Whether a lease is a token's: its last segment is `h` and 64 hex digits.
    private static func namesToken(_ id: String) -> Bool {
        let tail = id.utf8.suffix(65)
        return tail.count == 65 && tail.first == UInt8(ascii: "h")
            && tail.dropFirst().allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
            && (id.utf8.count == 65 || id.utf8.dropLast(65).last == UInt8(ascii: "/"))
    }
}
