internal import Barrier
internal import Bytes
internal import Primitives
internal import Settings

/// The seal that the configuration asks for.
struct SealChoice {
    /// The automatic seal, or nil for Shamir. A stanza that is disabled is one that the server migrates away from.
    let seal: (any Seal)?
    /// The other server, for a transit seal.
    let provider: HTTPTransitSealClient?

    init(_ settings: ServerSettings) throws(StartFault) {
        switch settings.seals.first(where: { !$0.isDisabled })?.kind {
        case nil, .shamir: (seal, provider) = (nil, nil)
        case .static(let settings): (seal, provider) = (try Self.seal(settings), nil)
        case .transit(let settings):
            let client = try HTTPTransitSealClient(settings)
            (seal, provider) = (TransitSeal(keyName: settings.keyName, client: client), client)
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
