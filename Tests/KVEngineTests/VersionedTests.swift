import EngineKit
import Foundation
import KVEngine
import Storage
import TestAids
import Testing
import Vocabulary

/// Version 2: data and versions. **Source** system wire facts §17.
@Suite struct VersionedTests {
    @Test func `a write makes a version and tells its facts`() async throws {
        let bench = try await Bench()
        let reply = try await bench.call(.write, "data/a", #"{"data":{"x":1.10}}"#)
        let facts =
            #"{"created_time":"2023-11-14T22:13:20.000000005Z","deletion_time":"","destroyed":false,"#
            + #""custom_metadata":null,"version":1}"#
        #expect(reply.text == facts)
        #expect(try await bench.call(.write, "data/a", #"{"data":{"x":2}}"#).members["version"] as? Int == 2)
        let read = try await bench.call(.read, "data/a")
        #expect(read.text.hasPrefix(#"{"data":{"x":2},"metadata":{"#))
        #expect(read["metadata"]["version"] as? Int == 2)
        #expect(try await bench.call(.read, "data/a", #"{"version":"1"}"#).text.hasPrefix(#"{"data":{"x":1.10},"#))
        #expect(try await bench.call(.read, "data/a", #"{"version":0}"#)["data"]["x"] as? Int == 2)
        for version in ["3", "-1", "9223372036854775807", "-9223372036854775808"] {
            #expect(await bench.fault(.read, "data/a", #"{"version":"\#(version)"}"#) == .nothingThere)
        }
        #expect(await bench.fault(.read, "data/none") == .nothingThere)
    }

    @Test func `data must be an object or null`() async throws {
        let bench = try await Bench()
        for body in ["{}", #"{"options":{}}"#, ""] {
            #expect(await bench.fault(.write, "data/a", body) == .missingData)
        }
        for data in ["1", "\"x\"", "[]", "true"] {
            #expect(await bench.fault(.write, "data/a", #"{"data":\#(data)}"#) == .dataNotObject)
        }
        try await bench.call(.write, "data/a", #"{"data":null}"#)
        #expect(try await bench.call(.read, "data/a").status == 200)
        #expect(try await bench.call(.read, "data/a").text.hasPrefix(#"{"data":null,"metadata":{"#))
    }

    @Test func `check-and-set lets through only who knows the current version`() async throws {
        let bench = try await Bench()
        func write(_ options: String) async -> KVError? {
            await bench.fault(.write, "data/a", #"{"data":{},"options":\#(options)}"#)
        }
        #expect(await write(#"{"cas":1}"#) == .casMismatch)
        #expect(await write(#"{"cas":0}"#) == nil)
        #expect(await write(#"{"cas":0}"#) == .casMismatch)
        #expect(await write(#"{"cas":"1"}"#) == nil)
        for wrong in ["-1", "3", "9223372036854775807"] { #expect(await write(#"{"cas":\#(wrong)}"#) == .casMismatch) }
        for wrong in ["\"x\"", "1.5", "true", "null", "[]", "{}", "1e1", "99999999999999999999", "\"\""] {
            #expect(await write(#"{"cas":\#(wrong)}"#) == .casMalformed, "\(wrong)")
        }
        #expect(await write("null") == nil)
        #expect(await write("{}") == nil)
        guard case .parameters = await write("[]") else {
            Issue.record("options that are no map were taken")
            return
        }
        try await bench.call(.write, "config", #"{"cas_required":true}"#)
        #expect(await write("{}") == .casMissing)
        try await bench.call(.write, "config", #"{"cas_required":"false"}"#)
        try await bench.call(.write, "metadata/a", #"{"cas_required":true}"#)
        #expect(await write("{}") == .casMissing)
    }

    @Test func `fifty writers with one expectation: one gets through`() async throws {
        let bench = try await Bench()
        let winners = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await bench.fault(.write, "data/a", #"{"data":{"n":\#(number)},"options":{"cas":0}}"#) == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
        #expect(try await bench.call(.read, "metadata/a").members["current_version"] as? Int == 1)
    }

    @Test func `two engines on one storage lose no write`() async throws {
        let storage = InMemoryStorage()
        let (one, two) = (try await Bench(storage), try await Bench(storage))
        try await one.call(.write, "metadata/a", #"{"max_versions":500}"#)
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                let bench = number.isMultiple(of: 2) ? one : two
                group.addTask { await bench.fault(.write, "data/a", #"{"data":{"n":\#(number)}}"#) == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(try await one.call(.read, "metadata/a").members["current_version"] as? Int == made)
        #expect(try await two.call(.read, "metadata/a")["versions"].count == made)
    }

    @Test func `deleted versions are told without data, and come back`() async throws {
        let bench = try await Bench()
        for number in 1...4 { try await bench.call(.write, "data/a", #"{"data":{"n":\#(number)}}"#) }
        #expect(try await bench.call(.delete, "data/a").status == 204)
        let gone = try await bench.call(.read, "data/a")
        #expect(gone.status == 404 && gone.text.hasPrefix(#"{"data":null,"metadata":{"#))
        #expect(gone["metadata"]["deletion_time"] as? String == "2023-11-14T22:13:20.000000005Z")
        #expect(try await bench.call(.write, "delete/a", #"{"versions":[1,"2",99,-1,0]}"#).status == 204)
        #expect(try await bench.call(.read, "data/a", #"{"version":1}"#).status == 404)
        #expect(try await bench.call(.read, "data/a", #"{"version":3}"#).status == 200)
        #expect(try await bench.call(.write, "undelete/a", #"{"versions":"1, 4"}"#).status == 204)
        #expect(try await bench.call(.read, "data/a")["data"]["n"] as? Int == 4)
        #expect(try await bench.call(.read, "data/a", #"{"version":2}"#).status == 404)
        for path in ["delete/none", "undelete/none", "destroy/none"] {
            #expect(try await bench.call(.write, path, #"{"versions":[1]}"#).status == 204)
        }
        #expect(try await bench.call(.delete, "data/none").status == 204)
        for body in ["{}", "", #"{"versions":[]}"#, #"{"versions":null}"#, #"{"versions":""}"#] {
            #expect(await bench.fault(.write, "delete/a", body) == .missingVersions)
        }
        for body in [#"{"versions":["x"]}"#, #"{"versions":[1.5]}"#, #"{"versions":[[1]]}"#, #"{"versions":{}}"#] {
            #expect(await bench.fault(.write, "delete/a", body) == .versionMalformed)
        }
    }

    @Test func `destroyed data is gone for good, from storage too`() async throws {
        let bench = try await Bench()
        func stored() async throws -> Int {
            try await bench.storage.list(under: "mount/1/data/", after: nil, limit: 99).count
        }
        for number in 1...2 { try await bench.call(.write, "data/a", #"{"data":{"n":\#(number)}}"#) }
        #expect(try await stored() == 2)
        try await bench.call(.write, "destroy/a", #"{"versions":[2]}"#)
        #expect(try await stored() == 1)
        let gone = try await bench.call(.read, "data/a")
        #expect(gone.status == 404 && gone["metadata"]["destroyed"] as? Bool == true)
        #expect(gone["metadata"]["deletion_time"] as? String == "")
        try await bench.call(.write, "undelete/a", #"{"versions":[2]}"#)
        #expect(try await bench.call(.read, "data/a").status == 404)
        #expect(try await bench.call(.write, "data/a", #"{"data":{}}"#).members["version"] as? Int == 3)
        try await bench.call(.delete, "metadata/a")
        #expect(try await stored() == 0)
        #expect(await bench.fault(.read, "metadata/a") == .nothingThere)
        #expect(try await bench.call(.write, "data/a", #"{"data":{}}"#).members["version"] as? Int == 1)
    }

    @Test func `old versions are pruned by the secret's rule, else the mount's, else ten`() async throws {
        let bench = try await Bench()
        for _ in 0..<12 { try await bench.call(.write, "data/a", #"{"data":{}}"#) }
        var facts = try await bench.call(.read, "metadata/a")
        #expect(facts["versions"].count == 10 && facts.members["oldest_version"] as? Int == 3)
        #expect(await bench.fault(.read, "data/a", #"{"version":2}"#) == .nothingThere)
        try await bench.call(.write, "config", #"{"max_versions":4}"#)
        try await bench.call(.write, "data/a", #"{"data":{}}"#)
        #expect(try await bench.call(.read, "metadata/a")["versions"].count == 4)
        try await bench.call(.write, "metadata/a", #"{"max_versions":2}"#)
        try await bench.call(.write, "data/a", #"{"data":{}}"#)
        facts = try await bench.call(.read, "metadata/a")
        #expect(Set(facts["versions"].keys) == ["13", "14"])
        #expect(try await bench.storage.list(under: "mount/1/data/", after: nil, limit: 99).count == 2)
        for count in ["-1", "10001", "9223372036854775807"] {
            let fault = await bench.fault(.write, "config", #"{"max_versions":\#(count)}"#)
            #expect(fault == .maxVersionsOutOfRange(limit: 10_000))
        }
    }

    @Test func `versions end by themselves after the shorter time, and undeleting begins it anew`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "config", #"{"delete_version_after":"1h"}"#)
        try await bench.call(.write, "metadata/a", #"{"delete_version_after":"90s"}"#)
        let written = try await bench.call(.write, "data/a", #"{"data":{}}"#)
        #expect(written.members["deletion_time"] as? String == "2023-11-14T22:14:50.000000005Z")
        #expect(try await bench.call(.read, "data/a").status == 200)
        bench.clock.advance(90)
        #expect(try await bench.call(.read, "data/a").status == 404)
        try await bench.call(.write, "undelete/a", #"{"versions":[1]}"#)
        #expect(try await bench.call(.read, "data/a").status == 200)
        bench.clock.advance(90)
        #expect(try await bench.call(.read, "data/a").status == 404)
        try await bench.call(.write, "config", #"{"delete_version_after":"-1s"}"#)
        try await bench.call(.write, "undelete/a", #"{"versions":[1]}"#)
        bench.clock.advance(1_000_000)
        #expect(try await bench.call(.read, "data/a").status == 200)
        #expect(try await bench.call(.read, "config").members["delete_version_after"] as? String == "-1s")
        let long = #"{"delete_version_after":"9999999999999"}"#
        guard case .parameters = await bench.fault(.write, "metadata/a", #"{"delete_version_after":-5}"#),
            case .parameters = await bench.fault(.write, "config", #"{"delete_version_after":"soon"}"#),
            case .deleteAfterOutOfRange = await bench.fault(.write, "config", long)
        else {
            Issue.record("a duration that is none was taken")
            return
        }
    }

    @Test func `other paths of the mount are told to be wrong`() async throws {
        let bench = try await Bench()
        for operation in [Vocabulary.Operation.read, .write, .delete, .list] {
            let reply = try await bench.call(operation, "foo/bar", "{}")
            #expect(reply.status == 404 && reply.text.isEmpty)
            #expect(reply.warnings.first?.hasPrefix("Invalid path for a versioned K/V secrets engine.") == true)
        }
        #expect(try await bench.call(.read, "data").status == 404)
        #expect(await bench.fault(.list, "data/a") == .unsupportedOperation)
        #expect(await bench.fault(.read, "destroy/a") == .unsupportedOperation)
        #expect(await bench.fault(.write, "subkeys/a") == .unsupportedOperation)
        #expect(await bench.fault(.delete, "config") == .unsupportedOperation)
    }

    @Test func `a write needs create where there is no secret, and update where there is one`() async throws {
        let bench = try await Bench()
        #expect(try await bench.right(.write, "data/a", #"{"data":{}}"#) == .create)
        #expect(try await bench.right(.write, "metadata/a", "{}") == .create)
        try await bench.call(.write, "data/a", #"{"data":{}}"#)
        #expect(try await bench.right(.write, "data/a", #"{"data":{}}"#) == .update)
        #expect(try await bench.right(.write, "metadata/a", "{}") == .update)
        #expect(try await bench.right(.write, "destroy/a", #"{"versions":[1]}"#) == .update)
        #expect(try await bench.right(.patch, "data/a", #"{"data":{}}"#) == .patch)
        #expect(try await bench.right(.list, "metadata", #"{"recursive":true}"#) == .sudo)
    }

    @Test func `whatever operation of storage fails, a write is there as a whole or not at all`() async throws {
        let faulty = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(faulty)
        try await bench.call(.write, "data/a", #"{"data":{"n":1}}"#)
        var known = 1
        for number in 1...12 {
            for moment in FaultyStorage.Moment.allCases {
                faulty.arm(number, moment)
                let fault = await bench.fault(.write, "data/a", #"{"data":{"n":\#(known + 1)}}"#)
                let injected = faulty.injected
                faulty.disarm()
                let read = try await bench.call(.read, "data/a")
                let version = try #require(read["metadata"]["version"] as? Int)
                #expect(read["data"]["n"] as? Int == version)
                #expect(fault == nil ? version == known + 1 : injected > 0 && (known...known + 1).contains(version))
                known = version
            }
        }
    }
}
