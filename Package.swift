// swift-tools-version: 6.2
import PackageDescription

// Who may import whom, low floor to high; Tests/TidyTests fails on an edge that is not here.
// floors:begin
let floors: [String: [String]] = [
    "COpenSSL": [],
    "CGcrypt": [],
    "CSIMD": [],
    "Bytes": ["CSIMD"],
    "Primitives": ["Bytes", "COpenSSL", "CGcrypt"],
    "KeyRings": ["Primitives", "Bytes"],
    "Storage": ["Bytes"],
    "Vocabulary": ["Bytes"],
    "EngineKit": ["Vocabulary", "Storage", "Bytes"],
    "TransitEngine": ["EngineKit", "Vocabulary", "Storage", "KeyRings", "Primitives", "Bytes"],
    "SystemEngine": ["EngineKit", "Vocabulary", "Bytes"],
    "Dispatching": ["EngineKit", "Vocabulary", "Storage", "Bytes", "Primitives"],
    "HTTPAPI": ["Dispatching", "Vocabulary", "Bytes"],
    "strongroom": [
        "HTTPAPI", "Dispatching", "SystemEngine", "TransitEngine", "EngineKit", "Storage", "KeyRings", "Primitives",
        "Vocabulary", "Bytes",
    ],
]
// floors:end

/// CI sets STRONGROOM_WARNINGS_AS_ERRORS=1; a user's newer compiler must not fail on a new warning.
let strict = Context.environment["STRONGROOM_WARNINGS_AS_ERRORS"] == "1"

let house: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// The hot loops cross the borders of our targets item by item; `package` declarations are inlined across them only by
/// package-wide optimisation, which in turn asks for library evolution (measured: see Benchmarks/README.md).
let inlinedAcrossTargets: [SwiftSetting] = [
    .unsafeFlags(
        ["-enable-library-evolution", "-Xfrontend", "-package-cmo", "-Xfrontend", "-allow-non-resilient-access"],
        .when(configuration: .release))
]

func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }

/// A target of the house: its own dependencies come from the table above.
func room(_ name: String, _ external: [Target.Dependency] = []) -> Target {
    .target(
        name: name,
        dependencies: (floors[name] ?? []).map { .target(name: $0) } + external,
        swiftSettings: house + (external.isEmpty ? inlinedAcrossTargets : []))
}

func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .target(name: $0) }, exclude: exclude, swiftSettings: house)
}

let package = Package(
    name: "strongroom",
    products: [.executable(name: "strongroom", targets: ["strongroom"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CGcrypt", pkgConfig: "libgcrypt", providers: [.apt(["libgcrypt20-dev"])]),
        .target(name: "CSIMD"),
        room("Bytes"),
        room("Primitives"),
        room("KeyRings"),
        room("Storage"),
        room("Vocabulary"),
        room("EngineKit"),
        room("TransitEngine"),
        room("SystemEngine"),
        room("Dispatching"),
        room("HTTPAPI", [nio("NIOCore"), nio("NIOPosix")]),
        .executableTarget(
            name: "strongroom",
            dependencies: (floors["strongroom"] ?? []).map { .target(name: $0) } + [
                .product(name: "ArgumentParser", package: "swift-argument-parser")
            ],
            swiftSettings: house),
        tests("TidyTests", []),
        tests("PrimitivesTests", ["Primitives", "Bytes", "CGcrypt", "COpenSSL"]),
        tests("ServerTests", ["strongroom", "Primitives"]),
        tests("HTTPAPITests", ["HTTPAPI", "Dispatching", "Vocabulary", "Bytes"]),
        // What several test targets and the fuzz targets lean on: seeds, borrowed bytes, troubled storage.
        .target(
            name: "TestAids", dependencies: ["Storage", "Bytes"], path: "Tests/StorageTests/Aids", swiftSettings: house),
        tests("BytesTests", ["Bytes", "TestAids"]),
        tests("VocabularyTests", ["Vocabulary", "TestAids"]),
        tests("StorageTests", ["Storage", "Bytes", "TestAids"], exclude: ["Aids"]),
        tests("KeyRingsTests", ["KeyRings", "Primitives", "Bytes", "TestAids"]),
        tests("EngineKitTests", ["EngineKit", "Vocabulary", "Bytes", "TestAids"]),
        tests(
            "TransitEngineTests",
            ["TransitEngine", "EngineKit", "Vocabulary", "Storage", "KeyRings", "Bytes", "TestAids"]),
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
            name: "load-report",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Benchmarks/LoadReport/Sources", swiftSettings: house),
        .executableTarget(
            name: "library-benchmarks",
            dependencies: ["Primitives", "Bytes", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Library", swiftSettings: house,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
