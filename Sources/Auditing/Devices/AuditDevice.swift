internal import Bytes
internal import Dispatch
internal import Primitives
internal import Synchronization

/// What the broker knows of a device's work.
///
/// **Concurrency** every use is under the broker's lock.
// Unchecked: that lock is the guard.
final class DeviceLane: @unchecked Sendable {
    enum Phase {
        /// It takes entries.
        case up
        /// It takes none until it has been opened again.
        case down
        /// It takes none any more and ends when what waits is written.
        case closing
    }

    var phase = Phase.up
    var queue = AuditQueue()
    /// What its thread is writing.
    var inFlight = RangeSet<UInt64>()
    /// Since when something waits without progress. **Units** monotonic nanoseconds; 0 when nothing waits.
    var waitingSince: UInt64 = 0
    /// Counts the times that it was given up; what a write that began before says is not believed about the queue.
    var generation = 0
    var isAsleep = false
    var status = DeviceStatus()

    /// Everything that is neither recorded nor given up.
    var pending: RangeSet<UInt64> { queue.tickets.union(inFlight) }
}

/// An enabled device: its options, its key, its lane, and its thread's alarm.
///
/// **Concurrency** does not change, but for the lane, which the broker's lock guards, and atomics.
final class AuditDevice: Sendable {
    let wish: DeviceWish
    let options: DeviceOptions
    let salt: [UInt8]
    /// Unique in this process.
    let serial: Int
    let key: HMACKey
    let lane = DeviceLane()
    let alarm = DispatchSemaphore(value: 0)
    /// Whether entries are formatted for it; a copy of what the lane says.
    let isUp = Atomic<Bool>(true)
    /// Something waits for its thread, which sleeps.
    let isToWake = Atomic<Bool>(false)
    /// Asked by SIGHUP.
    let isToReopen = Atomic<Bool>(false)
    /// When its sink last took something. **Units** monotonic nanoseconds.
    let progress = Atomic<UInt64>(0)

    private static let serials = Atomic<Int>(0)
    static let saltLength = 32

    init(_ wish: DeviceWish, folder: String?, salt: [UInt8]) throws(AuditFault) {
        self.wish = wish
        self.salt = salt
        options = try DeviceOptions(wish, folder: folder)
        serial = Self.serials.add(1, ordering: .relaxed).newValue
        do throws(CryptoError) {
            var bytes = ByteWriter(capacity: salt.count)
            bytes.append(salt)
            key = try HMACKey(.sha2_256, key: bytes.view)
        } catch {
            throw .noRandomness
        }
    }

    /// Whether no other device may write there.
    var isExclusive: Bool {
        if case .file = options.target { true } else { false }
    }

    /// The deadline of its sink.
    var deadlineNanoseconds: UInt64 { UInt64(options.deadlineMilliseconds) * 1_000_000 }

    func makeSink() -> any AuditSink {
        let limit = Int32(options.deadlineMilliseconds)
        switch options.target {
        case .file(let path, let mode):
            return FileSink(path: path, mode: mode, isDurable: options.isDurable, wantsTail: options.isChained)
        case .standardOutput: return StreamSink(1)
        case .nowhere: return StreamSink(nil)
        case .socket(.local(let path, isDatagram: false)):
            return stream(.local(path: path, isDatagram: false), limit)
        case .socket(.internet(let host, let port, isDatagram: false)):
            return stream(.internet(host: host, port: port, isDatagram: false), limit)
        case .socket(let address): return DatagramSink(address, milliseconds: limit)
        case .syslog(let socket, let priority, let tag):
            return DatagramSink(.local(path: socket, isDatagram: true), milliseconds: limit) { output in
                SyslogHeader.append(priority: priority, tag: tag, to: &output)
            }
        }
    }

    private func stream(_ address: SocketAddress, _ limit: Int32) -> StreamSocketSink {
        StreamSocketSink(address, milliseconds: limit) { [self] in
            progress.store(Monotonic.nanoseconds, ordering: .relaxed)
        }
    }
}
