import EngineKit
import Foundation
import KVEngine
import Storage
import TestAids
import Testing
import Vocabulary

/// What version 2 is, written as plainly as can be, for one secret.
struct ModelSecret {
    struct Version {
        var data: String
        var deletion: Int?
        var isDestroyed = false
    }

    var current = 0
    var oldest = 0
    var maxVersions = 0
    var casRequired = false
    var deleteAfter = 0
    var custom: [String: String]?
    var versions: [Int: Version] = [:]
}

/// A mount of version 2 as a simple model.
struct ModelMount {
    enum Outcome: Equatable {
        case version(Int)
        case data(String, Int)
        case gone(Int, destroyed: Bool)
        case nothing, done, mismatch, missing
    }

    var secrets: [String: ModelSecret] = [:]
    var maxVersions = 0
    var casRequired = false
    var deleteAfter = 0

    func isGone(_ version: ModelSecret.Version, _ now: Int) -> Bool {
        version.isDestroyed || (version.deletion.map { $0 <= now } ?? false)
    }

    func deletion(_ secret: ModelSecret, _ now: Int) -> Int? {
        if deleteAfter < 0 { return nil }
        return [deleteAfter, secret.deleteAfter].filter { $0 > 0 }.min().map { now + $0 }
    }

    mutating func write(_ path: String, _ data: String, cas: Int?, now: Int) -> Outcome {
        var secret = secrets[path] ?? ModelSecret()
        if let cas, cas != secret.current { return .mismatch }
        if cas == nil && (casRequired || secret.casRequired) { return .missing }
        secret.current += 1
        secret.versions[secret.current] = .init(data: data, deletion: deletion(secret, now))
        let limit = secret.maxVersions > 0 ? secret.maxVersions : maxVersions > 0 ? maxVersions : 10
        for number in secret.versions.keys where number <= secret.current - limit {
            secret.versions[number] = nil
            secret.oldest = max(secret.oldest, secret.current - limit + 1)
        }
        secrets[path] = secret
        return .version(secret.current)
    }

    func read(_ path: String, _ wanted: Int, now: Int) -> Outcome {
        guard let secret = secrets[path] else { return .nothing }
        let number = wanted == 0 ? secret.current : wanted
        guard let version = secret.versions[number] else { return .nothing }
        return isGone(version, now) ? .gone(number, destroyed: version.isDestroyed) : .data(version.data, number)
    }

    mutating func change(_ path: String, _ verb: String, _ numbers: [Int], now: Int) -> Outcome {
        guard var secret = secrets[path] else { return .done }
        for number in numbers {
            guard var version = secret.versions[number] else { continue }
            switch verb {
            case "delete": if !isGone(version, now) { version.deletion = now }
            case "undelete":
                if !version.isDestroyed && version.deletion != nil { version.deletion = deletion(secret, now) }
            default: version.isDestroyed = true
            }
            secret.versions[number] = version
        }
        secrets[path] = secret
        return .done
    }
}

/// Random operations on the engine and on the model, which must always say the same.
/// `STRONGROOM_KV_STEPS` sets how many, `STRONGROOM_SEED` which.
@Suite struct ModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    static let steps = environment["STRONGROOM_KV_STEPS"].flatMap(Int.init) ?? 4000
    static let seed = environment["STRONGROOM_SEED"].flatMap(UInt64.init) ?? 20_261_127

    @Test func `random operations have the outcome that the model says`() async throws {
        var run = try await ModelRun(seed: Self.seed)
        for step in 0..<Self.steps {
            try await run.step()
            #expect(run.differences.isEmpty, "seed \(Self.seed), step \(step): \(run.differences)")
            if !run.differences.isEmpty { return }
            // A restart: the next engine knows what this one stored.
            if step % 997 == 996 { try await run.restart() }
        }
        try await run.compareEverything()
        #expect(run.differences.isEmpty, "seed \(Self.seed): \(run.differences)")
    }
}

/// One run: an engine, a model, a generator.
struct ModelRun {
    private var bench: Bench
    private var model = ModelMount()
    private var random: SeededGenerator
    private(set) var differences: [String] = []
    private let paths = ["a", "b", "a/b", "a/b/c", "d/e", "é", "x y"]

    init(seed: UInt64) async throws {
        bench = try await Bench()
        random = SeededGenerator(seed: seed)
    }

    private var now: Int { bench.clock.now.seconds }

    mutating func restart() async throws { bench = try await Bench(bench.storage, clock: bench.clock) }

    private mutating func check(_ what: String, _ expected: ModelMount.Outcome, _ found: ModelMount.Outcome) {
        if expected != found { differences.append("\(what): model \(expected), engine \(found)") }
    }

    mutating func step() async throws {
        let path = random.pick(paths)
        switch random.int(0...19) {
        case 0...5: try await write(path)
        case 6...10: try await read(path, random.int(0...14))
        case 11: try await deleteLatest(path)
        case 12...14: try await change(path, random.pick(["delete", "undelete", "destroy"]))
        case 15: try await settings(path)
        case 16: try await patch(path)
        case 17: try await list()
        case 18: bench.clock.advance(random.int(0...20))
        default: if random.oneIn(4) { try await forget(path) } else { try await facts(path) }
        }
    }

