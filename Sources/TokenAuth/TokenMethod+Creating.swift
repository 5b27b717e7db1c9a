internal import Bytes
internal import EngineKit
internal import Tokens
internal import Vocabulary

/// Tokens made by tokens. **Source** system wire facts §8.1.
extension TokenMethod {
    func create(
        _ wish: TokenWish, _ path: CreationPath, _ command: Command
    ) async throws(TokenAuthError) -> EngineReply {
        guard let caller = command.caller else { throw .permissionDenied }
        guard caller.kind == .service else { throw .batchParent }
        let now = store.now()
        let parent = try await parent(caller, now)
        guard parent.numUses == 0 else { throw .limitedParent }
        var role: TokenRole?
        if case .role(let name) = path {
            guard let known = try await self.role(name) else { throw .unknownRole(name) }
            role = known
        }
        let isSudo = caller.isRoot || hasSudo(caller, path)
        try Self.checkPrivileges(wish, role, isSudo: isSudo)
        let choice = PolicyChoice(
            asked: wish.policies, parent: parent.policies, isParentRoot: parent.isRoot, isSudo: isSudo,
            wantsDefault: !wish.hasNoDefaultPolicy, role: role)
        var draft = try Self.draft(wish, path, role, parent)
        draft.policies = try choice.policies()
        let isOrphan = wish.hasNoParent || path == .orphan || (role?.isOrphan ?? false)
        draft.entityID = try await entityID(wish, role, isOrphan ? "" : parent.entityID, command)
        try Self.checkBatch(draft, wish, isOrphan: isOrphan)
        var warnings = wish.warnings
        if wish.id != nil {
            warnings.append("A token with a custom ID is only as hard to guess as that ID; leave it out if you can")
        }
        warnings += unknownPolicies(draft.policies).map { "Policy \"\($0)\" does not exist" }
        let span = try Self.span(&draft, parent, on: command.mount, now)
        if let warning = span { warnings.append(warning) }
        let (draftMade, customID, parentID) = (draft, wish.id, isOrphan ? nil : caller.tokenID)
        let made = try await asking { () async throws(TokenError) in
            try await store.make(draftMade, customID: customID, parent: parentID, now: now)
        }
        var reply = EngineReply(warnings: warnings)
        reply.grant = .token(made.known.issued(as: made.token, by: identity, now: now))
        return reply
    }

    /// The entry of the token that asks.
    private func parent(_ caller: Caller, _ now: Int) async throws(TokenAuthError) -> TokenEntry {
        guard let digest = TokenDigest(hex: caller.tokenID) else { throw .permissionDenied }
        let known = try await asking { () async throws(TokenError) in try await store.live(digest, now: now) }
        guard let known else { throw .permissionDenied }
        return known.entry
    }

    private func hasSudo(_ caller: Caller, _ path: CreationPath) -> Bool {
        var text = ByteWriter()
        text.append("auth/token/create")
        switch path {
        case .plain: break
        case .orphan: text.append("-orphan")
        case .role(let name): text.append(text: "/" + name)
        }
        let rule = rights.rules(of: caller).rule(for: text.view, isList: false)
        return rule?.capabilities.contains(.sudo) ?? false
    }

    private static func checkPrivileges(_ wish: TokenWish, _ role: TokenRole?, isSudo: Bool) throws(TokenAuthError) {
        if isSudo { return }
        if wish.id != nil { throw .needsSudo(.specifyID) }
        // A role says itself whether its tokens have parents.
        if wish.hasNoParent && role == nil { throw .needsSudo(.orphan) }
        if wish.periodSeconds > 0 { throw .needsSudo(.periodic) }
    }

    private static func draft(
        _ wish: TokenWish, _ path: CreationPath, _ role: TokenRole?, _ parent: TokenEntry
    ) throws(TokenAuthError) -> TokenEntry {
        var entry = TokenEntry()
        entry.path = "auth/token/create" + (path == .orphan ? "-orphan" : "")
        if let role { entry.path += "/" + role.name + (role.pathSuffix.isEmpty ? "" : "/" + role.pathSuffix) }
        entry.role = role?.name ?? ""
        entry.displayName = wish.shownName
        entry.metadata = wish.metadata
        entry.namespace = parent.namespace
        entry.kind = TokenStore.kind(mount: role?.type ?? "", role: wish.type)
        entry.isRenewable = wish.isRenewable && (role?.isRenewable ?? true) && entry.kind == .service
        entry.numUses = smallest(wish.numUses, role?.numUses ?? 0)
        entry.ttlSeconds = wish.ttlSeconds
        entry.periodSeconds = smallest(wish.periodSeconds, role?.periodSeconds ?? 0)
        entry.explicitMaxSeconds = smallest(wish.explicitMaxSeconds, role?.explicitMaxSeconds ?? 0)
        // A bound token must not make a free one.
        entry.boundCIDRs = (role?.boundCIDRs).flatMap { $0.isEmpty ? nil : $0 } ?? parent.boundCIDRs
        return entry
    }

    /// The smaller of two limits, of which 0 is none.
    private static func smallest(_ one: Int, _ other: Int) -> Int {
        one == 0 || other == 0 ? max(one, other) : min(one, other)
    }

    private static func checkBatch(_ draft: TokenEntry, _ wish: TokenWish, isOrphan: Bool) throws(TokenAuthError) {
        guard draft.kind == .batch else { return }
        if draft.periodSeconds > 0 { throw .batchWith("period") }
        if draft.numUses > 0 { throw .batchWith("num_uses") }
        if draft.explicitMaxSeconds > 0 { throw .batchWith("explicit_max_ttl") }
        if wish.id != nil { throw .batchWith("id") }
        if draft.isRoot { throw .batchRoot }
    }

    /// Settles how long the token lives; the sentence for the envelope, if it is less than asked for.
    private static func span(
        _ draft: inout TokenEntry, _ parent: TokenEntry, on mount: MountPoint, _ now: Int
    ) throws(TokenAuthError) -> String? {
        if draft.isRoot && draft.ttlSeconds == 0 && draft.periodSeconds == 0 && draft.explicitMaxSeconds == 0 {
            guard parent.expires == 0 else { throw .rootMustEnd }
            draft.isRenewable = false
            return nil
        }
        do throws(LifeRules.PastMax) {
            let span = try draft.rules(on: mount).span(increment: nil, issued: now, now: now)
            draft.ttlSeconds = span.seconds
            return span.warning
        } catch {
            throw .store(.pastMax)
        }
    }

    private func entityID(
        _ wish: TokenWish, _ role: TokenRole?, _ inherited: String, _ command: Command
    ) async throws(TokenAuthError) -> String {
        if wish.entityAlias.isEmpty { return inherited }
        guard let role else { throw .aliasWithoutRole }
        guard role.allows(alias: wish.entityAlias) else { throw .invalidAlias }
        let login = Login(aliasName: wish.entityAlias, displayName: wish.entityAlias)
        do throws(TokenFault) {
            return try await identity.admit(login, at: command.mount.description) ?? ""
        } catch {
            throw .identity(error)
        }
    }
}
