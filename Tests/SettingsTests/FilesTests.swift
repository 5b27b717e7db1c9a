import Bytes
import Foundation
import Settings
import TestAids
import Testing

@Suite("Configuration files on disk")
struct FilesTests {
    @Test("A folder's files are read in byte order, hidden ones and others left out")
    func folder() throws {
        let folder = try TemporaryFolder()
        try folder.write("B.hcl", "log_level = \"debug\"".utf8)
        try folder.write("a.json", #"{"log_level": "error", "storage": {"inmem": {}}}"#.utf8)
        try folder.write("c.hcl", "listener \"tcp\" { tls_disable = true }".utf8)
        try folder.write(".d.hcl", "ui = 5".utf8)
        try folder.write("e.txt", "ui = 5".utf8)
        try FileManager.default.createDirectory(atPath: folder.path + "/f.hcl", withIntermediateDirectories: false)
        let loaded = ServerSettings.load(paths: [folder.path], environment: [:])
        #expect(loaded.messages == [])
        #expect(
            loaded.remarks == ["\(folder.path)/a.json:1:2: log_level replaces the value of \(folder.path)/B.hcl:1:1"])
        #expect(loaded.settings?.logLevel == .error)
    }

    @Test("Files and folders that cannot be read, or say nothing, are errors")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let broken = try folder.write("broken.conf", "ui = true\nstorage \"inmem\" {".utf8)
        let large = try folder.write("large.conf", [UInt8](repeating: 0x20, count: 1024 * 1024 + 1))
        let loaded = ServerSettings.load(
            paths: [folder.path, folder.path + "/absent.hcl", broken, large], environment: [:])
        #expect(loaded.settings == nil)
        #expect(
            loaded.messages == [
                "\(folder.path): cannot be read: the folder holds no *.hcl or *.json file",
                "\(folder.path)/absent.hcl: cannot be read: No such file or directory",
                "\(broken):2:18: the \"{\" of line 2, column 17 is not closed; found the end of the file",
                "\(large): cannot be read: it is longer than 1048576 bytes",
            ])
        #expect(
            ServerSettings.load(paths: [], environment: [:]).messages.first
                == "configuration: -config is missing: a file or a folder")
    }

    @Test("The other files' errors are told too when one cannot be parsed")
    func together() throws {
        let folder = try TemporaryFolder()
        let good = try folder.write("good.hcl", (least + "ui = 5").utf8)
        let bad = try folder.write("bad.hcl", "ui".utf8)
        #expect(
            ServerSettings.load(paths: [good, bad], environment: [:]).messages == [
                "\(bad):1:3: expected \"=\" and a value, or a block in \"{\" and \"}\", found the end of the file",
                "\(good):3:6: ui: expected true or false, found a number",
            ])
    }

    @Test("What may stand in a file that cannot be read is not said to be missing")
    func incomplete() throws {
        let folder = try TemporaryFolder()
        let bad = try folder.write("bad.hcl", "storage".utf8)
        #expect(ServerSettings.load(paths: [bad], environment: [:]).errors.count == 1)
    }

    @Test("Secrets come from the environment or a file and are never shown")
    func secrets() throws {
        let folder = try TemporaryFolder()
        let key = (0..<32).map { UInt8($0 * 7 + 1) }
        let raw = try folder.write("raw.key", key)
        let base = try folder.write("base64.key", Data(key).base64EncodedString().utf8 + [0x0D, 0x0A])
        let hex = key.map { String($0 + 0, radix: 16) }.map { $0.count == 1 ? "0" + $0 : $0 }.joined()
        for text in ["file://\(raw)", "file://\(base)", "env://SEAL_KEY", hex, Data(key).base64EncodedString()] {
            let loaded = try load(
                least + "seal \"static\" { current_key_id = \"k1\" current_key = \"\(text)\" }",
                environment: ["SEAL_KEY": hex])
            #expect(loaded.messages == [], "\(text)")
            let settings = try #require(loaded.settings)
            guard case .static(let seal) = try #require(settings.seals.first).kind else {
                Issue.record("another seal")
                return
            }
            #expect(seal.currentKey.exposing { $0.array } == key)
            var dumped = ""
            dump(settings, to: &dumped)
            dump(seal, to: &dumped)
            dumped += "\(settings)\(seal)\(String(reflecting: settings.seals))\(loaded.report)\(loaded)"
            #expect(!dumped.contains(hex))
            #expect(!dumped.contains(Data(key).base64EncodedString()))
        }
    }

    @Test("Secrets that are not there are errors that do not show where they should be")
    func absentSecrets() throws {
        let loaded = try load(
            least + """
                seal "static" {
                  current_key_id = "k1"
                  current_key = "file:///absent/file"
                  previous_key_id = "k0"
                  previous_key = "env://ABSENT"
                }
                """)
        #expect(
            loaded.messages == [
                "a.hcl:5:17: seal[1].current_key cannot be read: No such file or directory",
                "a.hcl:7:18: seal[1].previous_key cannot be read: the environment variable that env:// names is "
                    + "not set",
            ])
    }
}
