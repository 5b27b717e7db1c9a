import Bytes
import FuzzDriver
import KeyRings
import Primitives

/// Stored records. **Layout** of an input: `kind(1) ‖ record`.
///
/// What is readable must be written back to the same bytes.
@main
enum FuzzRecord {
    static func main() {
        var settings = KeySettings(type: .aes256GCM96)
        (settings.latestVersion, settings.minEncryptionVersion, settings.autoRotateSeconds) = (7, 3, 3600)
        var seeds = KeyType.allCases.map { [0] + KeySettings(type: $0).record }
        seeds.append([0] + settings.record)
        for type in KeyType.allCases {
            let version = try? KeyVersion.generate(number: 1, settings: KeySettings(type: type), nowUnixSeconds: 1)
            seeds += (1...6).map { [$0] + (version?.exposingRecord() ?? []) }
        }
        fuzz(seeds: seeds) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzRecord.run(bytes[0], bytes.dropFirst(1))
            return 0
        }
    }

    private static func run(_ kind: UInt8, _ record: ByteView) {
        let types = KeyType.allCases
        if Int(kind) % (types.count + 2) == 0 {
            guard let settings = try? KeySettings(record: record) else { return }
            precondition(settings.record == record.array, "settings are written otherwise than they were read")
        } else if Int(kind) % (types.count + 2) <= types.count {
            let settings = KeySettings(type: types[Int(kind) % (types.count + 2) - 1])
            guard let version = try? KeyVersion(number: 1, record: record, settings: settings, storedUsage: 0) else {
                return
            }
            precondition(version.exposingRecord() == record.array, "a version is written otherwise than it was read")
        } else {
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
}
