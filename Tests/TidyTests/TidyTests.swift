import Foundation
import Testing

/// The house rules, applied to the tree itself. Each failure names file and line.
@Suite struct TidyTests {
    private let everything = Repository.sources + Repository.tests + Repository.benchmarks

    @Test func `the sources are found`() {
        #expect(Repository.sources.contains { $0.target == "strongroom" })
        #expect(Repository.tests.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    }

    @Test func `the table of floors has only arrows that point down`() throws {
        #expect(Floors(manifest: try Repository.manifest()).faults().joined(separator: "\n") == "")
    }

    @Test func `every import in Sources is in the table of floors`() throws {
        let floors = Floors(manifest: try Repository.manifest())
        expectNone(Repository.sources, floors.forbiddenImports)
    }

    @Test func `every dependency is pinned to an exact version`() throws {
        expectNone([SourceFile(path: "Package.swift", try Repository.manifest())], Manifest.unpinned)
    }

    @Test func `no target has a vague name`() throws {
        let names = try ["Sources", "Tests", "Benchmarks"].flatMap(Repository.folders)
        #expect(Manifest.vagueNames(names + Floors(manifest: try Repository.manifest()).order) == [])
    }

    @Test func `no file is over 500 lines`() { expectNone(everything, Shape.longFiles) }

    @Test func `no line is over 120 columns`() { expectNone(everything, Shape.longLines) }

    @Test func `no function is over 60 lines`() { expectNone(everything, Shape.longFunctions) }

    @Test func `nothing in Sources crashes on a surprise`() { expectNone(Repository.sources, Wording.crashes) }

    @Test func `nothing in Sources is public`() { expectNone(Repository.sources, Wording.wideAccess) }

    @Test func `nothing in Sources is left for later`() { expectNone(Repository.sources, Wording.leftovers) }

    @Test func `unchecked sharing is explained on the line above`() {
        expectNone(Repository.sources, Wording.unexplainedSharing)
    }

    @Test func `every package declaration has its sentence`() {
        let requirements = Documentation.requirements(in: Repository.sources)
        expectNone(Repository.sources) { Documentation.missing(in: $0, requirements: requirements) }
    }

    @Test func `no test is switched off`() { expectNone(Repository.tests, Wording.switchedOffTests) }

    private func expectNone(
        _ files: [SourceFile], _ check: (SourceFile) -> [Finding], location: SourceLocation = #_sourceLocation
    ) {
        let found = files.flatMap(check)
        guard !found.isEmpty else { return }
        Issue.record("\(found.map(\.description).joined(separator: "\n"))", sourceLocation: location)
    }
}
