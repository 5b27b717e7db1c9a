internal import Bytes
package import EngineKit
internal import Glibc
internal import Vocabulary

/// `sys/metrics`: for Prometheus, or as JSON in the field's form. **Source** system wire facts §12.
package enum MetricsSection {
    private static let fields = FieldTable("format")

    /// The section.
    package static func make(_ board: MetricsBoard, traffic: any TrafficReports) -> SystemSection {
        SystemSection([
            SectionPath(
                "metrics", opensBy: .openMetrics,
                read: { (request, _) throws(SectionFault) in
                    guard !request.client.rules.contains(.noMetrics) else { throw .unsupportedPath }
                    let fields = try parameters(request, fields)
                    let format = try reading { () throws(ParameterFault) in try fields.string(0) } ?? ""
                    guard ["", "json", "prometheus"].contains(format) else {
                        throw SectionFault(.invalidRequest, "format must be \"prometheus\" or \"json\"")
                    }
                    return .later(.read) { (body) async throws(SectionFault) in
                        let metrics = await board.read() + ProcessNumbers.read() + requests(traffic)
                        var reply = EngineReply(form: .bare)
                        if format == "prometheus" {
                            reply.contentType = "text/plain; version=0.0.4"
                            PrometheusText.write(metrics, traffic.durations, to: &body)
                        } else {
                            json(metrics, traffic.durations).write(into: &body)
                        }
                        return reply
                    }
                }
            ).told(
                "Numbers about the server.",
                .read(
                    "Shows them.", takes: [.choice("format", ["json", "prometheus"], "json by default.")],
                    gives: .bare([])),
                .read(
                    "Shows them to Prometheus.", takes: [.choice("format", ["json", "prometheus"])],
                    gives: .file("text/plain")))
        ])
    }

    private static func requests(_ traffic: any TrafficReports) -> [Metric] {
        traffic.traffic.flatMap { mount in
            mount.counts.map { count in
                Metric(
                    "requests_total", .counter, Double(count.count),
                    labels: [
                        ("mount", mount.path), ("type", mount.type), ("operation", count.operation),
                        ("status", "\(count.statusClass)xx"),
                    ])
            }
        }
    }

    private static func json(_ metrics: [Metric], _ durations: DurationHistogram) -> JSON {
        func list(_ kind: Metric.Kind, _ valueName: String) -> JSON {
            .array(
                metrics.filter { $0.kind == kind }.map { metric in
                    .object([
                        "Name": .string("strongroom." + metric.name),
                        valueName: .raw(PrometheusText.number(metric.value)),
                        "Labels": .object(
                            Dictionary(
                                metric.labels.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 })),
                    ])
                })
        }
        let (ranges, sum) = durations.counts
        let count = ranges.reduce(0, +)
        let sample = JSON.object([
            "Name": .string("strongroom.request_duration"), "Count": .int(count),
            "Sum": .raw(PrometheusText.number(Double(sum) / 1000)),
            "Mean": .raw(PrometheusText.number(count == 0 ? 0 : Double(sum) / 1000 / Double(count))),
            "Labels": .object([:]),
        ])
        return .object([
            "Timestamp": .string(SystemPaths.timestamp(time(nil))), "Gauges": list(.gauge, "Value"),
            "Counters": list(.counter, "Count"), "Points": .array([]), "Samples": .array([sample]),
        ])
    }
}

/// The text form of metrics. **Source** Prometheus exposition format 0.0.4.
enum PrometheusText {
    private static let prefix = "strongroom_"

    static func write(_ metrics: [Metric], _ durations: DurationHistogram, to output: inout ByteWriter) {
        // All numbers of a name stand together, below one line that tells their type.
        var names: [String] = []
        var groups: [String: [Metric]] = [:]
        for metric in metrics {
            if groups[metric.name] == nil { names.append(metric.name) }
            groups[metric.name, default: []].append(metric)
        }
        for name in names {
            guard let group = groups[name], let first = group.first else { continue }
            output.append(text: "# TYPE \(prefix)\(name) \(first.kind == .counter ? "counter" : "gauge")\n")
            for metric in group {
                output.append(text: prefix + name + labels(metric.labels) + " " + number(metric.value) + "\n")
            }
        }
        write(durations, to: &output)
    }

    private static func write(_ durations: DurationHistogram, to output: inout ByteWriter) {
        let (ranges, sum) = durations.counts
        let name = prefix + "request_duration_seconds"
        output.append(text: "# TYPE \(name) histogram\n")
        var count = 0
        for (index, range) in ranges.enumerated() {
            count += range
            let limit =
                index < DurationHistogram.limits.count
                ? number(Double(DurationHistogram.limits[index]) / 1_000_000) : "+Inf"
            output.append(text: "\(name)_bucket{le=\"\(limit)\"} \(count)\n")
        }
        output.append(text: "\(name)_sum \(number(Double(sum) / 1_000_000))\n\(name)_count \(count)\n")
    }

    private static func labels(_ labels: [(name: String, value: String)]) -> String {
        if labels.isEmpty { return "" }
        let texts = labels.map { label in
            let value = label.value.unicodeScalars.map { scalar in
                switch scalar {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(scalar)
                }
            }
            return "\(label.name)=\"\(value.joined())\""
        }
        return "{" + texts.joined(separator: ",") + "}"
    }

    /// A number without an exponent where it is whole.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }
}

/// What the system says of the process.
enum ProcessNumbers {
    static func read() -> [Metric] {
        var usage = rusage()
        var result: [Metric] = []
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000_000
            result.append(Metric("process_cpu_seconds_total", .counter, seconds))
        }
        if let pages = residentPages() {
            result.append(Metric("process_resident_memory_bytes", .gauge, Double(pages * sysconf(Int32(_SC_PAGESIZE)))))
        }
        return result
    }

    private static func residentPages() -> Int? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        let words = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }
}
