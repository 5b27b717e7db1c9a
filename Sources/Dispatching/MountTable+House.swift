internal import Bytes
package import EngineKit
internal import Storage

/// What the house mounts itself: `sys/`, `cubbyhole/`, `identity/`, `auth/token/`.
extension MountTable {
    /// Puts in an engine of the house; `sections` answer for the first segments below it that they are named after.
    /// Its accessor is the stored one after `load`.
    package func install(
        _ engine: any SecretsEngine, at path: String, about: String, sections: [String: any SecretsEngine] = [:]
    ) throws(MountFault) {
        let type = engine.typeName
        var description = MountDescription(
            path: path, type: type, accessor: "", uuid: try MountNames.uuid(), about: about,
            isLocal: type == "cubbyhole")
        description.accessor = try MountNames.accessor(type, isAuth: description.isAuth)
        if type == "system" { description.passedRequestHeaders = ["Accept"] }
        if type == "token" { description.tokenType = "default-service" }
        let view = StorageView(storage, prefix: "house/" + path)
        publish(Mount(resolve(description), engine, view, isHouse: true, sections: sections))
    }

    /// Gives the house's mounts the accessors and settings that they were stored with; those of a first start are
    /// stored now.
    func loadHouse() async throws {
        for mount in all where mount.isHouse {
            let path = mount.description.path
            guard let entry = try await storage.read(Self.houseKey(path)) else {
                try await store(MountRecord(mount.description, isHouse: true))
                continue
            }
            let record = try entry.value.withUnsafeBytes { try MountRecord(record: ByteView($0)) }
            guard record.description.path == path, record.description.type == mount.description.type else { continue }
            publish(mount.changed(to: resolve(record.description)))
        }
    }

    static func houseKey(_ path: String) -> StorageKey { StorageKey("core/house/" + path + "mount") }
}
