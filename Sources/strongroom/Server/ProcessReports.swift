internal import Bytes
internal import Dispatching
internal import EngineKit
internal import Foundation
internal import Settings

/// What the process can tell of itself and of its machine.
struct ProcessReports: ServerReports {
    let settings: ServerSettings
    let inFlight: RequestsInFlight
    let identity: ServerIdentity

    var clusterID: String? { identity.clusterID }

    func sanitizedConfiguration() -> JSON { settings.sanitized }

    func requestsInFlight() -> [RequestInFlight] { inFlight.all }

    func versionHistory() async -> [InstalledVersion] { identity.versions }

    func hostInfo() async -> JSON {
        let memory = Self.fields(of: "/proc/meminfo").mapValues { value in
            (Int(value.split(separator: " ").first ?? "") ?? 0) << 10
        }
        let (total, free) = (memory["MemTotal"] ?? 0, memory["MemAvailable"] ?? 0)
        let uptime = Self.text("/proc/uptime").split(separator: ".").first.flatMap { Int($0) } ?? 0
        return .object([
            "timestamp": .string(ISO8601DateFormatter().string(from: Date())),
            "cpu": .array(
                (0..<max(ProcessInfo.processInfo.processorCount, 1)).map { .object(["cpu": .int($0)]) }),
            "memory": .object([
                "total": .int(total), "available": .int(free), "used": .int(max(total - free, 0)),
                "free": .int(memory["MemFree"] ?? 0),
            ]),
            "host": .object([
                "hostname": .string(ProcessInfo.processInfo.hostName), "os": .string("linux"),
                "uptime": .int(uptime), "kernelVersion": .string(Self.text("/proc/sys/kernel/osrelease")),
                "procs": .int(Self.processCount()),
            ]),
        ])
    }

    private static func text(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func fields(of path: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text(path).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    private static func processCount() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.count
    }
}
