package import Bytes

/// One share of a secret, or the secret itself where there is but one share.
///
/// **Layout** `y(n) ‖ x(1)` of a real share: the values of the polynomials, one per byte of the secret, at the nonzero
/// point x. **Concurrency** does not change.
package final class KeyShare: Sendable {
    private let material: SecretBytes

    /// A share that owns its bytes.
    package init(_ material: consuming SecretBytes) { self.material = material }

    /// A share with a copy of the bytes.
    package convenience init(copying bytes: ByteView) { self.init(SecretBytes(copying: bytes)) }

    /// Length in bytes, the point included.
    package var count: Int { material.count }

    /// Lends the bytes: the wire form.
    package func exposing<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try material.exposing(body)
    }

    /// Whether both are the same bytes, compared in constant time.
    package func isSame(as other: KeyShare) -> Bool {
        exposing { mine in other.exposing { ConstantTime.equal(mine, $0) } }
    }
}
