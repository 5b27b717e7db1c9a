internal import Glibc
internal import NIOCore

/// Owner, group and mode of a Unix socket's file.
enum SocketFile {
    /// Gives the file to whom the configuration says, and sets its mode last: nobody gets in between. Nil when all went
    /// well.
    static func adjust(_ path: String, _ configuration: ListenerConfiguration) -> IOError? {
        let (user, group) = configuration.socketOwner
        if user != nil || group != nil {
            // The greatest number leaves what is there.
            guard let owner = user.map(userNumber) ?? uid_t.max else {
                return IOError(errnoCode: ENOENT, reason: "user")
            }
            guard let group = group.map(groupNumber) ?? gid_t.max else {
                return IOError(errnoCode: ENOENT, reason: "group")
            }
            guard lchown(path, owner, group) == 0 else { return IOError(errnoCode: errno, reason: "chown") }
        }
        if let mode = configuration.socketMode, chmod(path, mode_t(mode & 0o777)) != 0 {
            return IOError(errnoCode: errno, reason: "chmod")
        }
        return nil
    }

    private static func userNumber(_ text: String) -> uid_t? { uid_t(text) ?? getpwnam(text)?.pointee.pw_uid }

    private static func groupNumber(_ text: String) -> gid_t? { gid_t(text) ?? getgrnam(text)?.pointee.gr_gid }
}
