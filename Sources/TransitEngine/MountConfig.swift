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

    /// The stored form. **Layout** format 1: cache size, upsert disabled.
    static func record(cacheSize: Int, isUpsertDisabled: Bool) -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(cacheSize)
        writer.put(isUpsertDisabled)
        return writer.record
    }

    /// Takes over what was stored; false when it cannot be read.
    func adopt(_ record: ByteView) -> Bool {
        guard var reader = try? RecordReader(record), reader.format == 1, let size = try? reader.int(),
            let isDisabled = try? reader.bool(), (try? reader.finish()) != nil
        else { return false }
        (cacheSize, isUpsertDisabled) = (size, isDisabled)
        return true
    }
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

extension TransitEngine {
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
        var warnings: [String] = []
        var (size, disabled) = (config.cacheSize, config.isUpsertDisabled)
        var shown = command
        switch command {
        case .writeCache(let wanted, let notes): (size, warnings, shown) = (wanted, notes, .readCache)
        case .writeKeys(let wanted, let notes): (disabled, warnings, shown) = (wanted, notes, .readKeys)
        case .readCache, .readKeys: break
        }
        var batch = WriteBatch()
        batch.put(StorageKey(Self.configPath), MountConfig.record(cacheSize: size, isUpsertDisabled: disabled))
        do { try await storage.commit(batch) } catch { throw .storage }
        (config.cacheSize, config.isUpsertDisabled) = (size, disabled)
        await catalog.limit(to: size)
        _ = perform(shown, into: &body)
        return EngineReply(warnings: warnings)
    }
}
