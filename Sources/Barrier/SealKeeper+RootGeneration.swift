internal import Bytes
package import Primitives
internal import Synchronization

extension SealKeeper {
    /// How far a root generation is. **Throws** `.sealed`, `.notInitialized`.
    package func rootGenerationStatus() async throws(SealFault) -> RootGenerationStatus {
        rootGenerationStatus(try await openRecord())
    }

    private func rootGenerationStatus(_ record: SealRecord) -> RootGenerationStatus {
        processes.withLock {
            RootGenerationStatus(
                nonce: $0.generation.nonce, isStarted: $0.generation.isStarted, progress: $0.generation.progress,
                required: record.count.threshold,
                otpLength: $0.generation.isStarted ? $0.generation.otp.count : tokenLength)
        }
    }

    /// Begins a root generation, with the caller's pad or one that the answer tells, and nobody else. With
    /// `replacingIdle` it takes the place of one that no share was given to: nobody may occupy the operation with that.
    /// **Throws** `.alreadyRunning`, `.wrongOTPLength`, `.noRecoveryKeys`, `.sealed`.
    package func startRootGeneration(
        otp: String? = nil, replacingIdle: Bool = false
    ) async throws(SealFault) -> RootGenerationStatus {
        try await turns.holding { () async throws(SealFault) in
            let record = try await openRecord()
            guard record.underShares != nil else { throw .noRecoveryKeys }
            let pad = if let otp { otp } else { try Self.randomPad(tokenLength) }
            let nonce = try Self.uuid()
            try processes.withLock { (processes) throws(SealFault) in
                try processes.generation.start(
                    nonce: nonce, otp: Array(pad.utf8), lengths: [tokenLength] + otherTokenLengths,
                    replacingIdle: replacingIdle)
            }
            var status = rootGenerationStatus(record)
            if otp == nil { status.otp = pad }
            return status
        }
    }

    /// Takes a share towards a root token; at the threshold `makeToken` makes it.
    ///
    /// **Throws** `.notRunning`, `.wrongNonce`, `.repeatedKey`, `.notAuthorized`, `.sealed`, and what `makeToken`
    /// throws; the operation then goes on without progress.
    package func updateRootGeneration(
        _ share: KeyShare, nonce: String, makeToken: @Sendable () async throws(SealFault) -> String
    ) async throws(SealFault) -> RootGenerationStatus {
        try await turns.holding { () async throws(SealFault) in
            let record = try await openRecord()
            let action = try processes.withLock { (processes) throws(SealFault) in
                try processes.generation.submit(share, nonce: nonce, threshold: record.count.threshold)
            }
            guard case .authorize(let shares) = action else { return rootGenerationStatus(record) }
            // The record may be one that was brought back, with the shares of the past: its root key must be ours.
            guard let (root, _) = try opened(by: shares, record), storage.isRoot(root) else {
                throw .notAuthorized(.rootGeneration)
            }
            let token = try await makeToken()
            let encoded = try processes.withLock { (processes) throws(SealFault) in
                try processes.generation.finish(token: Array(token.utf8))
            }
            return RootGenerationStatus(
                nonce: nonce, isStarted: true, progress: record.count.threshold, required: record.count.threshold,
                isComplete: true, encodedToken: encoded, otpLength: token.utf8.count)
        }
    }

    /// Gives up a root generation, if there is one; with a nonce, only the one that it names. Whether that one, or
    /// none, was under way.
    @discardableResult
    package func cancelRootGeneration(nonce: String? = nil) async -> Bool {
        await turns.holding { () async in
            processes.withLock { processes in
                let isNamed = nonce == nil || !processes.generation.isStarted || processes.generation.nonce == nonce
                if isNamed { processes.generation.cancel() }
                return isNamed
            }
        }
    }

    /// Random letters and digits.
    private static func randomPad(_ count: Int) throws(SealFault) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var pad: [UInt8] = []
        do throws(CryptoError) {
            while pad.count < count {
                let bytes = try RandomSource.secret(count: 64)
                bytes.exposing { bytes in
                    // Whole multiples of 62 only, so that no character is likelier than another.
                    for index in 0..<bytes.count where bytes[index] < 248 && pad.count < count {
                        pad.append(alphabet[Int(bytes[index]) % alphabet.count])
                    }
                }
            }
        } catch {
            throw .randomUnavailable
        }
        return String(decoding: pad, as: UTF8.self)
    }
}
