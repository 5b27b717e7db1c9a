internal import Synchronization
internal import Vocabulary

/// Counts requests of many clients against one rate: for each client one number, the time at which it would be at rest.
///
/// **Concurrency** 16 shards with a short lock each. **Cost** no allocation for known clients; at most 65,536 clients
/// are remembered, and of more, those that are at rest are forgotten first. **Source** the generic cell rate algorithm,
/// ITU-T I.371.
final class RateMeter: Sendable {
    private struct Shard {
        // When a client's last allowance is used up. **Units** nanoseconds.
        var rest: [PeerAddress: Int] = [:]
        // Until when a client stays out.
        var blocked: [PeerAddress: Int] = [:]
    }

    private static let shardCount = 16
    private static let clientsPerShard = 4096
    private let shards: [Shelf]
    private let nanosecondsPerRequest: Int
    private let burstNanoseconds: Int
    private let blockNanoseconds: Int
    private let isGrouped: Bool

    private final class Shelf: Sendable {
        let shard = Mutex(Shard())
    }

    init(_ rule: QuotaRule) {
        let interval = Double(max(rule.intervalSeconds, 1)) * 1e9
        let each = interval * 1000 / Double(max(rule.milliRate, 1))
        nanosecondsPerRequest = Int(min(max(each, 1), 4e18))
        // A whole interval's requests may come at once, but one always may.
        burstNanoseconds = max(Int(min(interval, 4e18)), nanosecondsPerRequest)
        blockNanoseconds = min(max(rule.blockSeconds, 0), 1 << 30) * 1_000_000_000
        isGrouped = rule.grouping == .address
        shards = (0..<(rule.grouping == .address ? Self.shardCount : 1)).map { _ in Shelf() }
    }

    /// Counts one request; nil when it may go on, else the nanoseconds after which it is worth while to try again.
    func excess(from client: PeerAddress, now: Int) -> Int? {
        // A client is an address; its ports do not matter.
        let key = isGrouped ? PeerAddress(high: client.high, low: client.low) : .unknown
        let number = isGrouped ? Int(truncatingIfNeeded: (client.high ^ client.low) % UInt64(Self.shardCount)) : 0
        return shards[number].shard.withLock { shard in
            if let until = shard.blocked[key] {
                if until > now { return until - now }
                shard.blocked[key] = nil
            }
            let rest = max(shard.rest[key] ?? now, now)
            let next = rest &+ nanosecondsPerRequest
            guard next &- now <= burstNanoseconds else {
                if blockNanoseconds > 0 {
                    Self.makeRoom(&shard.blocked, now)
                    shard.blocked[key] = now &+ blockNanoseconds
                    return blockNanoseconds
                }
                return next &- now &- burstNanoseconds
            }
            if shard.rest[key] == nil { Self.makeRoom(&shard.rest, now) }
            shard.rest[key] = next
            return nil
        }
    }

    private static func makeRoom(_ table: inout [PeerAddress: Int], _ now: Int) {
        guard table.count >= clientsPerShard else { return }
        table = table.filter { $0.value > now }
        // Who floods the table with addresses makes nobody else wait: the fullest are forgotten.
        if table.count >= clientsPerShard { table.removeAll(keepingCapacity: true) }
    }
}
