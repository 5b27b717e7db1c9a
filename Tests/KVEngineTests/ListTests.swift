import EngineKit
import Foundation
import KVEngine
import Storage
import TestAids
import Testing
import Vocabulary

/// Lists of names, by pages and all the way down.
@Suite struct ListTests {
    @Test func `pages of any size, put together, are the whole list`() async throws {
        var random = SeededGenerator(seed: 7)
        let bench = try await Bench(version: "1")
        for _ in 0..<300 {
            let steps = (0..<random.int(1...3)).map { _ in random.pick(["a", "b", "c-", "d.", "é", "zz", "0"]) }
            let path = steps.joined(separator: "/") + (random.oneIn(3) ? "\(random.int(0...50))" : "")
            try await bench.call(.write, path, #"{"a":1}"#)
        }
        let whole = try await bench.call(.list, "").keys
        #expect(whole == whole.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(Set(whole).count == whole.count)
        for size in [1, 2, 3, 7, 64, 65, 1000] {
            var pages: [String] = []
            while true {
                let after = pages.last.map { #","after":"\#($0)""# } ?? ""
                guard let page = try? await bench.call(.list, "", #"{"limit":"\#(size)"\#(after)}"#).keys else { break }
                #expect(page.count <= size)
                pages += page
            }
            #expect(pages == whole, "pages of \(size)")
        }
    }

    @Test func `regression 27: a limit of 0, below it or beyond all bounds is the bound of one answer`() async throws {
        let bench = try await Bench()
        for number in 0..<20 { try await bench.call(.write, "data/k\(number)", #"{"data":{}}"#) }
        for limit in ["0", "-1", "-9223372036854775808", "9223372036854775807", ""] {
            #expect(try await bench.call(.list, "metadata", #"{"limit":"\#(limit)"}"#).keys.count == 20)
        }
        guard case .parameters = await bench.fault(.list, "metadata", #"{"limit":"many"}"#) else {
            Issue.record("a limit that is no number was taken")
            return
        }
    }

    @Test func `a folder's contents cost nothing: few reads for folders with many secrets`() async throws {
        let counted = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(counted, version: "1")
        for folder in 0..<5 {
            for number in 0..<400 { try await bench.call(.write, "f\(folder)/k\(number)", #"{"a":1}"#) }
        }
        counted.arm(.max)
        #expect(try await bench.call(.list, "").keys == (0..<5).map { "f\($0)/" })
        #expect(counted.operations <= 7)
        counted.arm(.max)
        #expect(try await bench.call(.list, "", #"{"after":"f2/","limit":1}"#).keys == ["f3/"])
        #expect(counted.operations <= 3)
    }

    @Test func `a recursive list tells all paths below, by pages too`() async throws {
        let bench = try await Bench()
        let paths = ["a", "b/c", "b/c/d", "b/e", "f/g/h/i"]
        for path in paths { try await bench.call(.write, "data/\(path)", #"{"data":{}}"#) }
        #expect(try await bench.call(.list, "metadata", #"{"recursive":true}"#).keys == paths)
        #expect(try await bench.call(.list, "metadata/b", #"{"recursive":true}"#).keys == ["c", "c/d", "e"])
        var all: [String] = []
        while true {
            let query = #"{"recursive":1,"limit":2,"after":"\#(all.last ?? "")"}"#
            guard let page = try? await bench.call(.list, "metadata", query).keys else { break }
            all += page
        }
        #expect(all == paths)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a page of many names reads only its own`() async throws {
        let count = ProcessInfo.processInfo.environment["STRONGROOM_KV_NAMES"].flatMap(Int.init) ?? 4_000
        let inner = InMemoryStorage()
        let counted = FaultyStorage(inner)
        let bench = try await Bench(counted, version: "1")
        try await bench.call(.write, "warm", #"{"a":1}"#)
        let sample = try #require(try await inner.read(StorageKey("mount/1/v1/warm")))
        for start in stride(from: 0, to: count, by: 10_000) {
            var batch = WriteBatch()
            for number in start..<min(start + 10_000, count) {
                batch.put(StorageKey("mount/1/v1/n\(1_000_000 + number)"), sample.value)
            }
            try await inner.commit(batch)
        }
        counted.arm(.max)
        let middle = 1_000_000 + count / 2
        let page = try await bench.call(.list, "", #"{"after":"n\#(middle)","limit":1000}"#).keys
        #expect(page.first == "n\(middle + 1)" && page.count == 1000)
        #expect(counted.operations <= 8)
        if count <= 10_000 { #expect(try await bench.call(.list, "").keys.count == count + 1) }
    }
}
