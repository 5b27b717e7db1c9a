package import EngineKit

extension SystemPaths {
    /// On `sys/mounts`, `sys/auth`, `sys/remount` and `sys/internal/ui`. Paths are whole: those of auth methods begin
    /// with `auth/`.
    package enum MountCommand: Sendable {
        case list(auth: Bool)
        case read(String)
        case enable(MountDescription, MountTuning, warnings: [String])
        case disable(String)
        case readTuning(String)
        case tune(String, MountTuning, warnings: [String])
        case move(from: String, to: String)
        case migration(String)
        case uiMounts(Caller?)
        case uiMount(String, Caller?)
        case resultantACL(Caller)
        case specification(Caller?)
    }
}
