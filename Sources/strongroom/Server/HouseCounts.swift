internal import Dispatching
internal import EngineKit
internal import Identity
internal import Tokens

/// What `sys/internal/counters` tells.
struct HouseCounts: ServerCounts {
    let open: OpenServer

    var serviceTokens: Int { open.tokens.count }
    var entities: Int { open.entities.read { $0.entities.count } }
    var requests: Int { open.mounts.traffic.reduce(0) { sum, mount in sum + mount.counts.reduce(0) { $0 + $1.count } } }
}
