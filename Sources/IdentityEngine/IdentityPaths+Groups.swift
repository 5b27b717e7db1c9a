internal import Bytes
internal import EngineKit
internal import Identity
internal import Vocabulary

extension IdentityPaths {
    private static let groupTable = FieldTable(
        "name", "type", "policies", "metadata", "member_entity_ids", "member_group_ids", "id")
    private static let lookupTable = FieldTable("name", "id", "alias_id", "alias_name", "alias_mount_accessor")

    func groupCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        switch (words.first, words.count, request.operation) {
        case (nil, 0, .write): return writeGroup(try groupWish(request))
        case ("id", 1, .list): return .now(.list) { () throws(IdentityPathError) in try self.listGroups(byName: false) }
        case ("name", 1, .list):
            return .now(.list) { () throws(IdentityPathError) in try self.listGroups(byName: true) }
        case ("id", 2, _), ("name", 2, _): return try oneGroup(words[1], isName: words[0] == "name", request)
        case (nil, 0, _), ("id", 1, _), ("name", 1, _): throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    private func oneGroup(
        _ word: String, isName: Bool, _ request: EngineRequest
    ) throws(IdentityPathError) -> Command {
        let store = store
        switch request.operation {
        case .read:
            return .now(.read) { () throws(IdentityPathError) in
                let json = store.read { picture in
                    (isName ? picture.group(name: word) : picture.groups[word]).map { self.json($0, in: picture) }
                }
                guard let json else { throw .nothingThere }
                return Answer(json: json)
            }
        case .delete:
            return .later(.delete) { () throws(IdentityPathError) in
                let id: String? = isName ? store.read { $0.group(name: word)?.id } : word
                guard let id else { return .nothing }
                try await Self.changing { () throws(IdentityFault) in try await store.deleteGroup(id) }
                return .nothing
            }
        case .write:
            var wish = try groupWish(request)
            if isName { (wish.id, wish.name) = ("", word) } else { wish.id = word }
            return writeGroup(wish)
        case .list, .patch: throw .unsupportedOperation
        }
    }

    private func groupWish(_ request: EngineRequest) throws(IdentityPathError) -> GroupWish {
        try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.groupTable)
            var wish = GroupWish()
            wish.name = try parameters.string(0)
            wish.type = try parameters.string(1)
            wish.policies = try parameters.strings(2)
            wish.metadata = try parameters.stringMap(3)
            wish.memberEntityIDs = try parameters.strings(4)
            wish.memberGroupIDs = try parameters.strings(5)
            wish.id = try parameters.string(6) ?? ""
            return wish
        }
    }

    private func writeGroup(_ wish: GroupWish) -> Command {
        let store = store
        return .later(.update) { () throws(IdentityPathError) in
            let outcome = try await Self.changing { () throws(IdentityFault) in try await store.put(wish) }
            if !outcome.isNew { return .nothing }
            return Answer(json: .object(["id": .string(outcome.id), "name": .string(outcome.name)]))
        }
    }

    private func listGroups(byName: Bool) throws(IdentityPathError) -> Answer {
        let groups = store.read { Array($0.groups.values) }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        if byName { return try Self.listed(groups.map(\.name)) }
        var information: [String: JSON] = [:]
        for group in groups {
            information[group.id] = .object([
                "name": .string(group.name), "num_member_entities": .int(group.memberEntityIDs.count),
                "num_parent_groups": .int(store.read { $0.parentIDs(of: group.id).count }),
            ])
        }
        return try Self.listed(groups.map(\.id), information)
    }

    // MARK: - Looking up

    func lookupCommand(_ words: [String], _ request: EngineRequest) throws(IdentityPathError) -> Command {
        guard words == ["entity"] || words == ["group"] else { throw .unsupportedPath }
        guard request.operation == .write else { throw .unsupportedOperation }
        let given = try Self.fields { () throws(ParameterFault) in
            let parameters = try Parameters(request, Self.lookupTable)
            var texts: [String?] = []
            for index in 0..<5 { texts.append(try parameters.string(index).flatMap { $0.isEmpty ? nil : $0 }) }
            return texts
        }
        let isGroup = words == ["group"]
        guard given.contains(where: { $0 != nil }) else { throw .identity(.queryMissing) }
        if given[0] == nil, given[1] == nil, given[2] == nil, given[3] == nil || given[4] == nil {
            throw .identity(.aliasIncomplete)
        }
        return .now(.update) { () throws(IdentityPathError) in
            let json = self.store.read { picture in
                isGroup
                    ? Self.group(given, picture).map { self.json($0, in: picture) }
                    : Self.entity(given, picture).map { self.json($0, in: picture) }
            }
            return json.map { Answer(json: $0) } ?? .nothing
        }
    }

    private static func entity(_ given: [String?], _ picture: IdentityPicture) -> Entity? {
        if let id = given[1] { return picture.entity(id: id) }
        if let name = given[0] { return picture.entity(name: name) }
        if let id = given[2] { return picture.entity(aliasID: id) }
        guard let name = given[3], let accessor = given[4] else { return nil }
        return picture.entity(alias: name, at: accessor)
    }

    private static func group(_ given: [String?], _ picture: IdentityPicture) -> Group? {
        if let id = given[1] { return picture.groups[id] }
        if let name = given[0] { return picture.group(name: name) }
        if let id = given[2] { return picture.group(aliasID: id) }
        guard let name = given[3], let accessor = given[4] else { return nil }
        return picture.group(alias: name, at: accessor)
    }
}
