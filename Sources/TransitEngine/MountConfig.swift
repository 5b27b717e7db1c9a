internal import Bytes
internal import EngineKit
internal import Storage
internal import Synchronization

/// The settings of the mount: `cache-config` and `config/keys`. **Source** wire facts §4.26, §4.27.
final class MountConfig: Sendable {
    private let cacheSizeValue = Atomic<Int>(0)
    private let upsertDisabled = Atomic<Bool>(false)

    /// Most rings kept in memory; 0 is the default bound.
    var cacheSize: Int {
        get { cacheSizeValue.load(ordering: .relaxed) }
        set { cacheSizeValue.store(newValue, ordering: .relaxed) }
    }

    /// Whether encrypting must not make keys.
    var isUpsertDisabled: Bool {
        get { upsertDisabled.load(ordering: .relaxed) }
        set { upsertDisabled.store(newValue, ordering: .relaxed) }
    }

    /// Where the settings are stored. **Layout** format 1: one integer.
    static let cachePath = "config/cache"
    /// The same for `config/keys`.
    static let keysPath = "config/keys"
}

/// Reading and writing those settings.
enum ConfigCommand: Sendable {
    case readCache
    case writeCache(Int, warnings: [String])
    case readKeys
    case writeKeys(isUpsertDisabled: Bool, warnings: [String])

    private static let cacheTable = FieldTable("size")
    private static let keysTable = FieldTable("disable_upsert")

    static func writeCache(_ request: EngineRequest) throws(TransitError) -> ConfigCommand {
        let parameters = try Parameters(cacheTable, of: request)
        let size = try parameters.read { (p) throws(ParameterFault) in try p.int(0) } ?? 0
        guard size == 0 || size >= 10 else { throw .cacheSize }
        return .writeCache(size, warnings: parameters.warnings())
    }

    static func writeKeys(_ request: EngineRequest) throws(TransitError) -> ConfigCommand {
        let parameters = try Parameters(keysTable, of: request)
        let isDisabled = try parameters.read { (p) throws(ParameterFault) in try p.bool(0) } ?? false
        return .writeKeys(isUpsertDisabled: isDisabled, warnings: parameters.warnings())
    }
}

extension Transit {
    /// Answers a read; writes need storage.
    func perform(_ command: ConfigCommand, into body: inout ByteWriter) -> Handling {
        switch command {
        case .readCache: JSON.object(["size": .int(config.cacheSize)]).write(into: &body)
        case .readKeys: JSON.object(["disable_upsert": .bool(config.isUpsertDisabled)]).write(into: &body)
        case .writeCache, .writeKeys: return .needsStorage
        }
        return .done(EngineReply())
    }

    /// Stores a setting, then lets it count.
    func performStoring(_ command: ConfigCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        switch command {
        case .writeCache(let size, let warnings):
            try await store(size, at: MountConfig.cachePath)
            config.cacheSize = size
            await catalog.limit(to: size)
            _ = perform(.readCache, into: &body)
            return EngineReply(warnings: warnings)
        case .writeKeys(let isUpsertDisabled, let warnings):
            try await store(isUpsertDisabled ? 1 : 0, at: MountConfig.keysPath)
            config.isUpsertDisabled = isUpsertDisabled
            _ = perform(.readKeys, into: &body)
            return EngineReply(warnings: warnings)
        case .readCache, .readKeys:
            _ = perform(command, into: &body)
            return EngineReply()
        }
    }

    /// Reads the stored settings. Throws when storage, or what it holds, cannot be read.
    func loadConfig() async throws(TransitError) {
        config.cacheSize = try await stored(MountConfig.cachePath)
        config.isUpsertDisabled = try await stored(MountConfig.keysPath) != 0
    }

    // Each setting is an entry of its own, so that two who change different ones do not meet.
    private func store(_ value: Int, at path: String) async throws(TransitError) {
        var writer = RecordWriter(format: 1)
        writer.put(value)
        var batch = WriteBatch()
        batch.put(StorageKey(path), writer.record)
        do { try await storage.commit(batch) } catch { throw .storage }
    }

    private func stored(_ path: String) async throws(TransitError) -> Int {
        let entry: StorageEntry?
        do { entry = try await storage.read(path) } catch { throw .storage }
        guard let entry else { return 0 }
        let value = entry.value.withUnsafeBytes { bytes -> Int? in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == 1 else { return nil }
            return try? reader.int()
        }
        guard let value else { throw .storage }
        return value
    }
}
