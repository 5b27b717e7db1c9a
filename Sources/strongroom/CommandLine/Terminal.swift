internal import Foundation

/// What the output goes to, and what may be done with it there.
struct Terminal: Sendable {
    /// Whether the standard output is a terminal.
    let isInteractive: Bool
    /// Whether the standard error is a terminal.
    let errorIsInteractive: Bool
    /// Whether the standard input is a terminal.
    let inputIsInteractive: Bool
    /// Whether colours may be used.
    let hasColour: Bool
    /// Whether colours may be used on the standard error.
    let errorHasColour: Bool

    init(environment: [String: String] = ProcessInfo.processInfo.environment, noColour: Bool = false) {
        isInteractive = isatty(1) == 1
        errorIsInteractive = isatty(2) == 1
        inputIsInteractive = isatty(0) == 1
        let isPlain =
            noColour || environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
            || environment["STRONGROOM_NO_COLOR"]?.isEmpty == false
            || environment["VAULT_CLI_NO_COLOR"]?.isEmpty == false
        hasColour = isInteractive && !isPlain
        errorHasColour = errorIsInteractive && !isPlain
    }

    /// Columns of the terminal; 80 where there is none.
    var width: Int {
        var size = winsize()
        for descriptor: Int32 in [1, 2] where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return 80
    }
}

/// How a piece of text looks. **Source** ECMA-48 §8.3.117.
enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case cyan = "36"
    case boldRed = "1;31"
    case boldGreen = "1;32"

    func apply(_ text: String, _ isOn: Bool) -> String { isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text }
}

/// The two outputs of a command.
struct Console: Sendable {
    let terminal: Terminal

    /// A line of the result.
    func say(_ text: String) { Self.write(text + "\n", to: 1) }

    /// Text of the result without a line end.
    func put(_ text: String) { Self.write(text, to: 1) }

    /// Bytes of the result.
    func put(_ bytes: [UInt8]) { Self.write(bytes, to: 1) }

    /// A line beside the result.
    func note(_ text: String) { Self.write(text + "\n", to: 2) }

    /// Text beside the result, without a line end.
    func hint(_ text: String) { Self.write(text, to: 2) }

    /// A line that says that all went well.
    func success(_ text: String) { say(styled("Success!", .boldGreen) + " " + text) }

    /// The text in that look, where the standard output has colours.
    func styled(_ text: String, _ style: Style) -> String { style.apply(text, terminal.hasColour) }

    /// The text in that look, where the standard error has colours.
    func styledError(_ text: String, _ style: Style) -> String { style.apply(text, terminal.errorHasColour) }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var at = 0
            while at < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + at }, buffer.count - at)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return }
                at += count
            }
        }
    }
}
