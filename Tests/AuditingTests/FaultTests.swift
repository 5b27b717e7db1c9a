import Auditing
import Bytes
import EngineKit
import Foundation
import Synchronization
import Testing
import Vocabulary

/// Devices that fail, hang, vanish.
@Suite(.serialized) struct FaultTests {
    /// Records so many entries from several threads at once; the ids of those that are recorded.
    private func storm(_ broker: AuditBroker, _ count: Int, threads: Int = 4) async -> Set<String> {
        await withTaskGroup(of: [String].self) { group in
            for thread in 0..<threads {
                group.addTask {
                    var tickets: [(String, UInt64)] = []
                    for index in 0..<count / threads {
                        let id = "\(thread)-\(index)-" + UUID().uuidString
                        tickets.append((id, broker.record(entry(id, data: #"{"v":"abc"}"#, answer: #"{"w":"d"}"#))))
                    }
                    var recorded: [String] = []
                    for (id, ticket) in tickets where await broker.isRecorded(ticket) { recorded.append(id) }
                    return recorded
                }
            }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
    }

    @Test func `a thousand entries of four threads are all there, once, whole`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f"))
        let recorded = await storm(broker, 1000)
        #expect(recorded.count == 1000)
        let requests = folder.ids("f", "request")
        #expect(requests.count == 1000 && Set(requests) == recorded)
        #expect(Set(folder.ids("f", "response")) == recorded)
    }

    @Test func `a blocked socket is found within a second, never blocks the file, and works again`() async throws {
        let folder = try Folder()
        let listener = try Listener(folder.path("s.sock"))
        let notices = Notices()
        let broker = AuditBroker(queueLimitBytes: 1 << 20, log: notices.add)
        try await broker.enable(fileWish(folder, "f"))
        try await broker.enable(
            DeviceWish(path: "s", type: "socket", options: ["address": listener.path, "socket_type": "unix"]))
        let start = Date()
        var slowest = 0.0
        while notices.all.isEmpty || !notices.all.contains(where: { $0.contains("s/ does not record") }) {
            let before = Date()
            #expect(await storm(broker, 40).count == 40)
            slowest = max(slowest, Date().timeIntervalSince(before))
            guard Date().timeIntervalSince(start) < 15 else { break }
        }
        #expect(notices.all.contains { $0.contains("s/ does not record") })
        #expect(slowest < 0.7, "the file waited for the socket: \(slowest)")
        #expect(broker.devices.first { $0.wish.path == "s/" }?.status.fault != nil)
        listener.drain()
        #expect(
            try await eventually(6) {
                _ = broker.record(entry())
                return broker.devices.first { $0.wish.path == "s/" }?.status.fault == nil
            })
    }

    @Test func `alone, a blocked device fails requests within a second and a half, and memory stays bounded`()
        async throws
    {
        let folder = try Folder()
        let listener = try Listener(folder.path("s.sock"))
        let broker = AuditBroker(queueLimitBytes: 1 << 20)
        try await broker.enable(
            DeviceWish(path: "s", type: "socket", options: ["address": listener.path, "socket_type": "unix"]))
        let start = Date()
        var refused = 0
        while Date().timeIntervalSince(start) < 1.5 {
            let ticket = broker.record(entry(data: #"{"v":"abc"}"#))
            if ticket == 0 { refused += 1 }
            #expect((broker.devices.first?.status.waitingBytes ?? 0) <= 1 << 20)
        }
        #expect(refused > 0)
        let last = Date()
        let ticket = broker.record(entry())
        let isRecorded = await broker.isRecorded(ticket)
        #expect(!isRecorded && Date().timeIntervalSince(last) < 1.5)
    }

    @Test func `a removed file is made anew and what it took along is written again`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f"))
        for round in 0..<20 {
            try FileManager.default.removeItem(atPath: folder.path("f"))
            let recorded = await storm(broker, 40)
            #expect(recorded.count == 40)
            #expect(Set(folder.ids("f", "request")).isSuperset(of: recorded), "round \(round)")
        }
    }

    @Test func `a removed file is noticed within a second without any request`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f"))
        try FileManager.default.removeItem(atPath: folder.path("f"))
        #expect(try await eventually(1) { FileManager.default.fileExists(atPath: folder.path("f")) })
    }

    @Test func `renamed files keep their entries, and SIGHUP's reopen makes the next one`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f"))
        let before = await storm(broker, 20)
        try FileManager.default.moveItem(atPath: folder.path("f"), toPath: folder.path("f.1"))
        broker.reopen()
        #expect(try await eventually { FileManager.default.fileExists(atPath: folder.path("f")) })
        let after = await storm(broker, 20)
        #expect(Set(folder.ids("f.1", "request")) == before)
        #expect(Set(folder.ids("f", "request")) == after)
    }

    @Test func `a torn line of a killed process is ended before the next one`() async throws {
        let folder = try Folder()
        try Data("{\"time\":\"torn".utf8).write(to: URL(fileURLWithPath: folder.path("f")))
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f"))
        #expect(await storm(broker, 4).count == 4)
        #expect(folder.ids("f", "request").count == 4)
    }

    @Test func `a collector that goes away is found within a second, and one that comes back is used`() async throws {
        let folder = try Folder()
        let notices = Notices()
        let broker = AuditBroker(log: notices.add)
        var listener: Listener? = try Listener(folder.path("s.sock"))
        try await broker.enable(
            DeviceWish(path: "s", type: "socket", options: ["address": folder.path("s.sock"), "socket_type": "unix"]))
        #expect(await broker.isRecorded(broker.record(entry())))
        listener?.drain()
        #expect(try await eventually { listener?.text.contains("\"type\":\"response\"") == true })
        listener = nil
        #expect(try await eventually(1) { notices.all.contains { $0.contains("does not record") } })
        #expect(!(await broker.isRecorded(broker.record(entry()))))
        listener = try Listener(folder.path("s.sock"))
        listener?.drain()
        var isBack = false
        for _ in 0..<40 where !isBack {
            isBack = await broker.isRecorded(broker.record(entry()))
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(isBack)
    }

    @Test func `a datagram that is too large is not recorded, and the next ones are`() async throws {
        let folder = try Folder()
        let receiver = try DatagramReceiver(folder.path("log.sock"))
        let broker = AuditBroker()
        try await broker.enable(DeviceWish(path: "sys", type: "syslog", options: ["address": receiver.path]))
        let large = #"{"v":[\#(Array(repeating: "1", count: 20_000).joined(separator: ","))]}"#
        #expect(!(await broker.isRecorded(broker.record(entry(data: large)))))
        #expect(await broker.isRecorded(broker.record(entry(data: #"{"v":"1"}"#))))
        let message = receiver.next()
        #expect(message.hasPrefix("<38>") && message.contains("strongroom[") && message.contains("{\"time\":"))
    }
}

/// A unix socket that accepts, and reads only when it is told to.
final class Listener: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    private let received = Mutex<[UInt8]>([])
    private let reads = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)

    init(_ path: String) throws {
        self.path = path
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        let bound = withUnixAddress(path) { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 8) == 0 else { throw AuditFault.storage }
        Thread { [weak self] in
            var peers: [Int32] = []
            while true {
                guard let self, !self.isOver.load(ordering: .relaxed) else { break }
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&entry, 1, 5) > 0 { peers.append(accept(descriptor, nil, nil)) }
                guard self.reads.load(ordering: .relaxed) else { continue }
                for peer in peers {
                    var block = [UInt8](repeating: 0, count: 1 << 20)
                    let count = recv(peer, &block, block.count, Int32(MSG_DONTWAIT))
                    if count > 0 { self.received.withLock { $0 += block[..<count] } }
                }
            }
            for peer in peers { close(peer) }
            close(descriptor)
        }.start()
    }

    deinit { isOver.store(true, ordering: .relaxed) }

    func drain() { reads.store(true, ordering: .relaxed) }
    var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// A socket of datagrams.
final class DatagramReceiver: Sendable {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        guard withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw AuditFault.storage }
    }

    deinit { close(descriptor) }

    func next() -> String {
        var block = [UInt8](repeating: 0, count: 1 << 20)
        let count = recv(descriptor, &block, block.count, 0)
        return String(decoding: block.prefix(max(count, 0)), as: UTF8.self)
    }
}

func withUnixAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
