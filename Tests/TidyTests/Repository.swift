import Foundation

/// The working tree that this test was compiled in.
enum Repository {
    static let root: URL = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let sources = swiftFiles(under: "Sources")
    static let tests = swiftFiles(under: "Tests")
    static let benchmarks = swiftFiles(under: "Benchmarks")

    static func manifest() throws -> String {
        try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    }

    /// The names of the folders directly under `folder`.
    static func folders(under folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles
        )
        .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
        .map(\.lastPathComponent).sorted()
    }

    private static func swiftFiles(under folder: String) -> [SourceFile] {
        let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (paths?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix(".swift") && !$0.contains(".build") && !$0.hasPrefix(".") }
            .sorted()
            .compactMap { path in
                let url = root.appending(path: folder).appending(path: path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                return SourceFile(path: "\(folder)/\(path)", text)
            }
    }
}
