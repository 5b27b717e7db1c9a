/// A lease as `sys/leases/lookup` tells it. **Source** system wire facts §11.
package struct LeaseFacts: Sendable, Equatable {
    /// The lease.
    package var leaseID: String
    /// **Units** Unix seconds.
    package var issuedUnixSeconds: Int
    /// **Units** Unix seconds; 0 for never.
    package var expiresUnixSeconds: Int
    /// **Units** Unix seconds; 0 when it never was renewed.
    package var renewedUnixSeconds: Int
    /// Whether it can be renewed.
    package var isRenewable: Bool

    /// Facts of a lease.
    package init(
        leaseID: String, issuedUnixSeconds: Int, expiresUnixSeconds: Int, renewedUnixSeconds: Int = 0,
        isRenewable: Bool
    ) {
        self.leaseID = leaseID
        self.issuedUnixSeconds = issuedUnixSeconds
        self.expiresUnixSeconds = expiresUnixSeconds
        self.renewedUnixSeconds = renewedUnixSeconds
        self.isRenewable = isRenewable
    }
}

/// The leases of tokens, as `sys/leases` shows and ends them beside those of secrets: the path that made the token, a
/// slash, `h` and 64 hex digits. Implemented by the token store.
package protocol TokenLeases: Sendable {
    /// A token's lease; nil when there is none of that name.
    func lookUpLease(_ leaseID: String) async throws(TokenFault) -> LeaseFacts?
    /// The names right below a folder, which is empty or ends with a slash; sorted by bytes, folders with a slash.
    func leaseNames(below folder: String) async throws(TokenFault) -> [String]
    /// Ends the token of a lease; false when there is none of that name.
    func revokeLease(_ leaseID: String) async throws(TokenFault) -> Bool
    /// Ends all tokens whose leases are below a prefix.
    func revokeLeases(below prefix: String) async throws(TokenFault)
}
