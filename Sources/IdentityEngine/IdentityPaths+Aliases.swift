internal import Bytes
internal import EngineKit
internal import Identity
internal import Vocabulary

extension IdentityPaths {
    private static let aliasTable = FieldTable(
        "name", "canonical_id", "entity_id", "mount_accessor", "metadata", "custom_metadata", "id")

    private func aliasWish(_ request: EngineRequest) throws(IdentityPathError) -> AliasWish {
        try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.aliasTable)
            var wish = AliasWish()
            wish.name = try parameters.string(0).flatMap { $0.isEmpty ? nil : $0 }
            let canonicalID = try parameters.string(1)
            let entityID = try parameters.string(2)
            wish.canonicalID = canonicalID ?? entityID
            wish.mountAccessor = try parameters.string(3).flatMap { $0.isEmpty ? nil : $0 }
            wish.customMetadata = try parameters.stringMap(5)
            wish.id = try parameters.string(6) ?? ""
            return wish
        }
    }

    private func write(_ wish: AliasWish, ofGroup: Bool) -> Command {
        let store = store
        return .later(.update) { () throws(IdentityPathError) in
            let outcome = try await Self.changing { () throws(IdentityFault) in
                ofGroup ? try await store.putGroupAlias(wish) : try await store.put(wish)
            }
            if !outcome.isChanged { return .nothing }
            return Answer(
                json: .object(["canonical_id": .string(outcome.id), "id": .string(outcome.aliasID)]))
        }
    }

    func aliasCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        switch (words.first, words.count, request.operation) {
        case (nil, 0, .write): return write(try aliasWish(request), ofGroup: false)
        case ("id", 1, .list): return .now(.list) { () throws(IdentityPathError) in try self.listAliases() }
        case ("id", 2, .read):
            let id = words[1]
            return .now(.read) { () throws(IdentityPathError) in
                let found = self.store.read { $0.entity(aliasID: id) }
                guard let found, let alias = found.aliases.first(where: { $0.id == id }) else { throw .nothingThere }
                var members = self.json(alias, of: found.id)
                members["namespace_id"] = .string("root")
                return Answer(json: .object(members))
            }
        case ("id", 2, .write):
            var wish = try aliasWish(request)
            wish.id = words[1]
            return write(wish, ofGroup: false)
        case ("id", 2, .delete):
            let (store, id) = (store, words[1])
            return .later(.delete) { () throws(IdentityPathError) in
                try await Self.changing { () throws(IdentityFault) in try await store.deleteAlias(id) }
                return .nothing
            }
        case (nil, 0, _), ("id", 1, _), ("id", 2, _): throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    func groupAliasCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        switch (words.first, words.count, request.operation) {
        case (nil, 0, .write): return write(try aliasWish(request), ofGroup: true)
        case ("id", 1, .list): return .now(.list) { () throws(IdentityPathError) in try self.listGroupAliases() }
        case ("id", 2, .read):
            let id = words[1]
            return .now(.read) { () throws(IdentityPathError) in
                let found = self.store.read { $0.group(aliasID: id) }
                guard let found, let alias = found.alias else { throw .nothingThere }
                var members = self.json(alias, of: found.id)
                members["namespace_id"] = .string("root")
                return Answer(json: .object(members))
            }
        case ("id", 2, .write):
            var wish = try aliasWish(request)
            wish.id = words[1]
            return write(wish, ofGroup: true)
        case ("id", 2, .delete):
            let (store, id) = (store, words[1])
            return .later(.delete) { () throws(IdentityPathError) in
                try await Self.changing { () throws(IdentityFault) in try await store.deleteGroupAlias(id) }
                return .nothing
            }
        case (nil, 0, _), ("id", 1, _), ("id", 2, _): throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    private func listAliases() throws(IdentityPathError) -> Answer {
        let entities = store.read { Array($0.entities.values) }
        var found: [(Alias, String)] = entities.flatMap { entity in entity.aliases.map { ($0, entity.id) } }
        found.sort { ($0.0.created, $0.0.id) < ($1.0.created, $1.0.id) }
        var information: [String: JSON] = [:]
        for (alias, owner) in found { information[alias.id] = .object(info(alias, of: owner)) }
        return try Self.listed(found.map(\.0.id), information)
    }

    private func listGroupAliases() throws(IdentityPathError) -> Answer {
        let groups = store.read { Array($0.groups.values) }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        var (keys, information) = ([String](), [String: JSON]())
        for group in groups {
            guard let alias = group.alias else { continue }
            keys.append(alias.id)
            information[alias.id] = .object(info(alias, of: group.id))
        }
        return try Self.listed(keys, information)
    }
}
