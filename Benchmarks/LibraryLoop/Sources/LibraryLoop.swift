internal import ArgumentParser
internal import Bytes
internal import Foundation

/// `library-loop`: the transit engine without HTTP, as a ceiling for the server's batches.
@main
struct LibraryLoop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "library-loop",
        abstract: "Run encrypt requests through the engine in memory and print rates as JSON.")

    @Option(help: "Items per batch; 0 stands for requests without a batch.")
    var items = 1000
    @Option(help: "Plaintext bytes per item.")
    var size = 32
    @Option(help: "Threads.")
    var threads = 2
    @Option(help: "Seconds to run.")
    var seconds = 3.0
    @Option(help: "Instruction set: scalar, neon, avx2 or avx512vbmi, or the best one below that is there.")
    var simd: String?
    @Option(help: "Sign with a key of this type instead: ed25519, ecdsa-p256, rsa-2048 or ml-dsa-65.")
    var sign: String?
    @Flag(help: "Measure the single steps instead.")
    var steps = false
    @Flag(help: "Count allocations instead.")
    var allocations = false

    func validate() throws {
        guard items >= 0, size >= 0, (1...256).contains(threads), seconds > 0 else {
            throw ValidationError("items, size, threads and seconds must be positive")
        }
    }

    func run() async throws {
        if let simd, Base64.select(level: simd) == nil { throw LoopFault.unknownLevel(simd) }
        if let sign { return try show(measure(SignLoop(sign))) }
        let loop = try await TransitLoop()
        if steps { return try show(Step.all(loop, seconds: seconds / 10)) }
        if allocations { return try show(Allocations(loop, size: size)) }
        try show(measure(loop))
    }

    private func measure(_ loop: TransitLoop) throws -> Rates {
        let body = BatchBody(items: items == 0 ? nil : items, size: size)
        return try rates(of: max(items, 1)) { try loop.run(body, threads: threads, seconds: $0) }
    }

    private func measure(_ loop: SignLoop) throws -> Rates {
        try rates(of: 1) { try loop.run(threads: threads, seconds: $0) }
    }

    private func rates(of itemsPerTurn: Int, _ run: (_ seconds: Double) throws -> Int) throws -> Rates {
        _ = try run(min(seconds / 10, 0.2))
        let (wall, processor) = (ContinuousClock.now, Self.processorSeconds())
        let done = Double(try run(seconds) * itemsPerTurn)
        let wallSeconds = (ContinuousClock.now - wall) / .seconds(1)
        return Rates(
            simd: Base64.level, items: items, size: size, threads: threads, itemsPerSecond: done / wallSeconds,
            itemsPerProcessorSecond: done / (Self.processorSeconds() - processor))
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func show(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// What a run has shown.
private struct Rates: Encodable {
    let simd: String
    let items: Int
    let size: Int
    let threads: Int
    let itemsPerSecond: Double
    let itemsPerProcessorSecond: Double
}
