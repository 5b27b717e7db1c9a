/// What a mount of secrets takes at most.
enum KVLimits {
    /// **Units** bytes of a secret's path.
    static let path = 2048
    /// **Units** bytes of a secret: patches must not make it grow without end.
    static let secret = 32 << 20
    /// Versions kept of one secret: all of them are told in one answer, and written again with each version.
    static let versions = 10_000
    /// Versions kept when nobody says how many.
    static let defaultVersions = 10
    /// **Units** seconds: a hundred years.
    static let deleteAfterSeconds = 3_155_760_000
    /// Names in one answer to a list; who has more reads them by pages.
    static let names = 1_000_000
    /// Custom metadata: pairs, and bytes of a name and of a value.
    static let metadataPairs = 64
    static let metadataKey = 128
    static let metadataValue = 512
    /// Versions named in one request.
    static let versionsNamed = 10_000
    /// Times that a change is computed anew because somebody else was faster.
    static let attempts = 16
}
