internal import Bytes
package import EngineKit

/// Tokens find the auth methods that they were issued by among the mounts.
extension MountTable: LoginMounts {
    package func authMount(ofPath path: String) -> MountPoint? { authRoute(path)?.point }

    package func renewLogin(_ login: Login, path: String) async throws(LeaseFault) -> Login {
        guard let mount = authRoute(path) else { throw .refused("the auth method is gone") }
        return try await mount.engine.renewLogin(login)
    }

    private func authRoute(_ path: String) -> Mount? {
        var text = ByteWriter(capacity: path.utf8.count)
        text.append(text: path)
        guard let (mount, _) = route(text.view), mount.description.isAuth else { return nil }
        return mount
    }
}

/// `sys/locked-users` finds who locks names out among the mounts.
extension MountTable: LockedLogins {
    package func lockedNames(at accessor: String?) -> [LockedNames] {
        all.compactMap { mount in
            let known = mount.description.accessor
            guard accessor == nil || known == accessor, let names = Self.locking(mount)?.lockedNames(), !names.isEmpty
            else { return nil }
            return LockedNames(accessor: known, names: names)
        }
    }

    package func unlock(_ name: String, at accessor: String) -> Bool {
        guard let mount = all.first(where: { $0.description.accessor == accessor }), let locking = Self.locking(mount)
        else { return false }
        locking.unlock(name)
        return true
    }

    private static func locking(_ mount: Mount) -> (any LoginLocking)? { mount.engine as? any LoginLocking }
}
