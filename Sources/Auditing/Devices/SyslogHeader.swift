internal import Bytes
internal import Glibc

/// What stands before a message to the system's log. **Source** RFC 3164 §4.1, without the host, as local senders do.
enum SyslogHeader {
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func append(priority: Int, tag: String, to output: inout ByteWriter) {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        output.append("<")
        output.append(decimal: priority)
        output.append(">")
        output.append(months[min(max(Int(local.tm_mon), 0), 11)])
        output.append(local.tm_mday < 10 ? "  " : " ")
        output.append(decimal: Int(local.tm_mday))
        output.append(" ")
        for (index, part) in [local.tm_hour, local.tm_min, local.tm_sec].enumerated() {
            if index > 0 { output.append(":") }
            if part < 10 { output.append("0") }
            output.append(decimal: Int(part))
        }
        output.append(" ")
        output.append(text: tag)
        output.append("[")
        output.append(decimal: Int(getpid()))
        output.append("]: ")
    }
}
