import Foundation
import Synchronization
import Testing

/// Snapshots of the real server: out while it writes, in on the same and on an empty machine.
@Suite struct SnapshotTests {
    private static let storage = "storage \"sqlite\" { path = \"DATA\" }\n"

    /// An open server with a transit key, and its root token and keys.
    private func opened(_ configuration: String) throws -> (LiveServer, String, [String]) {
        let server = try LiveServer(configuration)
        try server.start()
        let (token, keys) = try server.initialize()
        if !configuration.contains("seal") { try server.unseal(keys.prefix(2)) }
        try server.waitUntilOpen()
        let client = server.client(token: token)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        #expect(try client.call("POST", "transit/keys/k").status == 200)
        return (server, token, keys)
    }

    @Test func `a snapshot takes a server back to its moment, whatever was written meanwhile`() throws {
        let (server, token, _) = try opened(Self.storage + LiveServer.staticSeal)
        let client = server.client(token: token)
        let marker = Data("MARKER-OF-A-SECRET".utf8).base64EncodedString()
        let sealed = try client.call("POST", "transit/encrypt/k", ["plaintext": marker]).data["ciphertext"] as? String
        let group = DispatchGroup()
        nonisolated(unsafe) let writer = KeyWriter(server.client(token: token), "w")
        let isDone = Atomic(false)
        DispatchQueue.global().async(group: group) {
            while !isDone.load(ordering: .relaxed) { try? writer.step() }
        }
        let copies = try (0..<5).map { _ in try client.call("GET", "sys/storage/snapshot") }
        isDone.store(true, ordering: .relaxed)
        group.wait()
        #expect(copies.allSatisfy { $0.status == 200 && $0.body.starts(with: Data("SRSNAP1\n".utf8)) })
        let copy = copies[4].body
        #expect(copy.range(of: Data("MARKER-OF-A-SECRET".utf8)) == nil)
        #expect(try client.call("POST", "transit/keys/later").status == 200)
        for broken in [copy.dropLast(), Data(), copy + [0], copy.dropFirst(), Data("SRSNAP1\n".utf8)] {
            #expect(try client.call("POST", "sys/storage/snapshot", bytes: Data(broken)).status == 400)
        }
        for number in 0..<24 {
            var altered = copy
            altered[number * (copy.count - 1) / 23] ^= 1
            #expect(try client.call("POST", "sys/storage/snapshot-force", bytes: altered).status == 400)
        }
        #expect(try client.call("GET", "transit/keys/later").status == 200)
        for copy in copies.reversed() {
            let answer = try client.call("POST", "sys/storage/snapshot", bytes: copy.body)
            #expect(answer.status == 204, "\(answer.errors)")
            try server.waitUntilOpen()
            #expect(try client.call("GET", "transit/keys/later").status == 404)
            let opened = try client.call("POST", "transit/decrypt/k", ["ciphertext": sealed ?? ""])
            #expect(opened.data["plaintext"] as? String == marker)
        }
        server.stop()
        try server.start()
        try server.waitUntilOpen()
        #expect(try client.call("GET", "transit/keys/k").status == 200)
    }

    @Test func `strangers and ordinary tokens get no snapshot, and another database's needs force`() throws {
        let (server, token, _) = try opened(Self.storage + LiveServer.staticSeal)
        let (other, otherToken, _) = try opened(Self.storage + LiveServer.staticSeal)
        let copy = try server.client(token: token).call("GET", "sys/storage/snapshot").body
        #expect(try server.client().call("GET", "sys/storage/snapshot").status == 403)
        #expect(
            try server.client(token: "hvs.none").call("POST", "sys/storage/snapshot-force", bytes: copy).status == 403)
        let client = other.client(token: otherToken)
        let refusal = try client.call("POST", "sys/storage/snapshot", bytes: copy)
        #expect(refusal.status == 400)
        #expect(refusal.errors.first?.contains("snapshot-force") == true)
        #expect(try client.call("POST", "sys/storage/snapshot-force", bytes: copy).status == 204)
        try other.waitUntilOpen()
        // It is the first server's database now, tokens and all.
        #expect(try other.client(token: token).call("GET", "transit/keys/k").status == 200)
        #expect(try client.call("GET", "transit/keys/k").status == 403)
    }

    @Test func `a snapshot is restored onto an empty machine by its unseal keys, and by no others`() throws {
        let (server, token, keys) = try opened(Self.storage)
        let copy = try server.client(token: token).call("GET", "sys/storage/snapshot").body
        server.stop()
        let empty = try LiveServer(Self.storage)
        let file = empty.folder.appendingPathComponent("copy")
        try copy.write(to: file)
        func restore(_ keys: [String], _ flags: String = "") throws -> Binary.Outcome {
            let command =
                "printf '%s\\n' \(keys.joined(separator: " ")) | '\(Binary.url.path)' operator restore \(flags) "
                + "-config='\(empty.folder.path)/server.hcl' '\(file.path)'"
            return try Binary.run(URL(fileURLWithPath: "/bin/bash"), ["-c", command], seconds: 60)
        }
        let wrong = try restore([String(repeating: "ab", count: 33), keys[0]])
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("the keys do not open the snapshot; nothing was changed"), "\(wrong.errors)")
        let right = try restore([keys[2], keys[0]])
        #expect(right.status == 0, "\(right.errors)")
        let again = try restore([keys[2], keys[0]])
        #expect(again.status == 1)
        #expect(again.errors.contains("-force replaces it"))
        #expect(try restore([keys[2], keys[1]], "-force").status == 0)
        try empty.start()
        try empty.unseal(keys.prefix(2))
        #expect(try empty.client(token: token).call("GET", "transit/keys/k").status == 200)
    }
}
