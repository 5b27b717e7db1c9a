internal import Bytes
internal import CountingMalloc

/// How many blocks requests take from the heap.
struct Allocations: Encodable {
    /// Blocks per request without a batch.
    let perSingleRequest: Double
    /// Blocks per batch of 1,000 items.
    let perBatchOf1000: Double
    /// Blocks per batch of 10,000 items.
    let perBatchOf10000: Double
    /// Blocks that each of the additional 9,000 items costs.
    let perItem: Double

    /// Counts with a response buffer that has grown already, as the server's has.
    init(_ loop: TransitLoop, size: Int) throws {
        perSingleRequest = try Self.count(loop, BatchBody(items: nil, size: size))
        perBatchOf1000 = try Self.count(loop, BatchBody(items: 1000, size: size))
        perBatchOf10000 = try Self.count(loop, BatchBody(items: 10_000, size: size))
        perItem = (perBatchOf10000 - perBatchOf1000) / 9000
    }

    private static func count(_ loop: TransitLoop, _ body: BatchBody) throws -> Double {
        let turns = 20
        var output = ByteWriter()
        while true {
            for _ in 0..<2 { _ = try loop.turn(body, into: &output) }
            var isUndisturbed = true
            strongroom_malloc_count_start()
            for _ in 0..<turns where try !loop.turn(body, into: &output) { isUndisturbed = false }
            strongroom_malloc_count_stop()
            // A turn that went to storage has another cost; count again without one.
            if isUndisturbed { return Double(strongroom_malloc_count()) / Double(turns) }
        }
    }
}
