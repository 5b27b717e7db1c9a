// swift-tools-version: 6.2
import PackageDescription

// Who may import whom, low floor to high; Tests/TidyTests fails on an edge that is not here.
// floors:begin
let floors: [String: [String]] = [
    "COpenSSL": [],
    "CGcrypt": [],
    "CPostgreSQL": [],
    "CMariaDB": [],
    "CHiredis": [],
    "CSIMD": [],
    "CProfiler": [],
    "Bytes": ["CSIMD"],
    "Primitives": ["Bytes", "COpenSSL", "CGcrypt"],
    "Certificates": ["Primitives", "Bytes"],
    "KeyRings": ["Primitives", "Bytes"],
    "Storage": ["Bytes"],
    "SQLiteStorage": ["Storage", "Bytes"],
    "Vocabulary": ["Bytes"],
    "HCL": ["Vocabulary", "Bytes"],
    "Settings": ["Vocabulary", "HCL", "Bytes"],
    "Barrier": ["Vocabulary", "Storage", "Primitives", "Bytes"],
    "EngineKit": ["Vocabulary", "Storage", "Bytes"],
    "Policies": ["Vocabulary", "HCL", "EngineKit", "Storage", "Bytes"],
    "Tokens": ["Vocabulary", "EngineKit", "Storage", "Primitives", "Bytes"],
    "Leases": ["Vocabulary", "EngineKit", "Storage", "Primitives", "Bytes"],
    "Quotas": ["EngineKit", "Leases", "Vocabulary", "Storage", "Bytes"],
    "Identity": ["Vocabulary", "EngineKit", "Storage", "Primitives", "Bytes"],
    "Auditing": ["Vocabulary", "EngineKit", "Storage", "Primitives", "Bytes"],
    "TransitEngine": [
        "EngineKit", "Vocabulary", "Storage", "KeyRings", "Certificates", "Primitives", "Bytes",
    ],
    "SystemEngine": [
        "EngineKit", "Policies", "Tokens", "Leases", "Quotas", "Identity", "Auditing", "Vocabulary", "HCL", "Storage",
        "Primitives",
        "Bytes",
    ],
    "KVEngine": ["EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes"],
    "CubbyholeEngine": ["EngineKit", "Vocabulary", "Storage", "Bytes"],
    "IdentityEngine": ["EngineKit", "Identity", "Vocabulary", "Storage", "Primitives", "Bytes"],
    "DatabaseEngine": ["EngineKit", "Vocabulary", "HCL", "Storage", "Primitives", "Bytes"],
    "PostgreSQLPlugin": ["DatabaseEngine", "CPostgreSQL"],
    "MariaDBPlugin": ["DatabaseEngine", "CMariaDB"],
    "RedisPlugin": ["DatabaseEngine", "CHiredis"],
    "TokenAuth": [
        "EngineKit", "Tokens", "Leases", "Policies", "Identity", "Vocabulary", "Storage", "Primitives", "Bytes",
    ],
    "UserpassAuth": ["EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes"],
    "AppRoleAuth": ["EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes"],
    "Dispatching": [
        "EngineKit", "Policies", "Tokens", "Leases", "Identity", "Auditing", "Vocabulary", "Storage", "Bytes",
        "Primitives",
    ],
    "HTTPAPI": ["Dispatching", "EngineKit", "Vocabulary", "Bytes"],
    "StrongroomClient": ["Vocabulary", "Bytes"],
    "strongroom": [
        "StrongroomClient", "HTTPAPI", "Dispatching", "SystemEngine", "TransitEngine", "KVEngine", "CubbyholeEngine",
        "IdentityEngine", "DatabaseEngine", "PostgreSQLPlugin", "CPostgreSQL", "MariaDBPlugin", "RedisPlugin",
        "TokenAuth",
        "UserpassAuth", "AppRoleAuth", "EngineKit", "Policies",
        "Tokens",
        "Leases", "Quotas", "Identity", "Auditing", "Settings", "HCL", "Barrier", "SQLiteStorage", "Storage",
        "KeyRings",
        "Certificates", "Primitives", "Vocabulary", "Bytes", "CProfiler",
    ],
]
// floors:end

