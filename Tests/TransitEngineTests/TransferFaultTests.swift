import Foundation
import KeyRings
import Primitives
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

/// An operation that brings keys or certificates in, during which storage fails.
enum Arrival: String, CaseIterable, CustomTestStringConvertible {
    case importKey, importPublic, importVersion, completeLatest, completeFirst, restoreNew, restoreOver, setCertificate
    case agreeNew, agreeAgain, backup, rotateRSA, disable

    var testDescription: String { rawValue }

    /// The key that it concerns.
    var key: String {
        switch self {
        case .importKey, .importPublic, .restoreNew, .agreeNew: "fresh"
        case .importVersion, .agreeAgain, .restoreOver, .disable: "k"
        case .completeLatest, .completeFirst: "half"
        case .setCertificate: "pair"
        case .backup: "source"
        case .rotateRSA: "rsa"
        }
    }

    func run(_ bench: Bench, _ blob: String) async throws {
        let (own, peer) = (try Transfer.curve(0x11), try Transfer.curve(0x22))
        let agreement = #"{"base_key_name":"pair","peer_public_key":"\#(Transfer.pem(peer))"}"#
        switch self {
        case .importKey:
            try await bench.write(
                "keys/fresh/import", Transfer.body([UInt8](repeating: 1, count: 32), #","exportable":true"#))
        case .importPublic:
            let body = #"{"type":"ecdsa-p256","public_key":"\#(Transfer.pem(own))"}"#
            try await bench.write("keys/fresh/import", body)
        case .importVersion:
            try await bench.write("keys/k/import_version", Transfer.body([UInt8](repeating: 3, count: 32)))
        case .completeLatest: try await bench.write("keys/half/import_version", Transfer.body(Transfer.pkcs8(peer)))
        case .completeFirst:
            try await bench.write("keys/half/import_version", Transfer.body(Transfer.pkcs8(own), #","version":1"#))
        case .restoreNew: try await bench.write("restore/fresh", #"{"backup":"\#(blob)"}"#)
        case .restoreOver: try await bench.write("restore/k", #"{"backup":"\#(blob)","force":true}"#)
        case .setCertificate:
            try await bench.write("keys/pair/set-certificate", #"{"certificate_chain":"\#(Transfer.certificate)"}"#)
        case .agreeNew: try await bench.write("derive-key/fresh", agreement)
        case .agreeAgain: try await bench.write("derive-key/k", agreement)
        case .backup: try await bench.call(.read, "backup/source")
        case .rotateRSA: try await bench.write("keys/rsa/rotate")
        case .disable: try await bench.write("keys/k/config", #"{"disabled_versions":[1]}"#)
        }
    }
}

@Suite("Keys that come in while storage fails")
struct TransferFaultTests {
    /// An imported key of two versions, a pair, two public halves, an RSA pair, and a key to back up.
    private static func prepare(_ storage: any StorageBackend, _ clock: TestClock) async throws -> [String] {
        try await Transfer.plant(in: storage)
        let bench = try await Bench(storage, clock: clock)
        let (own, peer) = (try Transfer.curve(0x11), try Transfer.curve(0x22))
        try await bench.write("keys/k/import", Transfer.body([UInt8](repeating: 1, count: 32), #","exportable":true"#))
        try await bench.write("keys/k/import_version", Transfer.body([UInt8](repeating: 2, count: 32)))
        try await bench.write("keys/pair/import", Transfer.body(Transfer.pkcs8(own), #","type":"ecdsa-p256""#))
        try await bench.write("keys/half/import", #"{"type":"ecdsa-p256","public_key":"\#(Transfer.pem(own))"}"#)
        // A second public half has to be another key's.
        try await bench.write("keys/half/import_version", #"{"public_key":"\#(Transfer.pem(peer))"}"#)
        try await bench.write(
            "keys/rsa/import",
            Transfer.body(Transfer.pkcs8(Transfer.rsa()), #","type":"rsa-2048","allow_rotation":true"#))
        try await bench.write("keys/source", #"{"exportable":true,"allow_plaintext_backup":true}"#)
        var texts: [String] = []
        for version in [1, 2] { texts.append(try await bench.encrypt("k", #","key_version":\#(version)"#)) }
        await bench.engine.close()
        return texts
    }

    /// The blob that is restored, always the same one.
    private static func blob(_ clock: TestClock) async throws -> String {
        let bench = try await Bench(clock: clock)
        try await bench.write("keys/other", #"{"exportable":true,"allow_plaintext_backup":true}"#)
        for _ in 0..<2 { try await bench.write("keys/other/rotate") }
        return try await bench.call(.read, "backup/other")["backup"]
    }

    /// Everything that can be seen of the key, but for counts and what is made at random.
    private static func state(_ bench: Bench, _ arrival: Arrival) async throws -> String {
        var lines = [arrival.key]
        guard let key = try? await bench.read(arrival.key) else { return "absent" }
        var text = key.text.replacing(#/"usage":\{[^}]*\}/#, with: "")
        if arrival == .rotateRSA { text = text.replacing(#/"public_key":"[^"]*"/#, with: "") }
        lines.append(text)
        if let keys = try? await bench.export(arrival.key, .aes256GCM96), !keys.isEmpty, arrival != .backup {
            lines.append("\(keys.sorted { $0.key < $1.key })")
        }
        for number in 1...2 where arrival.key == "half" {
            let body = #"{"input":"aGVsbG8=","key_version":\#(number)}"#
            lines.append(await fault { try await bench.write("sign/half", body) } ?? "signs")
        }
        return lines.joined(separator: "\n")
    }

    @Test(
        "Whichever storage operation fails, the key is the old or the new one and the engine goes on",
        arguments: Arrival.allCases, FaultyStorage.Moment.allCases)
    func nthOperation(_ arrival: Arrival, _ moment: FaultyStorage.Moment) async throws {
        let clock = TestClock()
        let blob = try await Self.blob(clock)
        let perfect = InMemoryStorage()
        _ = try await Self.prepare(perfect, clock)
        let reference = try await Bench(perfect, clock: clock)
        let old = try await Self.state(reference, arrival)
        try await arrival.run(reference, blob)
        let new = try await Self.state(reference, arrival)
        #expect(old != new)
        var number = 1
        while true {
            let storage = FaultyStorage(InMemoryStorage())
            let texts = try await Self.prepare(storage, clock)
            let bench = try await Bench(storage, clock: clock)
            // In memory, and free to seal without asking storage.
            if number.isMultiple(of: 2) || moment == .after {
                _ = try? await bench.read(arrival.key)
                try await bench.encrypt("k")
            }
            storage.arm(number, moment)
            var failure: (any Error)?
            do { try await arrival.run(bench, blob) } catch { failure = error }
            let wasReached = storage.operations >= number
            storage.disarm()
            let after = try await Self.state(bench, arrival)
            let again = try await Self.state(try await Bench(storage, clock: clock), arrival)
            #expect(after == old || after == new, "operation \(number), the same engine")
            #expect(again == old || again == new, "operation \(number), after a restart")
            if let failure {
                #expect((failure as? TransitError)?.faultClass == .unavailable, "operation \(number): \(failure)")
            } else {
                #expect(after == new && again == new, "operation \(number) told success")
            }
            // What this engine seals now, the next one opens.
            let text = try await bench.encrypt("k")
            let next = try await Bench(storage, clock: clock)
            #expect(try await next.decrypt("k", text) == "aGVsbG8=", "operation \(number)")
            if arrival != .restoreOver, arrival != .disable {
                for text in texts { #expect(try await next.decrypt("k", text) == "aGVsbG8=") }
            }
            // Tried again, it goes through, or was there already.
            if failure != nil, again == old { try await arrival.run(next, blob) }
            #expect(try await Self.state(next, arrival) == new, "operation \(number), again")
            if !wasReached { break }
            number += 1
        }
        #expect(number > 1, "storage was never asked")
    }

    @Test(
        "A wrapping key that was not stored is none, and one that was stays", arguments: FaultyStorage.Moment.allCases)
    func wrappingKey(_ moment: FaultyStorage.Moment) async throws {
        let storage = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        for number in 1...2 {
            storage.arm(number, moment)
            let said = await fault { try await bench.call(.read, "wrapping_key") }
            #expect(said == "storage is not available; try again")
            storage.disarm()
        }
        let key = try await bench.call(.read, "wrapping_key")["public_key"]
        #expect(key.hasPrefix("-----BEGIN PUBLIC KEY-----"))
        #expect(try await bench.call(.read, "wrapping_key")["public_key"] == key)
        #expect(try await Bench(storage).call(.read, "wrapping_key")["public_key"] == key)
    }
}
