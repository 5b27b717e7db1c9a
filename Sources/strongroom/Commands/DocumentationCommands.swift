internal import ArgumentParser
internal import Foundation

/// `strongroom completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print the completion script of a shell.",
        discussion: """
              strongroom completion bash > /etc/bash_completion.d/strongroom
              strongroom completion zsh > "${fpath[1]}/_strongroom"
              strongroom completion fish > ~/.config/fish/completions/strongroom.fish
            """)

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash
        case zsh
        case fish

        var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() { print(Strongroom.completionScript(for: shell.kind)) }
}

/// `strongroom generate-man`.
struct GenerateManCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-man", abstract: "Write the manual pages into a folder.")

    @Argument(help: "Folder, made when it is not there.", completion: .directory)
    var folder: String

    func run() throws {
        guard let tree = CommandTree.load() else { throw CommandFault.local("the commands cannot be read") }
        let place = URL(fileURLWithPath: folder, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for page in ManualPage.all(of: tree) {
                try Data(page.text.utf8).write(to: place.appendingPathComponent(page.name))
            }
        } catch {
            throw CommandFault.local("cannot write to \(folder)")
        }
    }
}