/// CI sets STRONGROOM_WARNINGS_AS_ERRORS=1; a user's newer compiler must not fail on a new warning.
let strict = Context.environment["STRONGROOM_WARNINGS_AS_ERRORS"] == "1"

/// `.ci/fuzz-smoke` sets STRONGROOM_FUZZ=1, and STRONGROOM_FUZZ_RUNTIME to the archive of libFuzzer without `main`: the
/// house is then built for libFuzzer and the address sanitizer, and the fuzz targets exist.
let fuzzing = Context.environment["STRONGROOM_FUZZ"] == "1"

let house: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])
    + (fuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing", "-disable-cmo"])] : [])

/// The hot loops cross into Bytes for every item; `package` declarations are inlined across targets only by
/// package-wide
/// optimisation, which in turn asks for library evolution. For Bytes alone: in other targets, Swift 6.3.1 inlined the
/// allocation of classes that hold a Mutex or an Atomic with a wrong size where the client did not import
/// Synchronization.
let inlinedAcrossTargets: [SwiftSetting] = [
    .unsafeFlags(
        ["-enable-library-evolution", "-Xfrontend", "-package-cmo", "-Xfrontend", "-allow-non-resilient-access"],
        .when(configuration: .release))
]

func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }

let swiftCrypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
/// GRDB, and SQLite's own functions for what GRDB does not offer.
let sqlite: [Target.Dependency] = ["GRDB", "GRDBSQLite"].map { .product(name: $0, package: "GRDB.swift") }

/// A target of the house: its own dependencies come from the table above.
func room(_ name: String, _ external: [Target.Dependency] = [], sources: [String]? = nil) -> Target {
    .target(
        name: name,
        dependencies: (floors[name] ?? []).map { .target(name: $0) } + external,
        sources: sources,
        swiftSettings: house + (name == "Bytes" && !fuzzing ? inlinedAcrossTargets : []))
}

func tests(
    _ name: String, _ dependencies: [String], _ external: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .target(name: $0) } + external, exclude: exclude,
        swiftSettings: house)
}

/// One libFuzzer target per parser, in `Tests/Fuzz/<folder>`.
func fuzzer(_ name: String, _ folder: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: (dependencies + ["FuzzDriver"]).map { .target(name: $0) },
        path: "Tests/Fuzz/\(folder)",
        swiftSettings: house,
        linkerSettings: [
            .unsafeFlags([
                "-sanitize=address", "-use-ld=lld", "-Xlinker", Context.environment["STRONGROOM_FUZZ_RUNTIME"] ?? "",
                "-lstdc++",
            ])
        ])
}

let httpParsers = [
    "CharacterClass.swift", "ChunkedDecoder.swift", "RequestHead.swift", "RequestHeadParser.swift",
    "RequestHeadParser+Fields.swift",
]

let fuzzers: [Target] = [
    .target(name: "FuzzDriver", path: "Tests/Fuzz/Driver", swiftSettings: house),
    fuzzer("fuzz-json", "JSON", ["TransitEngine", "EngineKit", "Storage", "Vocabulary", "Bytes"]),
    fuzzer("fuzz-ciphertext", "Ciphertext", ["KeyRings", "Primitives", "Bytes"]),
    fuzzer("fuzz-base64", "Base64", ["TestAids", "Bytes"]),
    fuzzer("fuzz-request-head", "RequestHead", ["HTTPAPI", "Dispatching", "Bytes"]),
    fuzzer("fuzz-chunked-body", "ChunkedBody", ["HTTPAPI", "Dispatching", "Bytes"]),
    fuzzer("fuzz-record", "Record", ["KeyRings", "Primitives", "Bytes"]),
    fuzzer("fuzz-backup", "Backup", ["KeyRings", "Bytes"]),
    fuzzer("fuzz-hcl", "HCL", ["HCL", "Bytes"]),
    fuzzer("fuzz-import", "Import", ["KeyRings", "Primitives", "Bytes"]),
    fuzzer("fuzz-canary", "Canary", ["Bytes"]),
]

