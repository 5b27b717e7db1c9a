internal import Foundation
internal import Settings

/// What a configuration asks of the machine.
enum ConfigurationChecks {
    static func all(_ loaded: LoadedSettings) -> [Finding] {
        var findings = loaded.errors.map {
            Finding.wrong(
                "configuration", "\($0)", next: "strongroom operator validate-config shows what is understood")
        }
        findings += loaded.warnings.map { Finding.warning("configuration", "\($0)", next: "look at the line") }
        guard let settings = loaded.settings else { return findings }
        if findings.isEmpty { findings.append(.fine("configuration", "understood")) }
        findings += settings.listeners.map(listener)
        findings += settings.listeners.compactMap { $0.tls }.flatMap {
            [file("TLS certificate", $0.certificateFile), key($0.keyFile)]
        }
        findings.append(storage(settings.storage))
        findings.append(seal(settings))
        findings.append(audit(settings))
        return findings
    }

    private static func listener(_ listener: ListenerSettings) -> Finding {
        switch listener.endpoint {
        case .tcp(let address):
            let place = "\(address)"
            let isLocal = place.hasPrefix("127.") || place.hasPrefix("[::1]") || place.hasPrefix("localhost")
            if listener.tls == nil && !isLocal {
                return .wrong("listener", "\(place) without TLS", next: "give it tls_cert_file and tls_key_file")
            }
            return .fine("listener", "\(place)\(listener.tls == nil ? ", local, without TLS" : " with TLS")")
        case .unix(let socket): return .fine("listener", socket.path)
        }
    }

    private static func file(_ what: String, _ path: String) -> Finding {
        access(path, R_OK) == 0
            ? .fine(what, path)
            : .wrong(what, "\(path): \(String(cString: strerror(errno)))", next: "the server must be able to read it")
    }

    private static func key(_ path: String) -> Finding {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return file("TLS key", path) }
        guard facts.st_mode & 0o077 == 0 else {
            return .warning("TLS key", "\(path) can be read by others", next: "chmod 600 \(path)")
        }
        return file("TLS key", path)
    }

    private static func storage(_ storage: StorageSettings) -> Finding {
        guard case .sqlite(let path) = storage else {
            return storage.type == "inmem"
                ? .warning(
                    "storage", "in memory: all is gone at the end", next: "configure storage \"sqlite\" { path = … }")
                : .fine("storage", storage.type)
        }
        let place = "\(path)"
        var folder = place
        var facts = stat()
        while stat(folder, &facts) != 0, folder != "/", !folder.isEmpty {
            folder = NSString(string: folder).deletingLastPathComponent
        }
        var space = statvfs()
        guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else {
            return .wrong("storage", "\(place): no right to write", next: "chown it to the user of the server")
        }
        if facts.st_mode & 0o077 != 0, folder == place {
            return .warning("storage", "\(place) is open to others", next: "chmod 700 \(place)")
        }
        guard statvfs(folder.isEmpty ? "." : folder, &space) == 0 else { return .fine("storage", place) }
        let free = Double(space.f_bavail) * Double(space.f_frsize)
        if free < 1_073_741_824 {
            return .warning(
                "storage", "\(Shown.bytes(free)) free at \(place)", next: "make room: a full disk stops all writes")
        }
        return .fine("storage", "\(place), \(Shown.bytes(free)) free")
    }

    private static func seal(_ settings: ServerSettings) -> Finding {
        let types = settings.seals.filter { !$0.isDisabled }.map(\.type)
        return .fine("seal", types.isEmpty ? "shamir: shares unseal it" : types.joined(separator: ", "))
    }

    private static func audit(_ settings: ServerSettings) -> Finding {
        settings.audits.isEmpty
            ? .warning(
                "audit", "no device in the configuration", next: "enable one: strongroom audit enable file file_path=…")
            : .fine("audit", settings.audits.map(\.description).joined(separator: ", "))
    }
}
