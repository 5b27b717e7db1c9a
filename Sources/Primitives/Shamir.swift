package import Bytes

/// Why shares cannot be made or put together.
package enum ShamirError: Error, Equatable {
    /// Shares or threshold outside 1...255, a threshold above the shares, or a threshold of one for several shares.
    case invalidParameters
    /// A secret of no bytes or of more than `Shamir.secretLimit`.
    case invalidSecretLength
    /// Shares of different lengths or without any bytes but the point.
    case mismatchedShares
    /// A point that is zero, or the same for two shares.
    case invalidPoint
    /// No random bytes.
    case randomUnavailable
}

/// Splits a secret so that any `threshold` of the shares give it back and fewer tell nothing about it.
///
/// Constant time in the secret, the shares' values and the coefficients; the numbers of shares are public, and so are
/// the points. **Source** Shamir, "How to share a secret", 1979, over `GaloisField`.
package enum Shamir {
    /// The most bytes of a secret.
    package static let secretLimit = 4096

    /// Splits the secret; the points are a random choice of distinct nonzero bytes.
    ///
    /// One share is the secret itself, as the field has it. **Layout** see `KeyShare`.
    package static func split(
        _ secret: borrowing SecretBytes, shares: Int, threshold: Int
    ) throws(ShamirError) -> [KeyShare] {
        guard (1...255).contains(shares), (1...shares).contains(threshold), threshold > 1 || shares == 1 else {
            throw .invalidParameters
        }
        guard (1...secretLimit).contains(secret.count) else { throw .invalidSecretLength }
        if shares == 1 { return [KeyShare(secret.duplicate())] }
        do throws(CryptoError) {
            let points = try randomPoints(shares)
            let length = secret.count
            // Layout: one row of `length` coefficients for each power from 1 on.
            let coefficients = try RandomSource.secret(count: (threshold - 1) * length)
            return secret.exposing { constant in
                coefficients.exposing { rows in
                    points.map { share(at: $0, constant, rows, threshold) }
                }
            }
        } catch {
            throw .randomUnavailable
        }
    }

    /// Puts shares together. Whether they belong together and suffice cannot be told from them: wrong shares give
    /// wrong bytes, which the caller's authentication has to notice. A single share is taken for the secret itself.
    package static func combine(_ shares: [KeyShare]) throws(ShamirError) -> SecretBytes {
        guard let first = shares.first, shares.count <= 255 else { throw .invalidParameters }
        if shares.count == 1 {
            guard (1...secretLimit).contains(first.count) else { throw .invalidSecretLength }
            return first.exposing { SecretBytes(copying: $0) }
        }
        let length = first.count - 1
        guard (1...secretLimit).contains(length), shares.allSatisfy({ $0.count == length + 1 }) else {
            throw .mismatchedShares
        }
        let points = shares.map { share in share.exposing { $0[length] } }
        guard !points.contains(0), Set(points).count == points.count else { throw .invalidPoint }
        return SecretBytes(count: length) { buffer in
            guard let out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for (index, share) in shares.enumerated() {
                let weight = weightAtZero(of: index, points)
                share.exposing { values in
                    for at in 0..<length { out[at] ^= GaloisField.multiply(values.pointer[at], weight) }
                }
            }
        }
    }

    private static func share(
        at point: UInt8, _ constant: ByteView, _ coefficients: ByteView, _ threshold: Int
    ) -> KeyShare {
        let length = constant.count
        return KeyShare(
            SecretBytes(count: length + 1) { buffer in
                guard let out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                // Horner's rule, all bytes of a power at a time.
                for power in stride(from: threshold - 2, through: 0, by: -1) {
                    let row = coefficients.pointer + power * length
                    for at in 0..<length { out[at] = GaloisField.multiply(out[at] ^ row[at], point) }
                }
                for at in 0..<length { out[at] ^= constant.pointer[at] }
                out[length] = point
            })
    }

    // Lagrange's basis polynomial of one point, at 0.
    private static func weightAtZero(of index: Int, _ points: [UInt8]) -> UInt8 {
        var weight: UInt8 = 1
        for (other, point) in points.enumerated() where other != index {
            let difference = GaloisField.invert(point ^ points[index])
            weight = GaloisField.multiply(weight, GaloisField.multiply(point, difference))
        }
        return weight
    }

    // The first points of a shuffle of 1...255. The points are no secret; random ones keep shares of different splits
    // from looking interchangeable.
    private static func randomPoints(_ count: Int) throws(CryptoError) -> [UInt8] {
        var all = Array(UInt8(1)...UInt8.max)
        for place in 0..<count {
            let other = place + (try uniform(below: all.count - place))
            all.swapAt(place, other)
        }
        return Array(all[0..<count])
    }

    private static func uniform(below bound: Int) throws(CryptoError) -> Int {
        var bytes = [UInt8](repeating: 0, count: 2)
        let limit = 65_536 / bound * bound
        while true {
            var failure: CryptoError?
            bytes.withUnsafeMutableBytes { buffer in
                do throws(CryptoError) { try RandomSource.fill(buffer) } catch { failure = error }
            }
            if let failure { throw failure }
            let value = Int(bytes[0]) << 8 | Int(bytes[1])
            if value < limit { return value % bound }
        }
    }
}
