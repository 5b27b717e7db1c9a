internal import Bytes
internal import KeyRings

/// What becomes of items that are their input and nothing else.
enum SoleItems: Sendable {
    /// They take the way of all items.
    case asOthers
    /// They are plaintexts, and the messages were counted.
    case sealed(UsageGrant)
    /// They are ciphertexts.
    case opened(KeyRing)

    /// Does it, item after item.
    var run: SoleRun {
        switch self {
        case .asOthers: SoleRun()
        case .sealed(let grant): SoleRun(sealing: grant.sealingRun())
        case .opened(let ring):
            SoleRun(opening: OpeningRun(ring, head: "{\"plaintext\":\"", tail: "\",\"reference\":\"\"}"))
        }
    }
}

/// One of the two runs, or none.
struct SoleRun: ~Copyable {
    private var sealing: SealingRun?
    private var opening: OpeningRun?

    init(sealing: consuming SealingRun? = nil, opening: consuming OpeningRun? = nil) {
        self.sealing = sealing
        self.opening = opening
    }

    /// Appends the result for an input; false, and nothing appended, where that takes more than the run.
    @inline(__always)
    mutating func append(_ input: ByteView, to body: inout ByteWriter) -> Bool {
        sealing?.append(input, to: &body) ?? opening?.append(input, to: &body) ?? false
    }
}
