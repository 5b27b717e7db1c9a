import Foundation
import HCL
import Settings
import TestAids

/// The least that a server can be told.
let least = "listener \"tcp\" { tls_disable = true }\nstorage \"inmem\" {}\n"

/// What comes of texts that are called `a.hcl`, `b.hcl` and so on.
func load(
    _ texts: String..., environment: [String: String] = [:], flags: [String: String] = [:]
) throws(HCLError) -> LoadedSettings {
    var documents: [HCLDocument] = []
    for (number, text) in texts.enumerated() {
        let file = "\(UnicodeScalar(UInt8(0x61 + number))).hcl"
        documents.append(
            try withView(text) { (view) throws(HCLError) in try HCLDocument.parse(view, file: file) })
    }
    return ServerSettings.interpret(documents, environment: environment, flags: flags)
}

extension LoadedSettings {
    var messages: [String] { errors.map(\.description) }
    var remarks: [String] { warnings.map(\.description) }
}

/// A folder that is gone at the end.
struct TemporaryFolder: ~Copyable {
    let path = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }
}
