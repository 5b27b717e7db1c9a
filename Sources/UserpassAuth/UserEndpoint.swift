internal import Bytes

/// The paths of the mount. **Source** system wire facts §14; `totp` is our own.
enum UserEndpoint {
    case list
    case user(UserName)
    case password(UserName)
    case policies(UserName)
    case factor(UserName)
    /// nil: what is no name, which no user has.
    case login(UserName?)
    case factorConfig
    case duoAccess
    case duoConfig

    /// The endpoint at `path`, or nil: unsupported path.
    init?(_ path: ByteView) {
        if path.equals("users") || path.equals("users/") {
            self = .list
        } else if path.equals("mfa_config") {
            self = .factorConfig
        } else if path.equals("duo/access") {
            self = .duoAccess
        } else if path.equals("duo/config") {
            self = .duoConfig
        } else if path.hasPrefix("login/") {
            let rest = path.dropFirst(6)
            guard !rest.isEmpty, rest.firstIndex(of: UInt8(ascii: "/")) == nil else { return nil }
            self = .login(UserName(rest))
        } else if path.hasPrefix("users/") {
            let rest = path.dropFirst(6)
            let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
            guard let name = UserName(rest.slice(0, slash)) else { return nil }
            let tail = rest.dropFirst(slash + 1)
            if slash == rest.count {
                self = .user(name)
            } else if tail.equals("password") {
                self = .password(name)
            } else if tail.equals("policies") {
                self = .policies(name)
            } else if tail.equals("totp") {
                self = .factor(name)
            } else {
                return nil
            }
        } else {
            return nil
        }
    }
}
