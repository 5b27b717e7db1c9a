internal import Glibc

/// What somebody wishes of a device, as it is stored and shown.
package struct DeviceWish: Sendable, Equatable {
    /// The path, with its slash at the end once it is enabled.
    package var path: String
    /// `file`, `socket` or `syslog`.
    package var type: String
    /// What somebody wrote about it.
    package var about: String
    /// Kept for clients.
    package var isLocal: Bool
    /// Options by name, as given.
    package var options: [String: String]

    /// A wish.
    package init(path: String, type: String, about: String = "", isLocal: Bool = false, options: [String: String]) {
        self.path = path
        self.type = type
        self.about = about
        self.isLocal = isLocal
        self.options = options
    }
}

/// The options of a device, checked. **Source** system wire facts §12.
struct DeviceOptions: Equatable, Sendable {
    /// Where its lines go.
    enum Target: Equatable, Sendable {
        case file(path: String, mode: UInt32)
        case standardOutput
        case nowhere
        case socket(SocketAddress)
        case syslog(socket: String, priority: Int, tag: String)
    }

    var target: Target
    var isRaw = false
    var hashesAccessors = true
    var elidesLists = false
    var isChained = false
    var isDurable = false
    /// Milliseconds that it may take nothing for.
    var deadlineMilliseconds = 800

    /// Checks a wish. `folder`, when given, is where all files must lie.
    init(_ wish: DeviceWish, folder: String?) throws(AuditFault) {
        var options = Options(wish.options)
        guard !wish.type.isEmpty else { throw .typeMissing }
        switch wish.type {
        case "file": target = try Self.file(&options, folder)
        case "socket": target = try Self.socket(&options)
        case "syslog": target = try Self.syslog(&options)
        default: throw .unknownType(wish.type)
        }
        isRaw = try options.bool("log_raw") ?? false
        hashesAccessors = try options.bool("hmac_accessor") ?? true
        elidesLists = try options.bool("elide_list_responses") ?? false
        isChained = try options.bool("hash_chain") ?? false
        isDurable = try options.bool("sync") ?? false
        if let deadline = try options.milliseconds("write_timeout") { deadlineMilliseconds = deadline }
        guard ["json", ""].contains(options.take("format") ?? "") else {
            throw .option("format must be \"json\": other formats are not offered")
        }
        guard (options.take("prefix") ?? "").isEmpty else {
            throw .option(
                "prefix is not offered: a line that begins with chosen text can be made to run (CVE-2025-6000)")
        }
        if case .file = target {
        } else if isChained || isDurable {
            throw .option("hash_chain and sync are for files")
        }
        guard options.rest.isEmpty else {
            let names = options.rest.keys.sorted().joined(separator: ", ")
            throw .option("unknown options: \(names.prefix(100))")
        }
    }

    private static func file(_ options: inout Options, _ folder: String?) throws(AuditFault) -> Target {
        let path = options.take("file_path") ?? options.take("path") ?? ""
        _ = options.take("path")
        guard !path.isEmpty else { throw .optionMissing("file_path") }
        let mode = try Self.mode(options.take("mode"))
        switch path {
        case "stdout": return .standardOutput
        case "discard": return .nowhere
        default: break
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isSound = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && path.utf8.count < 4096
        guard path.hasPrefix("/"), parts.count > 1, parts.last != "", isSound,
            !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else { throw .option("file_path must be absolute and without empty, '.' or '..' parts") }
        if let folder, !path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/") {
            throw .option("file_path must lie in the folder for audit files that the server's configuration names")
        }
        return .file(path: path, mode: mode)
    }

    private static func mode(_ text: String?) throws(AuditFault) -> UInt32 {
        guard let text, !text.isEmpty else { return 0o600 }
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }), let mode = UInt32(text, radix: 8) else {
            throw .option("mode must be an octal number")
        }
        guard mode <= 0o777, mode & 0o111 == 0 else { throw .option("mode must not allow execution") }
        guard mode == 0 || mode & 0o200 != 0 else { throw .option("mode must let the server write") }
        return mode
    }

    private static func socket(_ options: inout Options) throws(AuditFault) -> Target {
        guard let address = options.take("address"), !address.isEmpty else { throw .optionMissing("address") }
        switch options.take("socket_type") ?? "tcp" {
        case "tcp": return .socket(try internet(address, isDatagram: false))
        case "udp": return .socket(try internet(address, isDatagram: true))
        case "unix":
            guard address.hasPrefix("/") else { throw .option("address of a unix socket must be an absolute path") }
            return .socket(.local(path: address, isDatagram: false))
        default: throw .option("socket_type must be tcp, udp or unix")
        }
    }

    private static func internet(_ address: String, isDatagram: Bool) throws(AuditFault) -> SocketAddress {
        guard let colon = address.lastIndex(of: ":") else { throw .option("address must have a port") }
        var host = address[..<colon]
        let port = address[address.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isSound = address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && address.utf8.count <= 300
        guard !host.isEmpty, !port.isEmpty, isSound else { throw .option("address must be a host and a port") }
        return .internet(host: String(host), port: String(port), isDatagram: isDatagram)
    }

    private static func syslog(_ options: inout Options) throws(AuditFault) -> Target {
        let facility = (options.take("facility") ?? "AUTH").uppercased()
        guard let number = facilities[facility.hasPrefix("LOG_") ? String(facility.dropFirst(4)) : facility] else {
            throw .option("facility is not one that syslog knows")
        }
        let tag = options.take("tag") ?? "strongroom"
        let isSound = tag.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "[") }
        guard !tag.isEmpty, tag.utf8.count <= 32, isSound else {
            throw .option("tag must be up to 32 printable letters")
        }
        // Informational messages: 6.
        return .syslog(socket: options.take("address") ?? "/dev/log", priority: number * 8 + 6, tag: tag)
    }

    private static let facilities: [String: Int] = {
        let named = [
            "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
        ]
        var result = Dictionary(uniqueKeysWithValues: named.enumerated().map { ($1, $0) })
        for index in 0..<8 { result["LOCAL\(index)"] = 16 + index }
        return result
    }()
}

/// Options that have not been looked at yet.
private struct Options {
    private(set) var rest: [String: String]

    init(_ all: [String: String]) { rest = all }

    mutating func take(_ name: String) -> String? { rest.removeValue(forKey: name) }

    mutating func bool(_ name: String) throws(AuditFault) -> Bool? {
        switch take(name) {
        case nil: return nil
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "0", "f", "F", "FALSE", "false", "False", "": return false
        default: throw .option("\(name) must be a boolean")
        }
    }

    /// Seconds, also with a unit; between a tenth of one and 60.
    mutating func milliseconds(_ name: String) throws(AuditFault) -> Int? {
        guard let text = take(name), !text.isEmpty else { return nil }
        let parts: (Substring, Double) =
            text.hasSuffix("ms")
            ? (text.dropLast(2), 1) : text.hasSuffix("s") ? (text.dropLast(), 1000) : (text[...], 1000)
        guard let number = Double(parts.0), (100...60_000).contains(number * parts.1) else {
            throw .option("\(name) must be between 100ms and 60s")
        }
        return Int(number * parts.1)
    }
}
