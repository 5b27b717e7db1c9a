import EngineKit
import Foundation
import KVEngine
import Storage
import TestAids
import Testing
import Vocabulary

/// A mount of version 1 becomes one of version 2.
@Suite struct UpgradeTests {
    @Test func `old secrets become version 1 of themselves`() async throws {
        let bench = try await Bench(version: "1")
        for number in 0..<600 { try await bench.call(.write, "d\(number % 7)/k\(number)", #"{"n":\#(number).0}"#) }
        let warnings = try await bench.tune(version: "2")
        #expect(warnings.first?.hasPrefix("Upgrading mount from version 0 to version 2.") == true)
        for number in 0..<600 {
            let read = try await bench.call(.read, "data/d\(number % 7)/k\(number)")
            #expect(read.text.hasPrefix(#"{"data":{"n":\#(number).0},"metadata":"#))
            #expect(read["metadata"]["version"] as? Int == 1)
        }
        #expect(try await bench.call(.list, "metadata").keys.count == 7)
        #expect(try await bench.storage.list(under: "mount/1/v1/", after: nil, limit: 1).isEmpty)
        #expect(try await bench.tune(version: "2").isEmpty)
        let again = try await Bench(bench.storage)
        #expect(try await again.call(.write, "data/d0/k0", #"{"data":{}}"#).members["version"] as? Int == 2)
    }

    @Test func `a change that is cut off at any operation of storage goes on after a restart`() async throws {
        for number in 1...8 {
            let faulty = FaultyStorage(InMemoryStorage())
            let bench = try await Bench(faulty, version: "1")
            for key in 0..<300 { try await bench.call(.write, "k\(key)", #"{"n":\#(key)}"#) }
            faulty.arm(number, lasting: true)
            try? await bench.engine.upgrade()
            faulty.disarm()
            let again = try await Bench(faulty)
            for key in 0..<300 {
                #expect(try await again.call(.read, "data/k\(key)")["data"]["n"] as? Int == key)
            }
        }
    }

    @Test func `once the change has begun, nothing is written in the old way`() async throws {
        let bench = try await Bench(version: "1")
        try await bench.call(.write, "a", #"{"n":1}"#)
        try await bench.engine.upgrade()
        #expect(await bench.fault(.write, "b", #"{"n":1}"#) == .upgrading)
        #expect(await bench.fault(.read, "a") == .upgrading)
        #expect(KVError.upgrading.wireText.hasPrefix("Upgrading from non-versioned to versioned data."))
    }

    @Test func `no write that was acknowledged is lost while the mount changes`() async throws {
        let bench = try await Bench(version: "1")
        let written = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<200 {
                group.addTask {
                    if number == 100 { try? await bench.engine.upgrade() }
                    return await bench.fault(.write, "k\(number)", #"{"n":1}"#) == nil ? number : nil
                }
            }
            var written: [Int] = []
            for await number in group { if let number { written.append(number) } }
            return written
        }
        _ = try await bench.tune(version: "2")
        for number in written { #expect(try await bench.call(.read, "data/k\(number)").status == 200) }
    }
}
