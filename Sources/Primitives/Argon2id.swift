package import Bytes
internal import CGcrypt
internal import Glibc

/// Argon2id, which makes guessing passwords dear in time and memory. **Source** RFC 9106; its vector is in the tests.
package enum Argon2id {
    /// What one hash costs.
    package struct Cost: Sendable, Equatable {
        /// **Units** KiB.
        package let memoryKiB: Int
        /// Passes over the memory.
        package let passes: Int
        /// Lanes; libgcrypt goes through them one after the other.
        package let lanes: Int

        /// A cost, cut to what makes sense: 8 KiB a lane to 1 GiB, 1 to 64 passes, 1 to 16 lanes.
        package init(memoryKiB: Int, passes: Int, lanes: Int) {
            self.lanes = min(max(lanes, 1), 16)
            self.passes = min(max(passes, 1), 64)
            self.memoryKiB = min(max(memoryKiB, 8 * self.lanes), 1 << 20)
        }

        /// 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet advises.
        package static let standard = Cost(memoryKiB: 19_456, passes: 2, lanes: 1)
    }

    /// Writes the `count` bytes of the password's tag; `secret` and `associated` are the standard's K and X.
    /// libgcrypt takes no empty password: **Throws** `.libraryFailure` for one.
    ///
    /// **Cost** the memory and time of `cost`, on the calling thread: not for event loops or Swift's pool.
    package static func hash(
        _ password: ByteView, salt: ByteView, secret: ByteView = .empty, associated: ByteView = .empty, cost: Cost,
        into output: UnsafeMutablePointer<UInt8>, count: Int
    ) throws(CryptoError) {
        guard CryptoLibraries.gcryptStarted else { throw .libraryFailure(operation: .start) }
        let parameters = [count, cost.passes, cost.memoryKiB, cost.lanes].map { UInt(bitPattern: $0) }
        var handle: OpaquePointer?
        let opened = gcry_kdf_open(
            &handle, Int32(bitPattern: GCRY_KDF_ARGON2.rawValue), Int32(bitPattern: GCRY_KDF_ARGON2ID.rawValue),
            parameters, UInt32(parameters.count), password.pointer, password.count, salt.pointer, salt.count,
            secret.isEmpty ? nil : secret.pointer, secret.count,
            associated.isEmpty ? nil : associated.pointer, associated.count)
        guard opened == 0, let handle else { throw .libraryFailure(operation: .makeContext) }
        defer { gcry_kdf_close(handle) }
        guard gcry_kdf_compute(handle, nil) == 0, gcry_kdf_final(handle, count, output) == 0 else {
            explicit_bzero(output, count)
            throw .libraryFailure(operation: .digest)
        }
    }
}
