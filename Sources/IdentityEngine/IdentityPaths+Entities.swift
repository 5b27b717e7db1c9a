internal import Bytes
internal import EngineKit
internal import Identity
internal import Vocabulary

extension IdentityPaths {
    private static let entityTable = FieldTable("name", "metadata", "policies", "disabled", "id")
    private static let mergeTable = FieldTable(
        "from_entity_ids", "to_entity_id", "force", "conflicting_alias_ids_to_keep")
    private static let deletionTable = FieldTable("entity_ids")

    func entityCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        switch (words.first, words.count, request.operation) {
        case (nil, 0, .write): return try writeEntity(try entityWish(request))
        case ("id", 1, .list):
            return .now(.list) { () throws(IdentityPathError) in try self.listEntities(byName: false) }
        case ("name", 1, .list):
            return .now(.list) { () throws(IdentityPathError) in try self.listEntities(byName: true) }
        case ("merge", 1, .write): return try merge(request)
        case ("batch-delete", 1, .write):
            let ids = try Self.fields { () throws(ParameterFault) in
                try Parameters(request, Self.deletionTable).strings(0) ?? []
            }
            return deletion { _ in ids }
        case ("id", 2, _), ("name", 2, _): return try oneEntity(words[1], isName: words[0] == "name", request)
        case (nil, 0, _), ("id", 1, _), ("name", 1, _), ("merge", 1, _), ("batch-delete", 1, _):
            throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    private func oneEntity(
        _ word: String, isName: Bool, _ request: EngineRequest
    ) throws(IdentityPathError) -> Command {
        switch request.operation {
        case .read:
            return .now(.read) { () throws(IdentityPathError) in
                let json = self.store.read { picture in
                    (isName ? picture.entity(name: word) : picture.entity(id: word)).map { self.json($0, in: picture) }
                }
                guard let json else { throw .nothingThere }
                return Answer(json: json)
            }
        case .delete:
            return deletion { picture in
                if !isName { return [word] }
                return picture.entity(name: word).map { [$0.id] } ?? []
            }
        case .write:
            var wish = try entityWish(request)
            if isName { (wish.id, wish.name) = ("", word) } else { wish.id = word }
            return try writeEntity(wish)
        case .list, .patch: throw .unsupportedOperation
        }
    }

    private func entityWish(_ request: EngineRequest) throws(IdentityPathError) -> EntityWish {
        try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.entityTable)
            var wish = EntityWish()
            wish.name = try parameters.string(0)
            wish.metadata = try parameters.stringMap(1)
            wish.policies = try parameters.strings(2)
            wish.isDisabled = try parameters.bool(3)
            wish.id = try parameters.string(4) ?? ""
            return wish
        }
    }

    private func writeEntity(_ wish: EntityWish) throws(IdentityPathError) -> Command {
        let store = store
        return .later(.update) { () throws(IdentityPathError) in
            let outcome = try await Self.changing { () throws(IdentityFault) in try await store.put(wish) }
            if !outcome.isNew { return .nothing }
            return Answer(
                json: .object(["id": .string(outcome.id), "name": .string(outcome.name), "aliases": .null]))
        }
    }

    private func deletion(_ ids: @escaping @Sendable (IdentityPicture) -> [String]) -> Command {
        let store = store
        return .later(.delete) { () throws(IdentityPathError) in
            let ids = store.read { ids($0) }
            try await Self.changing { () throws(IdentityFault) in try await store.deleteEntities(ids) }
            return .nothing
        }
    }

    private func merge(_ request: EngineRequest) throws(IdentityPathError) -> Command {
        let (sources, target, isForced) = try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.mergeTable)
            return (
                try parameters.strings(0) ?? [], try parameters.string(1) ?? "", try parameters.bool(2) ?? false
            )
        }
        let store = store
        return .later(.update) { () throws(IdentityPathError) in
            try await Self.changing { () throws(IdentityFault) in
                try await store.merge(sources, into: target, isForced: isForced)
            }
            return .nothing
        }
    }

    private func listEntities(byName: Bool) throws(IdentityPathError) -> Answer {
        let entities = store.read { Array($0.entities.values) }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        if byName { return try Self.listed(entities.map(\.name)) }
        var information: [String: JSON] = [:]
        for entity in entities {
            var members: [String: JSON] = ["name": .string(entity.name)]
            if !entity.aliases.isEmpty { members["aliases"] = .array(entity.aliases.map { .object(info($0)) }) }
            information[entity.id] = .object(members)
        }
        return try Self.listed(entities.map(\.id), information)
    }
}
