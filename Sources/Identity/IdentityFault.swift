package import Vocabulary

/// What can go wrong with identity.
package enum IdentityFault: WireFault, Equatable {
    /// Nothing of that id.
    case entityMissing, groupMissing, aliasMissing
    /// Names that are taken.
    case entityNameTaken, groupNameTaken, aliasTaken
    /// The policy root among an entity's or a group's.
    case rootPolicy
    /// A name or a piece of metadata that is empty, too long, or has control characters.
    case malformedName, malformedMetadata
    /// No mount has that accessor; an alias must say more.
    case invalidAccessor(String)
    case aliasIncomplete
    case invalidCanonicalID
    /// Groups.
    case invalidGroupType(String)
    case groupTypeFixed
    case externalMembers
    case externalSubgroups
    case internalAlias
    case invalidMember(String)
    case invalidMemberGroup(String)
    case cycle(String)
    /// Merging.
    case mergeIntoItself, mergeTargetInvalid, mergeSourcesMissing
    case mergeSourceInvalid(String)
    case mergeConflict
    /// Look-ups that ask nothing.
    case queryMissing
    /// More than the limit.
    case tooMany(what: String, limit: Int)
    /// Storage did not answer, or no random bytes were to be had.
    case storage, noRandomness

    package var faultClass: FaultClass {
        switch self {
        case .storage, .noRandomness: .unavailable
        default: .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .entityMissing: "entity not found from id"
        case .groupMissing: "invalid group ID"
        case .aliasMissing: "invalid alias ID provided"
        case .entityNameTaken: "entity name is already in use"
        case .groupNameTaken: "group name is already in use"
        case .aliasTaken: "alias with combination of mount accessor and name is already in use"
        case .rootPolicy: "policies cannot contain root"
        case .malformedName: "names are not empty, have at most 512 bytes and no control characters"
        case .malformedMetadata:
            "metadata has at most 64 keys of 1 to 128 bytes and values of at most 512, without control characters"
        case .invalidAccessor(let accessor): "invalid mount accessor \"\(accessor)\""
        case .aliasIncomplete: "'id' or 'mount_accessor' and 'name' must be provided"
        case .invalidCanonicalID: "invalid canonical ID"
        case .invalidGroupType(let type): "invalid group type \"\(type)\""
        case .groupTypeFixed: "group type cannot be changed"
        case .externalMembers: "member entities can't be set manually for external groups"
        case .externalSubgroups: "member groups can't be set for external groups"
        case .internalAlias: "alias can't be set on an internal group"
        case .invalidMember(let id): "invalid entity ID \"\(id)\""
        case .invalidMemberGroup(let id): "invalid group ID \"\(id)\""
        case .cycle(let id): "cyclic relationship detected for member group ID \"\(id)\""
        case .mergeIntoItself: "to_entity_id should not be present in from_entity_ids"
        case .mergeTargetInvalid: "entity id to merge to is invalid"
        case .mergeSourcesMissing: "missing entity ids to merge from"
        case .mergeSourceInvalid: "entity id to merge from is invalid"
        case .mergeConflict:
            "entities have aliases of the same mount; give 'force' to keep those of the entity that is merged to"
        case .queryMissing: "query parameter not supplied"
        case .tooMany(let what, let limit): "more than the limit of \(limit) \(what)"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        }
    }
}
