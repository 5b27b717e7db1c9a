internal import Bytes
internal import EngineKit

/// The settings of a version 2 mount. **Layout** format 1: `maxVersions ‖ casRequired ‖ deleteAfter`.
struct VersionedConfig: Sendable, Equatable {
    static let path = "config"

    /// Versions kept of each secret; 0 for the default.
    var maxVersions = 0
    var isCASRequired = false
    /// **Units** seconds; 0 for never, below 0 for never whatever the secrets say.
    var deleteAfterSeconds = 0

    init() {}

    /// The versions that are kept of a secret.
    func versionsKept(of secret: SecretRecord) -> Int {
        if secret.maxVersions > 0 { return secret.maxVersions }
        return maxVersions > 0 ? maxVersions : KVLimits.defaultVersions
    }

    /// When a version made or brought back at `now` is deleted by itself.
    func deletion(of secret: SecretRecord, from now: Timestamp) -> Timestamp? {
        guard deleteAfterSeconds >= 0 else { return nil }
        let wishes = [deleteAfterSeconds, secret.deleteAfterSeconds].filter { $0 > 0 }
        return wishes.min().map { now.adding(seconds: $0) }
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(maxVersions)
        writer.put(isCASRequired)
        writer.put(deleteAfterSeconds)
        return writer.record
    }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        maxVersions = try reader.int()
        isCASRequired = try reader.bool()
        deleteAfterSeconds = try reader.int()
        try reader.finish()
    }

    func write(into body: inout ByteWriter) {
        JSON.object([
            "max_versions": .int(maxVersions), "cas_required": .bool(isCASRequired),
            "delete_version_after": .string(DurationSpelling.text(seconds: deleteAfterSeconds)),
        ]).write(into: &body)
    }
}

/// Changes of the settings that a mount and a secret have both; nil leaves one as it is.
struct VersionedSettings: Sendable {
    private static let table = FieldTable(
        "max_versions", "cas_required", "delete_version_after", "custom_metadata")

    let maxVersions: Int?
    let isCASRequired: Bool?
    let deleteAfterSeconds: Int?
    /// The object's text; `isCustomMetadataNull` is for a null.
    let customMetadata: JSONValue
    let text: ByteView

    /// Reads the body. Only a mount's duration may be negative.
    init(_ request: EngineRequest, ofMount: Bool) throws(KVError) {
        do throws(ParameterFault) {
            let parameters = try Parameters(request, Self.table)
            maxVersions = parameters[0].kind == .null ? nil : try parameters.int(0)
            isCASRequired = parameters[1].kind == .null ? nil : try parameters.bool(1)
            deleteAfterSeconds =
                ofMount ? try Self.signedSeconds(parameters) : try parameters.durationSeconds(2)
            customMetadata = parameters[3]
            text = parameters.text
        } catch {
            throw .parameters(error)
        }
        if let maxVersions, !(0...KVLimits.versions).contains(maxVersions) {
            throw .maxVersionsOutOfRange(limit: KVLimits.versions)
        }
        if let deleteAfterSeconds, deleteAfterSeconds > KVLimits.deleteAfterSeconds {
            throw .deleteAfterOutOfRange(limitSeconds: KVLimits.deleteAfterSeconds)
        }
        let isSound: Bool =
            switch customMetadata.kind {
            case .absent, .null, .object: true
            default: false
            }
        guard isSound else { throw .missingCustomMetadata }
    }

    private static func signedSeconds(_ parameters: Parameters) throws(ParameterFault) -> Int? {
        do throws(ParameterFault) { return try parameters.durationSeconds(2) } catch {
            // Whatever is below zero means "never".
            if case .negativeDuration = error { return -1 }
            throw error
        }
    }

    /// Whether nothing at all was said.
    var isEmpty: Bool {
        maxVersions == nil && isCASRequired == nil && deleteAfterSeconds == nil && !customMetadata.isPresent
    }

    /// Changes a mount's settings.
    func apply(to config: inout VersionedConfig) {
        config.maxVersions = maxVersions ?? config.maxVersions
        config.isCASRequired = isCASRequired ?? config.isCASRequired
        config.deleteAfterSeconds = deleteAfterSeconds ?? config.deleteAfterSeconds
    }

    /// Changes a secret's settings; custom metadata is replaced, or merged into what is there.
    func apply(to secret: inout SecretRecord, mergesCustomMetadata: Bool) throws(KVError) {
        secret.maxVersions = maxVersions ?? secret.maxVersions
        secret.isCASRequired = isCASRequired ?? secret.isCASRequired
        secret.deleteAfterSeconds = deleteAfterSeconds ?? secret.deleteAfterSeconds
        switch customMetadata.kind {
        case .absent: return
        case .null: secret.customMetadata = nil
        default:
            if mergesCustomMetadata {
                var merged = secret.customMetadata ?? CustomMetadata()
                try merged.merge(customMetadata, in: text)
                secret.customMetadata = merged
            } else {
                secret.customMetadata = try CustomMetadata(customMetadata, in: text)
            }
        }
    }
}
