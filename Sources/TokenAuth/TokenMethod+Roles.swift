internal import Bytes
internal import EngineKit
internal import Storage
internal import Tokens

/// Roles. **Source** system wire facts §8.2.
extension TokenMethod {
    private static let folder = "roles/"

    func role(_ name: String) async throws(TokenAuthError) -> TokenRole? {
        do throws(StorageError) {
            guard let entry = try await storage.read(Self.folder + name) else { return nil }
            guard let role = TokenRole(name: name, record: entry.value) else { throw StorageError.corrupt }
            return role
        } catch {
            throw .store(.storage(error))
        }
    }

    func listRoles(into body: inout ByteWriter) async throws(TokenAuthError) -> EngineReply {
        let paths: [String]
        do throws(StorageError) { paths = try await storage.list(under: Self.folder) } catch {
            throw .store(.storage(error))
        }
        guard !paths.isEmpty else { throw .nothingThere }
        let names = paths.map { JSON.string(String($0.dropFirst(Self.folder.count))) }
        JSON.object(["keys": .array(names)]).write(into: &body)
        return EngineReply()
    }

    func readRole(_ name: String, into body: inout ByteWriter) async throws(TokenAuthError) -> EngineReply {
        guard let role = try await role(name) else { throw .nothingThere }
        role.json.write(into: &body)
        return EngineReply()
    }

    func writeRole(
        _ name: String, _ change: (inout TokenRole) throws(TokenAuthError) -> [String]
    ) async throws(TokenAuthError) -> EngineReply {
        var role = try await role(name) ?? TokenRole(name: name)
        let warnings = try change(&role)
        var batch = WriteBatch()
        batch.put(StorageKey(Self.folder + name), role.record)
        try await commit(batch)
        return warnings.isEmpty ? .noContent : EngineReply(warnings: warnings)
    }

    func deleteRole(_ name: String) async throws(TokenAuthError) -> EngineReply {
        var batch = WriteBatch()
        batch.delete(StorageKey(Self.folder + name))
        try await commit(batch)
        return .noContent
    }

    private func commit(_ batch: WriteBatch) async throws(TokenAuthError) {
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .store(.storage(error)) }
    }
}
