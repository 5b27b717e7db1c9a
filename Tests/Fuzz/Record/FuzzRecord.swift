import Bytes
import FuzzDriver
import KeyRings
import Primitives

/// Stored records. **Layout** of an input: `kind(1) ‖ record`.
///
/// Settings that are readable must be written back to the same bytes; a version, once written back, must not change any
/// more, and using its key must not end the process whatever its bytes are.
@main
enum FuzzRecord {
    /// The settings under which versions are read: every type, with the parameters of those that have some.
    private static let shapes: [KeySettings] = KeyType.allCases.map { type in
        var settings = KeySettings(type: type)
        if type.family == .postQuantum { settings.parameterSet = "65" }
        if type == .hybrid { settings.hybrid = HybridParts(postQuantum: "ml-dsa", classic: "ed25519") }
        return settings
    }

    static func main() {
        var settings = KeySettings(type: .aes256GCM96)
        (settings.latestVersion, settings.minEncryptionVersion, settings.autoRotateSeconds) = (7, 3, 3600)
        settings.disabledVersions = [2, 5]
        settings.versionTemplate = "x{{version}}:"
        settings.backup = BackupMark(moment: Moment(seconds: 5, nanoseconds: 6), version: 7)
        var seeds = shapes.map { [0] + $0.record }
        seeds.append([0] + settings.record)
        for (index, shape) in shapes.enumerated() where !shape.type.isRSA {
            let version = try? KeyVersion.generate(number: 1, settings: shape, now: Moment(seconds: 1))
            let record = version?.exposingRecord() ?? []
            precondition(!record.isEmpty, "no version of \(shape.type)")
            seeds.append([UInt8(index + 1)] + record)
        }
        fuzz(seeds: seeds) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzRecord.run(Int(bytes[0]) % (FuzzRecord.shapes.count + 2), bytes.dropFirst(1))
            return 0
        }
    }

    private static func run(_ kind: Int, _ record: ByteView) {
        if kind == 0 {
            guard let settings = try? KeySettings(record: record) else { return }
            precondition(settings.record == record.array, "settings are written otherwise than they were read")
        } else if kind <= shapes.count {
            guard let version = read(record, shapes[kind - 1]) else { return }
            let first = version.exposingRecord()
            let second = first.withUnsafeBytes { read(ByteView($0), shapes[kind - 1])?.exposingRecord() }
            precondition(second == first, "a version is written otherwise than it was read")
            use(version)
        } else {
            fields(record)
        }
    }

    private static func read(_ record: ByteView, _ settings: KeySettings) -> KeyVersion? {
        try? KeyVersion(number: 1, record: record, settings: settings, storedUsage: 0)
    }

    // Keys are parsed when they are first needed.
    private static func use(_ version: KeyVersion) {
        _ = try? version.pair?.privateKey()
        _ = try? version.pair?.publicKey()
        _ = try? version.kem?.privateKey()
        _ = try? version.signer?.mlDSAPublicKey()
        _ = try? version.signer?.classic?.privateKey()
        _ = try? version.signer?.classic?.publicKey()
    }

    private static func fields(_ record: ByteView) {
        guard var reader = try? RecordReader(record) else { return }
        var total = 0
        for index in 0..<record.count {
            if index % 3 == 0 { total += ((try? reader.view())?.count ?? 0) }
            _ = index % 3 == 1 ? (try? reader.int()) ?? 0 : 0
            _ = index % 3 == 2 ? (try? reader.bool()) ?? false : false
        }
        precondition(total <= record.count, "more was read than there is")
    }
}
