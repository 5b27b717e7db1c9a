import Bytes
import CGcrypt
import Dispatch
import Foundation
import Primitives
import Synchronization
import Testing

@Suite("Random bytes and nonces")
struct RandomTests {
    @Test("A hundred thousand nonces drawn by four threads are all different")
    func noRepeats() {
        let all = Mutex<Set<[UInt8]>>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let mine: [[UInt8]] = (0..<25_000).compactMap { _ in Self.nonce(12) }
            all.withLock { $0.formUnion(mine) }
        }
        #expect(all.withLock { $0.count } == 100_000)
    }

    @Test("Nonces of every length up to three buffers are drawn whole")
    func lengths() {
        for count in [1, 12, 16, 24, 4095, 4096, 4097, 12_288] {
            guard let nonce = Self.nonce(count) else {
                Issue.record("no nonce of \(count) bytes")
                continue
            }
            #expect(nonce.count == count)
            if count > 16 { #expect(Set(nonce.suffix(64)).count > 8) }
        }
    }

    private static func nonce(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return (try? NonceSource.take(count, into: &bytes)) == nil ? nil : bytes
    }

    @Test("A forked child draws other nonces than its parent")
    func fork() throws {
        // Half of a buffer is left over at the moment of the fork.
        _ = Self.nonce(4096 - 12)
        _ = Self.nonce(2000)
        var children: [[UInt8]] = []
        for _ in 0..<20 where children.count < 2 {
            if let child = try Self.drawInChild(480) { children.append(child) }
        }
        #expect(children.count == 2)
        let parent = try #require(Self.nonce(480))
        let nonces = (children + [parent]).flatMap { draw in
            stride(from: 0, to: 480, by: 12).map { Array(draw[$0..<($0 + 12)]) }
        }
        #expect(Set(nonces).count == nonces.count)
        #expect(children.allSatisfy { child in child.contains { $0 != 0 } })
    }

    /// Draws in a forked child and reads the result over a pipe; nil when the child hung on a lock that another thread
    /// of this process held at the fork.
    private static func drawInChild(_ count: Int) throws -> [UInt8]? {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let drawn = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        drawn.initialize(repeating: 0, count: count)
        defer { drawn.deallocate() }
        let child = strongroom_fork()
        if child == 0 {
            // Nothing but the draw and the system calls: other threads are gone, and with them the locks they held.
            if (try? NonceSource.take(count, into: drawn)) != nil { _ = write(ends[1], drawn, count) }
            _exit(0)
        }
        close(ends[1])
        var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        let isReady = poll(&waiting, 1, 5000) == 1
        let length = isReady ? read(ends[0], drawn, count) : 0
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        return length == count ? Array(UnsafeBufferPointer(start: drawn, count: count)) : nil
    }

    @Test("UUIDs have the form of version 4 and differ")
    func uuids() throws {
        var seen: Set<String> = []
        for _ in 0..<1000 {
            var text = [UInt8](repeating: 0, count: 36)
            try RandomSource.uuid(into: &text)
            let uuid = String(decoding: text, as: UTF8.self)
            #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(UUID(uuidString: uuid) != nil)
            seen.insert(uuid)
        }
        #expect(seen.count == 1000)
    }

    @Test("Secrets have the length asked for, none included")
    func secrets() throws {
        for count in [0, 1, 16, 32, 64, 5000] {
            let first = try RandomSource.secret(count: count)
            let second = try RandomSource.secret(count: count)
            #expect(first.count == count)
            if count > 1 { #expect(first.exposing { $0.array } != second.exposing { $0.array }) }
        }
    }

    @Test("Hardening denies core files and dumps, and may be repeated")
    func hardening() {
        for _ in 0..<2 {
            let outcome = MemoryProtection.hardenProcess()
            #expect(outcome.isUndumpable)
            #expect(outcome.hasNoCoreFiles)
        }
    }
}
