import EngineKit
import Foundation
import KVEngine
import TestAids
import Testing
import Vocabulary

/// Metadata, patches, subkeys. **Source** system wire facts §17, §17.1.
@Suite struct MetadataTests {
    @Test func `metadata without a version can be made, and an empty body makes nothing`() async throws {
        let bench = try await Bench()
        #expect(try await bench.call(.write, "metadata/a", "{}").status == 204)
        #expect(await bench.fault(.read, "metadata/a") == .nothingThere)
        try await bench.call(
            .write, "metadata/a", #"{"max_versions":"3","cas_required":"true","delete_version_after":"90m"}"#)
        let facts =
            #"{"cas_required":true,"created_time":"2023-11-14T22:13:20.000000005Z","current_version":0,"#
            + #""custom_metadata":null,"delete_version_after":"1h30m0s","max_versions":3,"oldest_version":0,"#
            + #""updated_time":"2023-11-14T22:13:20.000000005Z","versions":{}}"#
        #expect(try await bench.call(.read, "metadata/a").text == facts)
        #expect(await bench.fault(.read, "data/a") == .nothingThere)
        #expect(await bench.fault(.write, "data/a", #"{"data":{},"options":{"cas":0}}"#) == nil)
        #expect(try await bench.call(.list, "metadata").keys == ["a"])
    }

    @Test func `the mount's settings change one by one`() async throws {
        let bench = try await Bench()
        let before = #"{"cas_required":false,"delete_version_after":"0s","max_versions":0}"#
        #expect(try await bench.call(.read, "config").text == before)
        try await bench.call(.write, "config", #"{"max_versions":5}"#)
        try await bench.call(.write, "config", #"{"cas_required":true}"#)
        let text = #"{"cas_required":true,"delete_version_after":"0s","max_versions":5}"#
        #expect(try await bench.call(.read, "config").text == text)
        let again = try await Bench(bench.storage)
        #expect(try await again.call(.read, "config").text == text)
    }

    @Test func `custom metadata is replaced by a write, merged by a patch, told with the data`() async throws {
        let bench = try await Bench()
        func told() async throws -> [String: String]? {
            try await bench.call(.read, "metadata/a").members["custom_metadata"] as? [String: String]
        }
        try await bench.call(.write, "metadata/a", #"{"custom_metadata":{"b":"2","a":"1"}}"#)
        #expect(try await told() == ["a": "1", "b": "2"])
        let written = try await bench.call(.write, "data/a", #"{"data":{}}"#)
        #expect(written.text.contains(#""custom_metadata":{"a":"1","b":"2"}"#))
        #expect(try await bench.call(.patch, "metadata/a", #"{"custom_metadata":{"a":null,"c":"3"}}"#).status == 204)
        #expect(try await told() == ["b": "2", "c": "3"])
        try await bench.call(.write, "metadata/a", #"{"custom_metadata":{"z":"9"}}"#)
        #expect(try await told() == ["z": "9"])
        try await bench.call(.write, "metadata/a", #"{"max_versions":2}"#)
        #expect(try await told() == ["z": "9"])
        try await bench.call(.patch, "metadata/a", #"{"custom_metadata":null}"#)
        #expect(try await told() == nil)
        #expect(await bench.fault(.patch, "metadata/none", #"{"max_versions":1}"#) == .nothingThere)
    }

    @Test func `custom metadata has bounds`() async throws {
        let bench = try await Bench()
        func fault(_ object: String) async -> KVError? {
            await bench.fault(.write, "metadata/a", #"{"custom_metadata":\#(object)}"#)
        }
        func x(_ count: Int) -> String { String(repeating: "x", count: count) }
        let many = "{" + (0..<65).map { #""k\#($0)":"v""# }.joined(separator: ",") + "}"
        #expect(await fault(many) == .customMetadata(.tooMany(limit: 64, count: 65)))
        #expect(await fault(#"{"\#(x(129))":"v"}"#) == .customMetadata(.keyLength(limit: 128)))
        #expect(await fault(#"{"":"v"}"#) == .customMetadata(.keyLength(limit: 128)))
        #expect(await fault(#"{"k":"\#(x(513))"}"#) == .customMetadata(.valueLength(limit: 512)))
        #expect(await fault(#"{"k":""}"#) == .customMetadata(.valueLength(limit: 512)))
        #expect(await fault(#"{"k":"a\u0007"}"#) == .customMetadata(.valueUnprintable))
        #expect(await fault(#"{"k\u200b":"a"}"#) == .customMetadata(.keyUnprintable))
        for object in [#"{"k":1}"#, #"{"k":null}"#, #"{"k":{}}"#] {
            #expect(await fault(object) == .customMetadata(.notTexts))
        }
        for object in ["1", "[]", "\"k=v\""] { #expect(await fault(object) == .missingCustomMetadata) }
        #expect(await fault(#"{"\#(x(128))":"\#(x(512))"}"#) == nil)
        #expect(KVError.customMetadata(.notTexts).wireText.hasPrefix("custom_metadata validation failed: "))
        let patched = await bench.fault(.patch, "metadata/a", #"{"custom_metadata":\#(many)}"#)
        #expect(patched == .customMetadata(.tooMany(limit: 64, count: 66)))
    }

    @Test func `a patch merges into the current version and makes the next one`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "data/a", #"{"data":{"a":"b","c":{"d":"e","f":1.10},"g":[1]}}"#)
        let patch = #"{"data":{"a":"z","c":{"f":null,"n":1e3},"g":null,"new":{"x":null}}}"#
        let reply = try await bench.call(.patch, "data/a", patch)
        #expect(reply.status == 200 && reply.members["version"] as? Int == 2)
        let text = try await bench.call(.read, "data/a").text
        #expect(text.hasPrefix(#"{"data":{"a":"z","c":{"d":"e","n":1e3},"new":{}},"metadata""#))
        #expect(await bench.fault(.patch, "data/a", #"{"data":{},"options":{"cas":1}}"#) == .casMismatch)
        #expect(await bench.fault(.patch, "data/a", #"{"data":{},"options":{"cas":2}}"#) == nil)
        #expect(await bench.fault(.patch, "data/a", "{}") == .missingData)
        #expect(await bench.fault(.patch, "data/a", #"{"data":null}"#) == .missingData)
        #expect(await bench.fault(.patch, "data/none", #"{"data":{}}"#) == .nothingThere)
        try await bench.call(.write, "metadata/empty", #"{"max_versions":1}"#)
        #expect(await bench.fault(.patch, "data/empty", #"{"data":{}}"#) == .nothingThere)
        try await bench.call(.delete, "data/a")
        let gone = try await bench.call(.patch, "data/a", #"{"data":{}}"#)
        #expect(gone.status == 404 && gone.members["version"] as? Int == 3)
    }

    /// **Source** RFC 7396, appendix A, as far as both sides are objects.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        // The same name, spelled in two ways; and names that only Unicode finds equal.
        (#"{"\u0061":1}"#, #"{"a":2}"#, #"{"\u0061":2}"#),
        ("{\"\u{E9}\":1}", "{\"e\u{301}\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
        (#"{"a":1,"a":2}"#, #"{"b":3,"b":4}"#, #"{"a":2,"b":4}"#),
    ])
    func `merge patches do what the RFC says`(target: String, patch: String, result: String) async throws {
        let bench = try await Bench()
        try await bench.call(.write, "data/a", #"{"data":\#(target)}"#)
        try await bench.call(.patch, "data/a", #"{"data":\#(patch)}"#)
        #expect(try await bench.call(.read, "data/a").text.hasPrefix("{\"data\":\(result),\"metadata\""))
    }

    @Test func `subkeys tell the shape without the values`() async throws {
        let bench = try await Bench()
        let data = #"{"foo":"secret","bar":{"baz":{"x":1},"l":[{"y":2}]},"e":{}}"#
        try await bench.call(.write, "data/a", #"{"data":\#(data)}"#)
        func shape(_ query: String) async throws -> String { try await bench.call(.read, "subkeys/a", query).text }
        #expect(
            try await shape("").hasSuffix(#""subkeys":{"foo":null,"bar":{"baz":{"x":null},"l":null},"e":{}}}"#))
        #expect(try await shape(#"{"depth":1}"#).hasSuffix(#""subkeys":{"foo":null,"bar":null,"e":null}}"#))
        #expect(
            try await shape(#"{"depth":2}"#)
                .hasSuffix(#""subkeys":{"foo":null,"bar":{"baz":null,"l":null},"e":{}}}"#))
        #expect(try await !shape(#"{"depth":-7}"#).contains("secret"))
        #expect(await bench.fault(.read, "subkeys/none") == .nothingThere)
        try await bench.call(.delete, "data/a")
        #expect(try await bench.call(.read, "subkeys/a").status == 404)
    }

    @Test func `nesting as deep as bodies may be is patched and told`() async throws {
        let bench = try await Bench()
        let depth = 297
        let nest = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        try await bench.call(.write, "data/a", #"{"data":\#(nest)}"#)
        try await bench.call(.patch, "data/a", #"{"data":\#(nest.replacingOccurrences(of: "1", with: "{}"))}"#)
        #expect(try await bench.call(.read, "data/a").status == 200)
        #expect(try await bench.call(.read, "subkeys/a").status == 200)
        let deep = String(repeating: #"{"a":"#, count: 400) + "1" + String(repeating: "}", count: 400)
        guard case .parameters(let fault) = await bench.fault(.write, "data/a", #"{"data":\#(deep)}"#) else {
            Issue.record("too deep a body was taken")
            return
        }
        #expect(fault.faultClass == .tooLarge)
    }
}
