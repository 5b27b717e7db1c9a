package import EngineKit

/// The paths in words. **Source** system wire facts §9.
extension WrappingPaths {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] { Self.paths }

    private static let token = [PathField.text("token", "The wrapping token; the caller's own by default.")]
    private static let facts = PathAnswer.data([
        .text("creation_path").required, .text("creation_time").orNull.required, .int("creation_ttl").required,
    ])

    private static let paths = [
        PathDescription(
            "wrapping/wrap", "Answers that are kept for one reader.",
            .write("Keeps the body, for the time in the header X-Vault-Wrap-TTL.", gives: .envelope)),
        PathDescription(
            "wrapping/lookup", "Facts about a wrapping token.", isOpenToAll: true,
            .read("Tells them.", takes: token, gives: facts), .write("Tells them.", takes: token, gives: facts)),
        PathDescription(
            "wrapping/unwrap", "What is kept behind a wrapping token.",
            .write("Answers it, once.", takes: token, gives: .envelope)),
        PathDescription(
            "wrapping/rewrap", "A wrapping token that gets old.",
            .write("Keeps the same behind a new one.", takes: token, gives: .envelope)),
    ]
}
