internal import KeyRings
internal import Synchronization

/// Which rings rotate by age and when, and which are being rotated for their message count right now.
final class RotationClock: Sendable {
    private struct State {
        var due: [KeyName: (second: Int, version: Int)] = [:]
        var running: [KeyName: Int] = [:]
    }

    private let state = Mutex(State())

    /// Takes note of the ring's latest version and period.
    func note(_ ring: KeyRing) {
        state.withLock { state in
            let settings = ring.settings
            guard settings.autoRotateSeconds > 0 else {
                state.due[ring.name] = nil
                return
            }
            state.due[ring.name] = (ring.rotationDueUnixSeconds, settings.latestVersion)
        }
    }

    /// The rings whose latest version is older than their period.
    func due(at now: Int) -> [(KeyName, version: Int)] {
        state.withLock { state in
            state.due.filter { $0.value.second < now }.map { ($0.key, $0.value.version) }
        }
    }

    /// Forgets a ring that is gone.
    func retire(_ name: KeyName) {
        state.withLock { state in
            state.due[name] = nil
            state.running[name] = nil
        }
    }

    /// Claims the rotation of a version; false when somebody has.
    func begin(_ name: KeyName, _ version: Int) -> Bool {
        state.withLock { state in
            guard state.running[name, default: 0] < version else { return false }
            state.running[name] = version
            return true
        }
    }

    /// Gives the claim back, so that a rotation that failed can be tried again.
    func end(_ name: KeyName, _ version: Int) {
        state.withLock { if $0.running[name] == version { $0.running[name] = nil } }
    }
}

extension KeyRing {
    /// When the ring rotates by age, in Unix seconds; the end of time when it does not.
    var rotationDueUnixSeconds: Int {
        guard settings.autoRotateSeconds > 0 else { return .max }
        let (sum, overflow) = latest.createdUnixSeconds.addingReportingOverflow(settings.autoRotateSeconds)
        return overflow ? .max : sum
    }
}
