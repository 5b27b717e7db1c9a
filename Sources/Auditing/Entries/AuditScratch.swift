internal import Bytes
internal import EngineKit
internal import Glibc
internal import Vocabulary

/// What a thread that records keeps between entries: room for lines, and texts that come again.
///
/// **Concurrency** reached only by its own thread, which frees it when it ends.
// Unchecked: a thread-specific value is the guard.
final class AuditScratch: @unchecked Sendable {
    private final class Line {
        var bytes = ByteWriter()
    }

    /// What of a caller is the same in every entry of a device.
    struct CallerText {
        let caller: Caller
        /// The accessor as the device has it, in quotes.
        let accessor: [UInt8]
        /// The members of `auth` after the accessor.
        let members: [UInt8]
        /// The hash of the caller's token, in quotes; empty where values are in clear.
        let token: [UInt8]
    }

    /// What of a rule is the same in every entry.
    struct RuleText {
        // Kept, so that no other rule gets its address.
        let rule: any AccessRule
        /// The members that tell who granted.
        let grantors: [UInt8]
        /// The member that tells where the rule is written.
        let origin: [UInt8]
    }

    private struct CallerKey: Hashable {
        let caller: ObjectIdentifier
        let device: Int
    }

    private static let roomKept = 256 * 1024
    private static let callersKept = 512
    private static let rulesKept = 512

    private var lines: [Line] = []
    private var callers: [CallerKey: CallerText] = [:]
    private var rules: [ObjectIdentifier: RuleText] = [:]
    private var lastAddress = PeerAddress.unknown
    private var lastAddressText: [UInt8] = []
    private var common = CommonHashes()
    /// Strings with their escapes resolved.
    var unescaped = ByteWriter()
    /// The time of the entry, as text.
    var time = ByteWriter(capacity: 40)

    /// The calling thread's own.
    static var current: AuditScratch {
        if let known = pthread_getspecific(key) {
            return Unmanaged<AuditScratch>.fromOpaque(known).takeUnretainedValue()
        }
        let made = AuditScratch()
        let status = pthread_setspecific(key, Unmanaged.passRetained(made).toOpaque())
        precondition(status == 0, "out of memory for thread state")
        return made
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { raw in
            if let raw { Unmanaged<AuditScratch>.fromOpaque(raw).release() }
        }
        precondition(status == 0, "no thread-specific key left")
        return key
    }()

    /// Makes ready for an entry for so many devices.
    func begin(_ count: Int) {
        while lines.count < count { lines.append(Line()) }
        for line in lines { line.bytes.truncate(to: 0) }
        time.truncate(to: 0)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        _ = TimestampText.append(seconds: now.tv_sec, nanoseconds: now.tv_nsec, to: &time)
    }

    /// Lends the lines for a device.
    func withLines<R>(_ index: Int, _ body: (inout ByteWriter) -> R) -> R { body(&lines[index].bytes) }

    func hasLines(_ index: Int) -> Bool { index < lines.count && lines[index].bytes.count > 0 }
    func count(_ index: Int) -> Int { lines[index].bytes.count }

    /// Forgets what the entry left behind; with `zeroing`, lines in which values are in clear are zeroed.
    func end(zeroing: Bool) {
        for line in lines where line.bytes.count > (zeroing ? 0 : Self.roomKept) {
            line.bytes.reset(keeping: Self.roomKept)
        }
        unescaped.reset(keeping: Self.roomKept)
    }

    /// The texts of a rule, made by `make` when they are not here.
    func text(of rule: any AccessRule, _ make: () -> RuleText) -> RuleText {
        let key = ObjectIdentifier(rule)
        if let known = rules[key] { return known }
        if rules.count >= Self.rulesKept { rules.removeAll(keepingCapacity: true) }
        let made = make()
        rules[key] = made
        return made
    }

    /// The texts of a caller for a device, made by `make` when they are not here.
    func text(of caller: Caller, for device: Int, _ make: () -> CallerText?) -> CallerText? {
        let key = CallerKey(caller: ObjectIdentifier(caller), device: device)
        if let known = callers[key] { return known }
        guard let made = make() else { return nil }
        if callers.count >= Self.callersKept { callers.removeAll(keepingCapacity: true) }
        callers[key] = made
        return made
    }

    /// Appends the hash of a value that comes in most entries; false, and nothing appended, for any other.
    @inline(__always)
    func append(common value: ByteView, _ hasher: inout ValueHasher, to output: inout ByteWriter) -> Bool {
        value.count <= CommonHashes.longest && common.append(value, &hasher, to: &output)
    }

    /// The address as text, without the port.
    func text(of address: PeerAddress) -> [UInt8] {
        if address.kind != lastAddress.kind || address.high != lastAddress.high || address.low != lastAddress.low
            || lastAddressText.isEmpty
        {
            (lastAddress, lastAddressText) = (address, Array(address.text.utf8))
        }
        return lastAddressText
    }
}
