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
