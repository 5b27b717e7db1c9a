/// How a device is.
package struct DeviceStatus: Sendable, Equatable {
    /// Why it does not record now; nil when it does.
    package var fault: SinkFault?
    /// How often it has stopped recording.
    package var failures = 0
    /// Entries that it has not recorded while others may have.
    package var missed = 0
    /// Entries that it has recorded since it was enabled or loaded.
    package var recorded = 0
    /// Bytes that wait for it.
    package var waitingBytes = 0
    /// Room left, in bytes; nil where that means nothing.
    package var freeBytes: Int?
    /// The state of its hash chain, in hex; empty without one.
    package var chainHead = ""

    /// A device that has done nothing yet.
    package init() {}
}
