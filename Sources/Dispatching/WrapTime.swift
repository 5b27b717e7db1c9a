internal import Bytes
internal import Vocabulary

/// The header `X-Vault-Wrap-TTL`. **Source** system wire facts §9.
enum WrapTime {
    /// Seconds that the answer is to be wrapped for; 0 for none. What is less than a second counts as one: an answer
    /// that was to be wrapped must not go out in clear.
    static func seconds(_ header: ByteView) throws(DispatchFault) -> Int {
        if header.isEmpty { return 0 }
        guard header.count <= 64, let seconds = DurationText.seconds(header.string), seconds >= 0 else {
            throw .wrapTime
        }
        if seconds > 0 { return seconds }
        let isNothing = header.array.allSatisfy { !(0x31...0x39).contains($0) }
        return isNothing ? 0 : 1
    }
}
