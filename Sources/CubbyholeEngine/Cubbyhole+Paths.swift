package import EngineKit

/// The paths in words.
extension Cubbyhole {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        [
            PathDescription(
                "{path}", "What the token keeps for itself: any object.",
                .read("Reads it.", gives: .data([])), .list("Lists the names in a folder."),
                .write("Writes it, whole."), .delete("Deletes it."))
        ]
    }
}
