import Foundation
import Testing

/// The Python suite in Tests/Blackbox: written against the wire facts, driving the real binary over sockets and with
/// hvac, the field's Python client.
@Suite struct BlackboxTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Blackbox")

    /// A Python environment beside the build products, made once and anew when the requirements change.
    private static func python() throws -> URL {
        let requirements = folder.appendingPathComponent("requirements.txt")
        let venv = Binary.url.deletingLastPathComponent().appendingPathComponent("blackbox-venv")
        let python = venv.appendingPathComponent("bin/python")
        let stamp = venv.appendingPathComponent("requirements.txt")
        let wanted = try Data(contentsOf: requirements)
        if let installed = try? Data(contentsOf: stamp), installed == wanted { return python }
        let made = try Binary.run(named: "python3", ["-m", "venv", "--clear", venv.path])
        #expect(made.status == 0, "python3 -m venv: \(made.errors)")
        let installed = try Binary.run(
            python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements.path])
        #expect(installed.status == 0, "pip install: \(installed.errors)")
        try wanted.write(to: stamp)
        return python
    }

    @Test func `the black-box suite and hvac find what the wire facts promise`() throws {
        let python = try Self.python()
        let outcome = try Binary.run(
            python, ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-x", "--maxfail=20"],
            environment: ["STRONGROOM_BINARY": Binary.url.path, "PYTHONDONTWRITEBYTECODE": "1"],
            directory: Self.folder, seconds: 2400)
        #expect(outcome.status == 0, "\(outcome.output.suffix(6000))\(outcome.errors.suffix(2000))")
        #expect(outcome.output.contains(" passed"), "pytest ran no test")
        print("Tests/Blackbox: " + (outcome.output.split(separator: "\n").last.map(String.init) ?? ""))
    }
}
