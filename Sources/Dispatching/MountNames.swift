internal import Bytes
internal import EngineKit

/// Paths, types and ids of mounts.
enum MountNames {
    /// Mounted by the house and by nobody else.
    static let houseTypes = ["system", "cubbyhole", "identity", "token"]
    private static let reserved = ["sys/", "auth/", "cubbyhole/", "identity/"]
    private static let authPrefix = "auth/"

    /// Whether the path belongs to the house; below `auth/`, only `auth/token/` does.
    static func isReserved(_ path: String) -> Bool {
        if path.hasPrefix(authPrefix) && path != authPrefix { return path.hasPrefix("auth/token/") }
        return reserved.contains { path.hasPrefix($0) }
    }

    /// The path as the client knows it: that of an auth method without `auth/`.
    static func shown(_ path: String) -> String {
        path.hasPrefix(authPrefix) && path != authPrefix ? String(path.dropFirst(authPrefix.utf8.count)) : path
    }

    /// The path with one slash at its end, all of whose parts are sound.
    static func normalised(_ path: String) throws(MountFault) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let trimmed = parts.last == "" ? parts.dropLast() : parts[...]
        guard !trimmed.isEmpty, path.utf8.count <= 256 else { throw .malformedPath }
        for part in trimmed {
            let isSound = part.utf8.allSatisfy { byte in
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
            guard !part.isEmpty, part != ".", part != "..", isSound else { throw .malformedPath }
        }
        return trimmed.joined(separator: "/") + "/"
    }

    /// A short name: type, underscore, 8 hex digits.
    static func accessor(_ type: String, isAuth: Bool) throws(MountFault) -> String {
        (isAuth ? "auth_" : "") + type + "_" + (try uuid()).prefix(8)
    }

    /// A random id.
    static func uuid() throws(MountFault) -> String {
        var writer = ByteWriter(capacity: 64)
        guard writer.appendUUID() else { throw .noRandomness }
        return writer.view.string
    }
}
