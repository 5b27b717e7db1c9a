internal import Synchronization

/// Lets changes of devices follow one another, and waits for the ends of their threads.
actor AuditChanges {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let ends = Mutex<[Int: UnsafeContinuation<Void, Never>?]>([:])

    func run<R: Sendable>(_ change: @Sendable () async throws(AuditFault) -> R) async throws(AuditFault) -> R {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        return try await change()
    }

    /// A device's thread has ended.
    nonisolated func ended(_ serial: Int) {
        let waiter = ends.withLock { ends -> UnsafeContinuation<Void, Never>? in
            if let waiter = ends.removeValue(forKey: serial) { return waiter }
            ends[serial] = .some(nil)
            return nil
        }
        waiter?.resume()
    }

    /// Waits for the end of a device's thread.
    nonisolated func end(of serial: Int) async {
        await withUnsafeContinuation { continuation in
            let hasEnded = ends.withLock { ends in
                if ends.removeValue(forKey: serial) != nil { return true }
                ends[serial] = .some(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}
