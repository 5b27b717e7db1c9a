internal import Barrier
internal import Settings

/// The seal that the configuration asks for.
enum SealChoice {
    /// The automatic seal, or nil for Shamir. A stanza that is disabled is one that the server migrates away from.
    static func seal(_ settings: ServerSettings) throws(StartFault) -> (any Seal)? {
        guard let stanza = settings.seals.first(where: { !$0.isDisabled }) else { return nil }
        return try seal(stanza)
    }

    private static func seal(_ stanza: SealSettings) throws(StartFault) -> (any Seal)? {
        switch stanza.kind {
        case .shamir: return nil
        case .static(let settings):
            var previous: [(id: String, source: StaticKeySource)] = []
            if let id = settings.previousKeyID, let key = settings.previousKey {
                previous = [(id, .given(key.copy()))]
            }
            do throws(SealError) {
                return try StaticSeal(
                    currentID: settings.currentKeyID, current: .given(settings.currentKey.copy()), previous: previous)
            } catch {
                throw .seal("the key of the static seal is not 32 bytes, as such, in hex or in base64")
            }
        case .transit(let settings):
            return TransitSeal(keyName: settings.keyName, client: HTTPTransitSealClient(settings))
        }
    }
}

extension SecretSetting {
    fileprivate func copy() -> KeyShare { exposing { KeyShare(copying: $0) } }
}