/// While working on a few rooms: STRONGROOM_ONLY=KVEngineTests,TidyTests leaves out all other tests and the benchmarks.
let only = Context.environment["STRONGROOM_ONLY"].map { $0.split(separator: ",").map(String.init) }

func isWanted(_ target: Target) -> Bool {
    guard let only else { return true }
    let isBenchmark = (target.path ?? "").hasPrefix("Benchmarks/") && target.name != "CountingMalloc"
    return only.contains(target.name) || (target.type != .test && !isBenchmark)
}

let package = Package(
    name: "strongroom",
    products: [.executable(name: "strongroom", targets: ["strongroom"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", exact: "1.7.4"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []),
    ],
    targets: ([
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CGcrypt", pkgConfig: "libgcrypt", providers: [.apt(["libgcrypt20-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "CSIMD", cSettings: fuzzing ? [.unsafeFlags(["-fsanitize=address,fuzzer-no-link"])] : []),
        .target(name: "CProfiler"),
        room("Bytes"),
        room("Primitives", [swiftCrypto]),
        room("Certificates", [.product(name: "SwiftASN1", package: "swift-asn1")]),
        room("KeyRings"),
        room("Storage"),
        room("SQLiteStorage", sqlite),
        room("Vocabulary"),
        room("HCL"),
        room("Settings"),
        room("Barrier"),
        room("EngineKit"),
        room("TransitEngine"),
        room("Policies"),
        room("Tokens"),
        room("Leases"),
        room("Quotas"),
        room("Identity"),
        room("Auditing"),
        room("KVEngine"),
        room("CubbyholeEngine"),
        room("IdentityEngine"),
        room("DatabaseEngine"),
        room("PostgreSQLPlugin"),
        room("MariaDBPlugin"),
        room("RedisPlugin"),
        room("TokenAuth"),
        room("UserpassAuth"),
        room("AppRoleAuth"),
        room("SystemEngine"),
        room(
            "StrongroomClient",
            [
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        room("Dispatching"),
        // A fuzz build holds only HTTPAPI's parsers: these need no NIO, whose build would take longer than all else.
        fuzzing
            ? room("HTTPAPI", sources: httpParsers)
            : room(
                "HTTPAPI",
                [
                    nio("NIOCore"), nio("NIOPosix"), nio("NIOTLS"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                    .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                    .product(name: "NIOHPACK", package: "swift-nio-http2"),
                ]),
        .executableTarget(
            name: "strongroom",
            dependencies: (floors["strongroom"] ?? []).map { .target(name: $0) } + [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: house),
        tests("TidyTests", []),
        tests("PrimitivesTests", ["Primitives", "Bytes", "CGcrypt", "COpenSSL"], [swiftCrypto]),
        tests("ServerTests", ["strongroom", "Primitives"]),
        tests("HTTPAPITests", ["HTTPAPI", "Dispatching", "Certificates", "Vocabulary", "Bytes"]),
        // What several test targets and the fuzz targets lean on: seeds, borrowed bytes, troubled storage.
        .target(
            name: "TestAids", dependencies: ["Storage", "Bytes"], path: "Tests/StorageTests/Aids",
            swiftSettings: house),
        tests("BytesTests", ["Bytes", "TestAids"]),
        tests("VocabularyTests", ["Vocabulary", "TestAids"]),
        tests("StrongroomClientTests", ["StrongroomClient", "Bytes"]),
        tests("HCLTests", ["HCL", "Bytes", "TestAids"]),
        tests("SettingsTests", ["Settings", "HCL", "Vocabulary", "Bytes", "TestAids"]),
        tests(
            "BarrierTests", ["Barrier", "SQLiteStorage", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"],
            sqlite),
        tests("StorageTests", ["Storage", "Bytes", "TestAids"], exclude: ["Aids"]),
        tests("CertificatesTests", ["Certificates", "Primitives", "Bytes", "TestAids"]),
        // A process for the tests of SQLite storage to kill, starve and lock out.
        .executableTarget(
            name: "storage-writer", dependencies: ["SQLiteStorage", "Storage"],
            path: "Tests/SQLiteStorageTests/Writer", swiftSettings: house),
        .testTarget(
            name: "SQLiteStorageTests",
            dependencies: ["SQLiteStorage", "Storage", "TestAids", "storage-writer"] + sqlite,
            exclude: ["Writer"], swiftSettings: house),
        tests("KeyRingsTests", ["KeyRings", "Primitives", "Bytes", "TestAids"]),
        tests("EngineKitTests", ["EngineKit", "Vocabulary", "Bytes", "TestAids"]),
        tests(
            "TransitEngineTests",
            ["TransitEngine", "EngineKit", "Vocabulary", "Storage", "KeyRings", "Primitives", "Bytes", "TestAids"]),
        tests("PoliciesTests", ["Policies", "EngineKit", "Vocabulary", "Storage", "Bytes", "TestAids"]),
        tests("TokensTests", ["Tokens", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests("LeasesTests", ["Leases", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "QuotasTests",
            ["Quotas", "Leases", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests("IdentityTests", ["Identity", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests("AuditingTests", ["Auditing", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests("KVEngineTests", ["KVEngine", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "CubbyholeEngineTests",
            ["CubbyholeEngine", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "IdentityEngineTests",
            ["IdentityEngine", "Identity", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "DatabaseEngineTests",
            [
                "DatabaseEngine", "PostgreSQLPlugin", "MariaDBPlugin", "RedisPlugin", "Leases", "EngineKit",
                "Vocabulary",
                "Storage", "Primitives", "Bytes", "TestAids",
            ]),
        tests(
            "TokenAuthTests", ["TokenAuth", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "UserpassAuthTests",
            ["UserpassAuth", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests(
            "AppRoleAuthTests",
            ["AppRoleAuth", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "TestAids"]),
        tests("SystemEngineTests", ["SystemEngine", "EngineKit", "Vocabulary", "Bytes", "TestAids"]),
        tests(
            "DispatchingTests",
            ["Dispatching", "EngineKit", "SystemEngine", "Vocabulary", "Storage", "Bytes", "TestAids"]),
        .target(name: "CountingMalloc", path: "Benchmarks/CountingMalloc"),
        // One folder deeper than the library benchmarks: the benchmark tool takes every executable target right below
        // Benchmarks for one of its own.
        .executableTarget(
            name: "echo-server", dependencies: [nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1")],
            path: "Benchmarks/Echo/Sources", swiftSettings: house),
        .executableTarget(
            name: "library-loop",
            dependencies: [
                "TransitEngine", "EngineKit", "Vocabulary", "Storage", "Primitives", "Bytes", "CountingMalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/LibraryLoop/Sources", swiftSettings: house),
        .executableTarget(
            name: "signature-comparison", dependencies: ["Primitives", "Bytes", "CountingMalloc"],
            path: "Benchmarks/SignatureComparison/Sources", swiftSettings: house),
        .executableTarget(
            name: "storage-bench",
            dependencies: [
                "SQLiteStorage", "Barrier", "Storage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + sqlite,
            path: "Benchmarks/StorageBench/Sources", swiftSettings: house),
        .executableTarget(
            name: "access-bench",
            dependencies: [
                "Tokens", "Policies", "EngineKit", "Vocabulary", "Storage", "Bytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/AccessBench/Sources", swiftSettings: house),
        .executableTarget(
            name: "credential-bench",
            dependencies: [
                "DatabaseEngine", "PostgreSQLPlugin", "CPostgreSQL", "Leases", "EngineKit", "SQLiteStorage", "Barrier",
                "Storage", "Vocabulary", "Primitives", "Bytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/CredentialBench/Sources", swiftSettings: house),
        .executableTarget(
            name: "lease-bench",
            dependencies: [
                "Leases", "EngineKit", "SQLiteStorage", "Barrier", "Storage", "Vocabulary", "Primitives", "Bytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/LeaseBench/Sources", swiftSettings: house),
        .executableTarget(
            name: "load-report",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Benchmarks/LoadReport/Sources", swiftSettings: house),
        .executableTarget(
            name: "library-benchmarks",
            dependencies: ["Primitives", "Bytes", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Library", swiftSettings: house,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ] + (fuzzing ? fuzzers : [])).filter(isWanted)
)
