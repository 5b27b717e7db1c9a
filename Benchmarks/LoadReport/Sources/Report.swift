/// One line of the table.
struct Row: Codable {
    var name: String
    let items: Int
    let size: Int
    let connections: Int
    /// Medians over the rounds.
    let sample: Sample
    /// Server time per request over that of the echo, for rows that were measured beside it.
    var ratioToEcho: Double?
    /// Items per processor second over those of the library loop, for batches.
    var ratioToLoop: Double?
    /// The library loop in the same rounds.
    var loop: LoopRates?

    var itemsPerSecond: Double { sample.requestsPerSecond * Double(items) }
    var itemsPerProcessorSecond: Double { Double(items) / sample.processorMicroseconds * 1e6 }
    var bytesPerProcessorSecond: Double { itemsPerProcessorSecond * Double(size) }
}

/// What library-loop prints.
struct LoopRates: Codable {
    let simd: String
    let itemsPerSecond: Double
    let itemsPerProcessorSecond: Double
}

/// What library-loop prints with `--allocations`.
struct Allocations: Codable {
    let perSingleRequest: Double
    let perBatchOf1000: Double
    let perBatchOf10000: Double
    let perItem: Double
}

/// What library-loop prints with `--steps`.
struct Step: Codable {
    let name: String
    let bytes: Int
    let nanoseconds: Double
}

/// A batch of 1000 × 32 B at one instruction set.
struct SIMDRow: Codable {
    let level: String
    let row: Row
}

/// Everything that a run has shown.
struct Report: Codable {
    var simd = ""
    var cores = 0
    var opensslVersion = ""
    var rows: [Row] = []
    var simdRows: [SIMDRow] = []
    /// Signatures over HTTP beside the library's own.
    var signatures: [SignatureRow] = []
    /// What signature-comparison prints: both libraries, and which one the table has.
    var signatureLibraries = ""
    /// `openssl speed` in bytes per processor second, by message length.
    var opensslSpeed: [Int: Double] = [:]
    var steps: [Step] = []
    var allocations: Allocations?
    var idle: Resident?
    var loaded: Resident?
    var startMilliseconds: Double = .nan
    /// What TLS leaves of the requests per processor second.
    var tlsShare: Double = .nan
    /// Items per second of an audited batch, by the wall clock and beside wrk, times the seconds that one request of
    /// the echo costs: faster cores do not change it, more of them do.
    var auditedItemsPerEcho: Double = .nan
    /// Items per processor second of a batch to be decrypted over those of the batch that encrypted them.
    var openedOverSealed: Double = .nan

    func row(_ name: String) -> Row? { rows.first { $0.name == name } }

    /// The 1 KiB batches against `openssl speed`.
    var sealedShareOfOpenSSL: Double? {
        guard let row = row(RowName.batch(1000, 1024)), let ceiling = opensslSpeed[1024] else { return nil }
        return row.bytesPerProcessorSecond / ceiling
    }
}

/// Names by which rows are found again.
enum RowName {
    static func single(_ connections: Int) -> String { "encrypt 64 B, \(connections) conn" }
    static func echo(_ connections: Int) -> String { "NIO echo, same request, \(connections) conn" }
    static let openedBatch = "decrypt batch 1000 x 32 B"
    static func batch(_ items: Int, _ size: Int) -> String {
        "encrypt batch \(items) x \(size == 1024 ? "1 KiB" : "\(size) B")"
    }
}

extension Array where Element == Double {
    /// The middle value.
    var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

extension Array where Element == Sample {
    /// The middle of each figure.
    var median: Sample {
        Sample(
            requestsPerSecond: map(\.requestsPerSecond).median,
            processorMicroseconds: map(\.processorMicroseconds).median, p99Milliseconds: map(\.p99Milliseconds).median)
    }
}
