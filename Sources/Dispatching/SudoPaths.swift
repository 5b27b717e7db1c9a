internal import Bytes

/// The paths that need the right `sudo` besides the one proper. **Source** system wire facts §1.13.
enum SudoPaths {
    private static let exact: [StaticString] = [
        "sys/remount", "sys/audit", "sys/rotate", "sys/config/cors", "sys/seal", "sys/step-down", "sys/raw",
        "auth/token/revoke-orphan", "auth/token/accessors",
    ]
    private static let prefixes: [StaticString] = [
        "sys/auth/", "sys/audit/", "sys/raw/", "sys/storage/", "sys/config/auditing/", "sys/config/ui/headers/",
        "sys/plugins/catalog/", "sys/pprof/", "sys/revoke-prefix/", "sys/revoke-force/", "sys/leases/revoke-prefix/",
        "sys/leases/revoke-force/", "sys/leases/lookup/", "auth/token/accessors/",
    ]

    /// Whether the whole path, without its leading slash, is one of them. **Cost** two comparisons for most paths.
    static func contains(_ path: ByteView) -> Bool {
        guard path.hasPrefix("sys/") || path.hasPrefix("auth/token/") else { return false }
        return prefixes.contains { path.hasPrefix($0) } || exact.contains { path.equals($0) }
    }
}
