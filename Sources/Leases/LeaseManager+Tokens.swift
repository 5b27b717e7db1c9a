package import EngineKit

/// The leases of a token end with it.
extension LeaseManager: TokenEnding {
    package func tokenEnded(_ tokenID: String) async throws(LeaseFault) {
        do throws(LeaseError) { try await revokeAll(token: tokenID) } catch { throw .unavailable(error.wireText) }
    }
}
