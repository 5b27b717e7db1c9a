internal import Bytes
internal import EngineKit
internal import Storage

/// A list of names below a folder: one level, or with `recursive` all that is below.
struct ListCommand: Sendable {
    let folder: SecretPath
    let after: String?
    let limit: Int
    let isRecursive: Bool

    private static let table = FieldTable("after", "limit", "recursive")

    /// Reads the query. A limit of 0, below it, or above what one answer holds is the latter (regression 27).
    init(_ request: EngineRequest, _ folder: SecretPath) throws(KVError) {
        self.folder = folder
        do throws(ParameterFault) {
            let parameters = try Parameters(request, Self.table)
            let after = try parameters.string(0) ?? ""
            self.after = after.isEmpty ? nil : after
            let limit = try parameters.int(1) ?? 0
            self.limit = limit > 0 ? min(limit, KVLimits.names) : KVLimits.names
            isRecursive = try parameters.bool(2) ?? false
        } catch {
            throw .parameters(error)
        }
        if let after, after.utf8.count > KVLimits.path { throw .pathTooLong(limit: KVLimits.path) }
    }

    /// Writes the names; throws `.nothingThere` where there are none.
    func perform(
        in storage: StorageView, below root: String, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        var page = FolderPage()
        do throws(StorageError) {
            page =
                isRecursive
                ? try await everything(in: storage, below: root + folder.folder)
                : try await storage.names(in: root + folder.folder, after: after, limit: limit)
        } catch {
            throw KVError(error)
        }
        guard !page.names.isEmpty else { throw .nothingThere }
        body.append("{\"keys\":[")
        for (index, name) in page.names.enumerated() {
            if index > 0 { body.append(",") }
            body.append(jsonString: name)
        }
        body.append("]}")
        let isUnaware = page.isCut && limit == KVLimits.names
        return EngineReply(warnings: isUnaware ? ["There are more names: go on with after and limit."] : [])
    }

    private func everything(in storage: StorageView, below root: String) async throws(StorageError) -> FolderPage {
        var page = FolderPage()
        var position = after.map { root + $0 }
        while page.names.count <= limit {
            let wanted = min(limit - page.names.count + 1, 4096)
            let paths = try await storage.list(under: root, after: position, limit: wanted)
            guard let last = paths.last else { return page }
            for path in paths { page.names.append(StorageKey(path).dropping(root)?.path ?? path) }
            position = last
        }
        page.names.removeLast(page.names.count - limit)
        page.isCut = true
        return page
    }
}

extension KVError {
    /// What a failure of storage is to a client.
    init(_ error: StorageError) {
        switch error {
        case .full: self = .storageFull
        case .conflict: self = .contention
        case .fenced, .readOnly, .corrupt, .unavailable, .sealed, .corrupted: self = .storage
        }
    }
}
