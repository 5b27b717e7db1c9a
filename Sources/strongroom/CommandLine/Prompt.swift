internal import Foundation

/// Questions to the user.
enum Prompt {
    /// A line that is not shown while it is typed. Without a terminal, the first line of the standard input.
    static func secret(_ question: String, _ console: Console) throws(CommandFault) -> String {
        guard console.terminal.inputIsInteractive else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw .local("nothing on the standard input for \"\(question)\"")
            }
            return line
        }
        console.hint("\(question) (will be hidden): ")
        var before = termios()
        tcgetattr(0, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &before)
            console.note("")
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else { throw .local("nothing was typed") }
        return line
    }

    /// A line that is shown.
    static func line(_ question: String, _ console: Console) throws(CommandFault) -> String {
        if console.terminal.inputIsInteractive { console.hint("\(question): ") }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw .local("nothing was given for \"\(question)\"")
        }
        return line
    }

    /// Yes or no; no without a terminal.
    static func agrees(_ question: String, _ console: Console) -> Bool {
        guard console.terminal.inputIsInteractive else { return false }
        console.hint("\(question) [y/N] ")
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
