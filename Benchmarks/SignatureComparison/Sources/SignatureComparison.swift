internal import Bytes
internal import CountingMalloc
internal import Glibc
internal import Primitives

/// `signature-comparison`: OpenSSL and BoringSSL in turns (A B A B …), as the table in Primitives wants it.
///
/// Prints medians of the rounds in microseconds of this thread's processor time, their ratio, heap blocks per call, and
/// the library that the table has. Both go through the same calls of `PrivateKey` and `PublicKey`.
@main
enum SignatureComparison {
    private static let rounds = 9
    private static let roundMicroseconds = 40_000.0

    static func main() throws {
        try CryptoLibraries.start()
        print(columns("operation", "openssl us", "boringssl us", "ratio", "blocks", "blocks", "table"))
        for algorithm in AsymmetricAlgorithm.allCases where algorithm.signatureLibraries.contains(.boringssl) {
            try compare(algorithm)
        }
        print("\n" + columns("load of PKCS #8", "import us", "checked us", "ratio", "blocks", "blocks", ""))
        for algorithm in AsymmetricAlgorithm.allCases { try compareLoads(algorithm) }
    }

    private static func compare(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let scheme: SignatureScheme = algorithm == .ed25519 ? .ed25519 : .ecdsa(.asn1)
        let input = ByteView("thirty-two bytes for a signature")
        let output = UnsafeMutablePointer<UInt8>.allocate(capacity: algorithm.signatureRoom)
        defer { output.deallocate() }
        try report("\(algorithm.wireName) sign", algorithm.library(for: .signing)) { library in
            _ = try key.sign(input, scheme, into: output, via: library)
        }
        let length = try key.sign(input, scheme, into: output)
        let signature = ByteView(UnsafeRawBufferPointer(start: output, count: length))
        try report("\(algorithm.wireName) verify", algorithm.library(for: .verifying)) { library in
            guard try key.publicKey.verify(signature, of: input, scheme, via: library) else { throw Refused() }
        }
    }

    private static func compareLoads(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let der = try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in der.array }
        try der.withUnsafeBytes { bytes in
            let view = ByteView(bytes)
            // The left column is the load that tries a signature.
            try report("\(algorithm.wireName)", nil) { library in
                if library == .openssl {
                    _ = try PrivateKey(pkcs8: view)
                } else {
                    _ = try PrivateKey(checkedPKCS8: view)
                }
            }
        }
    }

    private static func report(
        _ name: String, _ chosen: CryptoLibrary?, _ body: (CryptoLibrary) throws -> Void
    ) throws {
        let first = try time(20) { try body(.openssl) } + time(20) { try body(.boringssl) }
        let turns = max(5, Int(roundMicroseconds / max(first / 2, 1)))
        var (left, right, ratios): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<rounds {
            left.append(try time(turns) { try body(.openssl) })
            right.append(try time(turns) { try body(.boringssl) })
            ratios.append(left[left.count - 1] / right[right.count - 1])
        }
        let blocks = (try count { try body(.openssl) }, try count { try body(.boringssl) })
        print(
            columns(
                name, fixed(median(left)), fixed(median(right)), fixed(median(ratios)), "\(blocks.0)", "\(blocks.1)",
                chosen.map { "\($0)" } ?? ""))
    }

    /// Microseconds of one turn.
    private static func time(_ turns: Int, _ body: () throws -> Void) throws -> Double {
        let start = now()
        for _ in 0..<turns { try body() }
        return (now() - start) / Double(turns)
    }

    private static func count(_ body: () throws -> Void) throws -> UInt64 {
        strongroom_malloc_count_start()
        for _ in 0..<10 { try body() }
        strongroom_malloc_count_stop()
        return strongroom_malloc_count() / 10
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func fixed(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

    private static func columns(_ cells: String...) -> String {
        cells.map { $0 + String(repeating: " ", count: max(1, 20 - $0.utf8.count)) }.joined()
    }

    /// A library refused a signature that holds.
    private struct Refused: Error {}
}
