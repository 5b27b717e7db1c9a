package import EngineKit

/// Mounts tell their paths.
extension MountTable {
    /// All paths of the mount, in words.
    package func describedPaths(at path: String) -> [PathDescription] { self[path]?.describedPaths ?? [] }
}

extension Mount {
    /// The paths of the engine, and those of the engines that answer for parts of the mount.
    var describedPaths: [PathDescription] {
        if sections.isEmpty { return engine.describedPaths(at: description) }
        let head = { (path: PathDescription) in String(path.path.prefix { $0 != "/" }) }
        // What a part answers for, it also describes.
        let own = engine.describedPaths(at: description).filter { sections[head($0)] == nil }
        let parts = sections.sorted { $0.key < $1.key }.flatMap { name, section in
            section.describedPaths(at: description).filter { head($0) == name }
        }
        return own + parts
    }
}
