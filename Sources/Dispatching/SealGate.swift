/// Whether the server is sealed; asked for every request.
package protocol SealGate: AnyObject, Sendable {
    /// True while requests have to wait for an unsealing. **Cost** no lock, no suspension.
    var isSealed: Bool { get }
}
