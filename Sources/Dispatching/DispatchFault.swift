internal import Bytes
internal import Vocabulary

/// What the stages before the engine can object to.
enum DispatchFault: Error, Equatable {
    /// The path is not one.
    case path(PathFault)
    /// No token, or not a good one.
    case permissionDenied
    /// Nothing is mounted there.
    case noMount(String)
    /// A verb that means nothing here.
    case unsupportedOperation
    /// PATCH with another media type than a merge patch.
    case mergePatchOnly
    /// `list` in the query is no boolean.
    case listFlag
    /// A write to a path that ends with a slash.
    case writeToFolder
    /// The server is sealed; whether a token came along changes the sentence.
    case sealed(hasToken: Bool)

    var faultClass: FaultClass {
        switch self {
        case .path(.elsewhere): .nothingThere
        case .permissionDenied: .permissionDenied
        case .noMount: .noRoute
        case .unsupportedOperation: .unsupportedOperation
        case .mergePatchOnly: .unsupportedMediaType
        case .listFlag: .malformedQuery
        case .path, .writeToFolder: .invalidRequest
        case .sealed: .unavailable
        }
    }

    var wireText: String {
        switch self {
        case .path(.traversal): "path must not contain empty, '.' or '..' segments"
        case .path: "malformed path"
        case .permissionDenied: "permission denied"
        case .noMount(let path): "no handler for route '\(path)'"
        case .unsupportedOperation: "unsupported operation"
        case .mergePatchOnly: "PATCH requires Content-Type: application/merge-patch+json"
        case .listFlag: "the query parameter 'list' must be a boolean"
        case .sealed(let hasToken): hasToken ? "error performing token check: Vault is sealed" : "Vault is sealed"
        case .writeToFolder: "cannot write to a path ending in '/'"
        }
    }

    func reply(_ body: inout ByteWriter) -> WireReply { ErrorMapping.reply(faultClass, wireText, &body) }
}
