/// When an auth method locks a name out, as its mount is tuned; nil stays with what the house does.
package struct LockoutSettings: Sendable, Equatable {
    /// Failures in a row that lock a name; 0 for no lock.
    package var threshold: Int?
    /// **Units** seconds that a lock holds.
    package var lockSeconds: Int?
    /// **Units** seconds without a failure after which counting begins anew.
    package var resetSeconds: Int?
    /// Whether nobody is locked out.
    package var isDisabled: Bool?

    /// Nothing is set.
    package init() {}

    /// These settings with what `change` sets.
    package func changed(by change: LockoutSettings) -> LockoutSettings {
        var result = self
        result.threshold = change.threshold ?? threshold
        result.lockSeconds = change.lockSeconds ?? lockSeconds
        result.resetSeconds = change.resetSeconds ?? resetSeconds
        result.isDisabled = change.isDisabled ?? isDisabled
        return result
    }

    /// What holds by these settings.
    package func rules(_ standard: LoginGuard.Rules) -> LoginGuard.Rules {
        var rules = standard
        rules.threshold = isDisabled ?? false ? 0 : threshold ?? standard.threshold
        rules.lockSeconds = lockSeconds ?? standard.lockSeconds
        rules.resetSeconds = resetSeconds ?? standard.resetSeconds
        return rules
    }
}

/// An auth method that locks names out. Implemented by engines.
///
/// **Concurrency** callable from event loops: memory only.
package protocol LoginLocking: Sendable {
    /// The names that are locked now, as aliases name them, sorted.
    func lockedNames() -> [String]
    /// Lets a name try again; one that is not locked is fine.
    func unlock(_ name: String)
}

/// The names that are locked at one mount.
package struct LockedNames: Sendable {
    /// The mount's accessor.
    package var accessor: String
    /// The names, sorted.
    package var names: [String]

    /// Locked names.
    package init(accessor: String, names: [String]) { (self.accessor, self.names) = (accessor, names) }
}

/// Who is locked out of all auth methods. Implemented by the mount table.
package protocol LockedLogins: Sendable {
    /// The locked names of each mount that has some, or of the one with that accessor.
    func lockedNames(at accessor: String?) -> [LockedNames]
    /// Lets a name try again; false when no auth method has that accessor.
    func unlock(_ name: String, at accessor: String) -> Bool
}
