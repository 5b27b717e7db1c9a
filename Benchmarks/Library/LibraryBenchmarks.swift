internal import Benchmark
internal import Bytes
internal import Foundation
internal import Primitives

/// The library's own speed, without engine and HTTP. `swift package benchmark --target library-benchmarks`.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.throughput, .wallClock, .cpuTotal], scalingFactor: .kilo, maxDuration: .milliseconds(500))
    for algorithm in AEADAlgorithm.allCases {
        for size in [16, 64, 1024, 65_536] { cipherBenchmarks(algorithm, size) }
    }
    derivationBenchmarks()
    for level in ["scalar", "neon", "avx2", "avx512vbmi"] where Base64.select(level: level) == level {
        codecBenchmarks(level)
    }
    _ = Base64.select(level: "avx512vbmi")
    scanBenchmark()
}

private func cipherBenchmarks(_ algorithm: AEADAlgorithm, _ size: Int) {
    Benchmark("\(algorithm.standardName) seal \(size) B") { benchmark in
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        let memory = Memory(plain: size, sealed: size + algorithm.overhead)
        for _ in benchmark.scaledIterations {
            try key.seal(memory.plain, authenticating: .empty, into: memory.output)
        }
    }
    Benchmark("\(algorithm.standardName) open \(size) B") { benchmark in
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        let (source, target) = (
            Memory(plain: size, sealed: size + algorithm.overhead), Memory(plain: 1, sealed: size)
        )
        try key.seal(source.plain, authenticating: .empty, into: source.output)
        for _ in benchmark.scaledIterations {
            blackHole(try key.open(source.sealed, authenticating: .empty, into: target.output))
        }
    }
}

private func derivationBenchmarks() {
    Benchmark("HMAC-SHA256 64 B") { benchmark in
        let memory = Memory(plain: 64, sealed: 32)
        let key = try HMACKey(.sha2_256, key: memory.plain)
        for _ in benchmark.scaledIterations { try key.authenticate(memory.plain, into: memory.output) }
    }
    Benchmark("HKDF-SHA256 expand to 64 B") { benchmark in
        let memory = Memory(plain: 32, sealed: 64)
        let key = try HKDFKey(extractingSHA256: memory.plain)
        for _ in benchmark.scaledIterations { try key.expand(info: memory.plain, count: 64, into: memory.output) }
    }
}

private func codecBenchmarks(_ level: String) {
    Benchmark("base64 encode 64 B, \(level)") { benchmark in
        _ = Base64.select(level: level)
        let memory = Memory(plain: 64, sealed: 1)
        var writer = ByteWriter(capacity: 1024)
        for _ in benchmark.scaledIterations {
            writer.truncate(to: 0)
            writer.append(base64: memory.plain)
        }
    }
    Benchmark("base64 decode to 64 B, \(level)") { benchmark in
        _ = Base64.select(level: level)
        let text = Memory(bytes: Array(Data(repeating: 0x5A, count: 64).base64EncodedData()))
        let output = Memory(plain: 1, sealed: Base64.decodedRoom(text.plain.count))
        for _ in benchmark.scaledIterations { blackHole(Base64.decode(text.plain, into: output.output)) }
    }
}

private func scanBenchmark() {
    Benchmark("JSON scan, batch of 1000 x 32 B", configuration: .init(scalingFactor: .one)) { benchmark in
        let item = "{\"plaintext\":\"" + Data(repeating: 0x5A, count: 32).base64EncodedString() + "\"}"
        let list = Array(repeating: item, count: 1000).joined(separator: ",")
        let body = Memory(bytes: Array("{\"batch_input\":[\(list)]}".utf8))
        for _ in benchmark.scaledIterations {
            var (scanner, isFirst) = (JSONScanner(body.plain, depthLimit: 300), true)
            guard try scanner.openDocument() else { continue }
            while try scanner.nextMember(&isFirst) != nil { blackHole(try scanner.scanValue()) }
        }
    }
}

/// Input and room for output, at addresses that stay. Never freed: a few kilobytes per benchmark, and no reference
/// counting between the measured calls.
private struct Memory {
    let plain: ByteView
    let output: UnsafeMutablePointer<UInt8>
    private let room: Int

    /// Input out of `bytes`, without room for output.
    init(bytes: [UInt8], room: Int = 0) {
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        input.copyBytes(from: bytes)
        plain = ByteView(UnsafeRawBufferPointer(rebasing: input[..<bytes.count]))
        output = .allocate(capacity: room + 64)
        self.room = room
    }

    init(plain: Int, sealed: Int) { self.init(bytes: [UInt8](repeating: 0x5A, count: plain), room: sealed) }

    /// What was written as output.
    var sealed: ByteView { ByteView(UnsafeRawBufferPointer(start: output, count: room)) }
}