    private mutating func write(_ path: String) async throws {
        let data = #"{"n":\#(random.int(0...1_000_000)).0}"#
        let current = model.secrets[path]?.current ?? 0
        let cas = random.oneIn(2) ? nil : random.oneIn(5) ? random.int(0...5) : current
        let options = cas.map { #","options":{"cas":\#($0)}"# } ?? ""
        let found = try await outcome(.write, "data/\(path)", #"{"data":\#(data)\#(options)}"#)
        check("write \(path) cas \(String(describing: cas))", model.write(path, data, cas: cas, now: now), found)
    }

    private mutating func read(_ path: String, _ version: Int) async throws {
        let found = try await outcome(.read, "data/\(path)", #"{"version":\#(version)}"#)
        check("read \(path) version \(version)", model.read(path, version, now: now), found)
    }

    private mutating func deleteLatest(_ path: String) async throws {
        let current = model.secrets[path]?.current ?? 0
        let found = try await outcome(.delete, "data/\(path)", "")
        check("delete \(path)", model.change(path, "delete", [current], now: now), found)
    }

    private mutating func change(_ path: String, _ verb: String) async throws {
        let current = model.secrets[path]?.current ?? 0
        let numbers = (0..<random.int(1...3)).map { _ in max(current - random.int(-1...8), 1) }
        let found = try await outcome(.write, "\(verb)/\(path)", #"{"versions":\#(numbers)}"#)
        check("\(verb) \(path) \(numbers)", model.change(path, verb, numbers, now: now), found)
    }

    private mutating func settings(_ path: String) async throws {
        let (versions, after) = (random.int(0...6), random.pick([0, 0, 0, 5, 30]))
        let required = random.oneIn(8)
        let body = #"{"max_versions":\#(versions),"cas_required":\#(required),"delete_version_after":\#(after)"#
        if random.oneIn(3) {
            let isOff = random.oneIn(6)
            let text = body + (isOff ? #","delete_version_after":-1}"# : "}")
            check("config", .done, try await outcome(.write, "config", text))
            (model.maxVersions, model.casRequired, model.deleteAfter) = (versions, required, isOff ? -1 : after)
        } else {
            let custom = ["k": "v\(random.int(0...9))"]
            let text = body + #","custom_metadata":{"k":"\#(custom["k"] ?? "")"}}"#
            check("metadata \(path)", .done, try await outcome(.write, "metadata/\(path)", text))
            var secret = model.secrets[path] ?? ModelSecret()
            (secret.maxVersions, secret.casRequired, secret.deleteAfter) = (versions, required, after)
            secret.custom = custom
            model.secrets[path] = secret
        }
    }

    private mutating func patch(_ path: String) async throws {
        let number = random.int(0...1_000_000)
        let current = model.secrets[path]?.current ?? 0
        let found = try await outcome(
            .patch, "data/\(path)", #"{"data":{"n":\#(number).0},"options":{"cas":\#(current)}}"#)
        var expected = model.read(path, 0, now: now)
        if case .data = expected {
            expected = model.write(path, #"{"n":\#(number).0}"#, cas: current, now: now)
        }
        check("patch \(path)", expected, found)
    }

    private mutating func list() async throws {
        var expected: Set<String> = []
        for path in model.secrets.keys {
            let head = String(path.prefix { $0 != "/" })
            expected.insert(head == path ? head : head + "/")
        }
        let found = (try? await bench.call(.list, "metadata").keys) ?? []
        if Set(found) != expected || found.count != expected.count { differences.append("list: \(found)") }
    }

    private mutating func forget(_ path: String) async throws {
        check("forget \(path)", .done, try await outcome(.delete, "metadata/\(path)", ""))
        model.secrets[path] = nil
    }

    private mutating func facts(_ path: String) async throws {
        let reply = try? await bench.call(.read, "metadata/\(path)")
        guard let secret = model.secrets[path], let reply else {
            if model.secrets[path] != nil || reply != nil { differences.append("facts \(path)") }
            return
        }
        let told = reply["versions"]
        let isSame =
            reply.members["current_version"] as? Int == secret.current
            && reply.members["oldest_version"] as? Int == secret.oldest
            && reply.members["max_versions"] as? Int == secret.maxVersions
            && reply.members["custom_metadata"] as? [String: String] == secret.custom
            && Set(told.keys) == Set(secret.versions.keys.map(String.init))
            && secret.versions.allSatisfy { number, version in
                let facts = told["\(number)"] as? [String: Any] ?? [:]
                let time = version.deletion.map { Timestamp(seconds: $0, nanoseconds: 5).text } ?? ""
                return facts["destroyed"] as? Bool == version.isDestroyed && facts["deletion_time"] as? String == time
            }
        if !isSame { differences.append("facts \(path): \(reply.text)") }
    }

    mutating func compareEverything() async throws {
        for path in paths {
            try await facts(path)
            for version in 0...(model.secrets[path]?.current ?? 0) { try await read(path, version) }
        }
        let stored = try await bench.storage.list(under: "mount/1/data/", after: nil, limit: .max).count
        let kept = model.secrets.values.reduce(0) { $0 + $1.versions.values.count { !$0.isDestroyed } }
        if stored != kept { differences.append("\(stored) data entries are stored, \(kept) are known") }
    }

    /// What the engine says, in the model's words.
    private func outcome(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String
    ) async throws -> ModelMount.Outcome {
        let reply: Reply
        do { reply = try await bench.call(operation, path, body) } catch {
            switch error as? KVError {
            case .nothingThere: return .nothing
            case .casMismatch: return .mismatch
            case .casMissing: return .missing
            default: throw error
            }
        }
        if reply.status == 204 { return .done }
        let facts = operation == .read ? reply["metadata"] : reply.members
        let number = facts["version"] as? Int ?? -1
        if reply.status == 404 { return .gone(number, destroyed: facts["destroyed"] as? Bool ?? false) }
        guard operation == .read, let end = reply.text.range(of: #","metadata":"#) else { return .version(number) }
        return .data(String(reply.text[..<end.lowerBound].dropFirst(#"{"data":"#.count)), number)
    }
}
