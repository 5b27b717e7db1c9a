package import Vocabulary

/// What can go wrong with quotas. **Source** system wire facts §12.
package enum QuotaFault: WireFault, Equatable {
    /// Another quota says the same of the same paths.
    case similar(String)
    /// More quotas than are kept.
    case tooMany(limit: Int)
    /// Storage did not answer.
    case storage

    package var faultClass: FaultClass { self == .storage ? .unavailable : .invalidRequest }

    package var wireText: String {
        switch self {
        case .similar(let name): "quota rule with similar properties exists under the name \"\(name)\""
        case .tooMany(let limit): "there are \(limit) quotas, which is as many as are kept"
        case .storage: "storage is not available; try again"
        }
    }
}
