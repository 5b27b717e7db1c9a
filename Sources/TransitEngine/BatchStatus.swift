internal import EngineKit
internal import Vocabulary

/// What came of the items of a batch, and the one place that makes a status of it.
struct BatchTally: Sendable, Equatable {
    /// Items with a result.
    var succeeded = 0
    /// Items that failed through the client's mistake.
    var failedByClient = 0
    /// Items that failed through ours.
    var failedByServer = 0

    /// Adds another part of the same batch.
    mutating func add(_ other: BatchTally) {
        succeeded += other.succeeded
        failedByClient += other.failedByClient
        failedByServer += other.failedByServer
    }

    /// Counts one failed item.
    mutating func count(_ error: TransitError) {
        switch error.faultClass {
        case .internal, .unavailable: failedByServer += 1
        default: failedByClient += 1
        }
    }

    /// Status and warnings of the whole reply. **Source** wire facts §4.12, "Batch status".
    ///
    /// All good: 200. Else 400, or 500 when only the server failed; where at least one item succeeded, the client's
    /// `partial_failure_response_code` (200...599) is used instead.
    func reply(partialFailureCode: Int?, warnings: [String]) -> EngineReply {
        if failedByClient + failedByServer == 0 { return EngineReply(warnings: warnings) }
        let status = failedByClient > 0 ? 400 : 500
        guard let code = partialFailureCode, succeeded > 0 else {
            return EngineReply(status: status, warnings: warnings)
        }
        // A status without a body would lose the results.
        if (200...599).contains(code) && code != 204 && code != 304 {
            return EngineReply(status: code, warnings: warnings)
        }
        let warning =
            "invalid HTTP response code override from partial_failure_response_code, reverting to \(status)"
        return EngineReply(status: status, warnings: warnings + [warning])
    }
}
