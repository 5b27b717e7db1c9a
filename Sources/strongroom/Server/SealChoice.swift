internal import Barrier
internal import Bytes
internal import Primitives
internal import Settings

/// The seal that the configuration asks for.
enum SealChoice {
    /// The automatic seal, or nil for Shamir. A stanza that is disabled is one that the server migrates away from.
    static func seal(_ settings: ServerSettings) throws(StartFault) -> (any Seal)? {
        guard let stanza = settings.seals.first(where: { !$0.isDisabled }) else { return nil }
        switch stanza.kind {
        case .shamir: return nil
        case .static(let settings): return try seal(settings)
        case .transit: throw .seal("this release has no seal \"transit\" yet")
        }
    }

    private static func seal(_ settings: StaticSealSettings) throws(StartFault) -> StaticSeal {
        var previous: [(id: String, source: StaticKeySource)] = []
        if let id = settings.previousKeyID, let key = settings.previousKey { previous = [(id, .given(key.copy))] }
        do throws(SealError) {
            return try StaticSeal(
                currentID: settings.currentKeyID, current: .given(settings.currentKey.copy), previous: previous)
        } catch {
            throw .seal("a key of the static seal does not have 32 bytes, or two keys have one name")
        }
    }
}

extension SecretSetting {
    fileprivate var copy: KeyShare { exposing { KeyShare(copying: $0) } }
}
