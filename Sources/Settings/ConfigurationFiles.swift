internal import Bytes
internal import Glibc
internal import HCL

/// Configuration files on disk.
enum ConfigurationFiles {
    /// Most files that one folder may hold.
    static let mostFiles = 1000

    /// The bytes of a file, or why there are none.
    static func read(_ path: String, atMost limit: Int) throws(SettingsFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(reason()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(reason()) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw .unreadable("it is longer than \(limit) bytes") }
            bytes += block[..<count]
        }
    }

    /// The files that a path of `-config` means: the file itself, or the folder's `*.hcl` and `*.json` in byte order.
    /// Hidden files and folders inside are left out.
    static func expand(_ path: String) throws(SettingsFault) -> [String] {
        guard isFolder(path) else { return [path] }
        guard let folder = opendir(path) else { throw .unreadable(reason()) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."), name.hasSuffix(".hcl") || name.hasSuffix(".json") else { continue }
            guard names.count < mostFiles else { throw .unreadable("it holds more than \(mostFiles) files") }
            names.append(name)
        }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let files = names.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }.filter { !isFolder($0) }
        guard !files.isEmpty else { throw .unreadable("the folder holds no *.hcl or *.json file") }
        return files
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// The documents of all paths, in order; what cannot be read becomes an error.
    static func documents(_ paths: [String], _ findings: SettingsFindings) -> [HCLDocument] {
        var documents: [HCLDocument] = []
        for path in paths {
            do throws(SettingsFault) {
                for file in try expand(path) {
                    if let document = document(file, findings) { documents.append(document) }
                }
            } catch {
                findings.fail(error, at: .path(path))
            }
        }
        return documents
    }

    private static func document(_ file: String, _ findings: SettingsFindings) -> HCLDocument? {
        let bytes: [UInt8]
        do throws(SettingsFault) {
            bytes = try read(file, atMost: HCLLimits().maxBytes)
        } catch {
            findings.fail(error, at: .path(file))
            return nil
        }
        do throws(HCLError) {
            return try bytes.span.withUnsafeBytes { (buffer) throws(HCLError) in
                try HCLDocument.parse(ByteView(buffer), file: file)
            }
        } catch {
            findings.fail(.language(error.problem.description), at: SettingsPlace(error.file, error.position))
            return nil
        }
    }
}
