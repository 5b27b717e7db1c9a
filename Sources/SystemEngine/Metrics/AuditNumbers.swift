package import Auditing

/// What the audit devices say of themselves in `sys/metrics`.
package enum AuditNumbers {
    /// The numbers of every device.
    package static func read(_ broker: AuditBroker) -> [Metric] {
        broker.devices.flatMap { wish, status in
            let labels = [("path", wish.path), ("type", wish.type)]
            var numbers = [
                Metric("audit_recording", .gauge, status.fault == nil ? 1 : 0, labels: labels),
                Metric("audit_waiting_bytes", .gauge, Double(status.waitingBytes), labels: labels),
                Metric("audit_entries_recorded_total", .counter, Double(status.recorded), labels: labels),
                Metric("audit_entries_missed_total", .counter, Double(status.missed), labels: labels),
                Metric("audit_failures_total", .counter, Double(status.failures), labels: labels),
            ]
            if let free = status.freeBytes {
                numbers.append(Metric("audit_free_bytes", .gauge, Double(free), labels: labels))
            }
            return numbers
        }
    }
}
