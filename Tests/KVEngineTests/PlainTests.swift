import EngineKit
import Foundation
import KVEngine
import Storage
import TestAids
import Testing
import Vocabulary

/// Version 1. **Source** system wire facts §16.
@Suite struct PlainTests {
    @Test func `a secret is its fields, and a write replaces them`() async throws {
        let bench = try await Bench(version: "1")
        #expect(try await bench.call(.write, "a", #"{"x":1,"y":"z"}"#).status == 204)
        #expect(try await bench.call(.read, "a").text == #"{"x":1,"y":"z"}"#)
        try await bench.call(.write, "a", #"{"w":null}"#)
        #expect(try await bench.call(.read, "a").text == #"{"w":null}"#)
        #expect(try await bench.call(.delete, "a").status == 204)
        #expect(await bench.fault(.read, "a") == .nothingThere)
        #expect(try await bench.call(.delete, "a").status == 204)
    }

    @Test func `numbers and spellings come back as they were sent`() async throws {
        let bench = try await Bench(version: "1")
        let text = #"{"n":12345678901234567890,"m":1.10,"e":1e3,"u":"\u00e9<>","deep":{"b":[1,{"a":-0.0}]}}"#
        try await bench.call(.write, "n", text)
        #expect(try await bench.call(.read, "n").text == text)
    }

    @Test func `junk after the object is ignored, and bytes that are not UTF-8 are replaced`() async throws {
        let bench = try await Bench(version: "1")
        try await bench.call(.write, "j", #"{"a":1} {"b":2}"#)
        #expect(try await bench.call(.read, "j").text == #"{"a":1}"#)
        try await bench.call(.write, Array("u".utf8), Array(#"{"a":""#.utf8) + [0xFF, 0xC0] + Array(#""}"#.utf8))
        #expect(try await bench.call(.read, "u").members["a"] as? String == "\u{FFFD}\u{FFFD}")
    }

    @Test func `a secret without fields is refused`() async throws {
        let bench = try await Bench(version: "1")
        for body in ["", "{}", " { } ", "null"] { #expect(await bench.fault(.write, "a", body) == .missingFields) }
        for body in ["[1]", "7", "\"x\"", "{\"a\":", "{\"a\":1,}"] {
            guard case .parameters = await bench.fault(.write, "a", body) else {
                Issue.record("\(body) was taken")
                continue
            }
        }
        #expect(KVError.missingFields.wireText == "missing data fields")
    }

    @Test func `the field ttl, or lease, says how long a read may be kept; else the mount does`() async throws {
        let bench = try await Bench(version: "1")
        for (fields, seconds) in [
            (#"{"a":1}"#, 3600), (#"{"ttl":"30m"}"#, 1800), (#"{"lease":"1h"}"#, 3600), (#"{"ttl":90}"#, 90),
            (#"{"ttl":"soon"}"#, 3600), (#"{"ttl":-5}"#, 3600), (#"{"ttl":{}}"#, 3600), (#"{"ttl":"1e99h"}"#, 3600),
        ] {
            try await bench.call(.write, "t", fields)
            #expect(try await bench.call(.read, "t").keepSeconds == seconds, "\(fields)")
        }
    }

    @Test func `a list shows one level, a leaf and a folder of one name side by side`() async throws {
        let bench = try await Bench(version: "1")
        for path in ["a", "dir", "dir/x", "dir/y/z", "dir-1", "http:/test.com", "with space", "Ünï"] {
            try await bench.call(.write, path, #"{"a":1}"#)
        }
        let names = ["a", "dir", "dir-1", "dir/", "http:/", "with space", "Ünï"]
        #expect(try await bench.call(.list, "").keys == names)
        #expect(try await bench.call(.list, "dir").keys == ["x", "y/"])
        #expect(try await bench.call(.list, "dir/").keys == ["x", "y/"])
        #expect(await bench.fault(.list, "a") == .nothingThere)
        #expect(await bench.fault(.list, "none") == .nothingThere)
        #expect(await bench.fault(.read, "dir/") == .nothingThere)
    }

    @Test func `names that Unicode spells in two ways are two secrets`() async throws {
        let bench = try await Bench(version: "1")
        try await bench.call(.write, "\u{E9}", #"{"a":"composed"}"#)
        try await bench.call(.write, "e\u{301}", #"{"a":"decomposed"}"#)
        #expect(try await bench.call(.read, "\u{E9}").members["a"] as? String == "composed")
        #expect(try await bench.call(.list, "").keys.count == 2)
    }

    @Test func `paths that are none are refused`() async throws {
        let bench = try await Bench(version: "1")
        for path in ["/", "a//b", "/a", "a\u{0}b"] { #expect(await bench.fault(.read, path) == .malformedPath) }
        await #expect(throws: KVError.malformedPath) { try await bench.call(.read, [0x61, 0xFF], []) }
        let long = String(repeating: "x", count: 2049)
        #expect(await bench.fault(.write, long, #"{"a":1}"#) == .pathTooLong(limit: 2048))
        #expect(await bench.fault(.write, "", #"{"a":1}"#) == .malformedPath)
        #expect(await bench.fault(.patch, "a", #"{"a":1}"#) == .unsupportedOperation)
    }

    @Test func `a write needs create where nothing is, and update where something is`() async throws {
        let bench = try await Bench(version: "1")
        #expect(try await bench.right(.write, "a", #"{"a":1}"#) == .create)
        try await bench.call(.write, "a", #"{"a":1}"#)
        #expect(try await bench.right(.write, "a", #"{"a":1}"#) == .update)
        #expect(try await bench.right(.read, "a") == .read)
        #expect(try await bench.right(.list, "") == .list)
        #expect(try await bench.right(.list, "", #"{"recursive":"true"}"#) == .sudo)
        #expect(try await bench.right(.delete, "a") == .delete)
    }

    @Test func `storage that fails is told, and leaves the secret as it was or as it is to be`() async throws {
        let faulty = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(faulty, version: "1")
        try await bench.call(.write, "a", #"{"a":1}"#)
        for number in 1...6 {
            faulty.arm(number)
            let fault = await bench.fault(.write, "a", #"{"a":2}"#)
            let injected = faulty.injected
            faulty.disarm()
            #expect((fault == .storage) == (injected > 0))
            let value = try await bench.call(.read, "a").members["a"] as? Int
            #expect(value == 1 || value == 2)
        }
        #expect(KVError.storage.faultClass == .unavailable)
    }
}
