internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom operator generate-root`.
struct OperatorGenerateRootCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-root", abstract: "Make a root token with the shares of the key.",
        discussion: """
            One begins it and keeps the one-time password; the holders of shares go on with it; the encoded token at \
            the end is decoded with the password.

              strongroom operator generate-root -init
              strongroom operator generate-root -nonce=NONCE
              strongroom operator generate-root -decode=TOKEN -otp=OTP
            """)

    @Argument(help: "A share of the key; it is asked for and not shown when it is left out.")
    var key: String?

    @Flag(name: .customLong("init"), help: "Begin.")
    var begins = false

    @Flag(help: "Give up.")
    var cancel = false

    @Flag(help: "Show how far it is.")
    var status = false

    @Flag(help: "Print a one-time password for -init -otp.")
    var generateOTP = false

    @Option(help: ArgumentHelp("Decode that token with -otp.", valueName: "text"))
    var decode: String?

    @Option(help: ArgumentHelp("One-time password.", valueName: "text"))
    var otp: String?

    @Option(help: ArgumentHelp("Nonce of this run, as -init told it.", valueName: "text"))
    var nonce: String?

    @OptionGroup var shared: SharedOptions

    private static let attempt = "sys/generate-root/attempt"

    func run(_ session: Session) async throws {
        if generateOTP { return try await printPassword(session) }
        if let decode { return try self.decode(decode, session) }
        if cancel {
            try await session.tell(
                ClientRequest(.delete, Self.attempt), "Canceled root token generation (if it was started)")
            return
        }
        if status { return try show(try await session.ask(ClientRequest(.get, Self.attempt)).document ?? [:], session) }
        if begins {
            let body: JSONNode = otp.map { ["otp": .string($0)] } ?? [:]
            let reply = try await session.ask(ClientRequest(.put, Self.attempt, body))
            return try show(reply.document ?? [:], session)
        }
        let known = try await session.quietly(ClientRequest(.get, Self.attempt)).document ?? [:]
        guard known["started"]?.flag == true else {
            throw CommandFault.local(
                "no generation is going on", next: "begin one: strongroom operator generate-root -init")
        }
        let share = try Shares.given(key, session)
        let body: JSONNode = ["key": .string(share), "nonce": .string(nonce ?? known["nonce"]?.text ?? "")]
        let reply = try await session.ask(ClientRequest(.put, "sys/generate-root/update", body))
        try show(reply.document ?? [:], session)
    }

    private func show(_ status: JSONNode, _ session: Session) throws(CommandFault) {
        var rows = [
            ["Nonce", Shown.cell(status["nonce"])], ["Started", Shown.cell(status["started"])],
            ["Progress", "\(Shown.cell(status["progress"]))/\(Shown.cell(status["required"]))"],
            ["Complete", Shown.cell(status["complete"])],
        ]
        if let otp = status["otp"]?.text, !otp.isEmpty {
            rows += [["OTP", otp], ["OTP Length", Shown.cell(status["otp_length"])]]
        }
        if let token = status["encoded_token"]?.text, !token.isEmpty { rows.append(["Encoded Token", token]) }
        try session.printer.show(status, rows: rows)
        if session.isTable, status["encoded_token"]?.text?.isEmpty == false {
            CommandFault.advise("strongroom operator generate-root -decode=TOKEN -otp=OTP", session.console)
        }
    }

    private func printPassword(_ session: Session) async throws {
        let known = try await session.quietly(ClientRequest(.get, Self.attempt)).document ?? [:]
        let length = known["otp_length"]?.integer ?? 28
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        let password = String(
            (0..<max(min(length, 256), 1)).compactMap { _ in letters.randomElement(using: &generator) })
        session.console.say(password)
    }

    /// **Source** system wire facts §3: base64 without padding of the token's bytes XOR those of the password.
    private func decode(_ encoded: String, _ session: Session) throws {
        guard let otp else { throw CommandFault.local("-decode needs -otp") }
        let padded = encoded + String(repeating: "=", count: (4 - encoded.count % 4) % 4)
        guard let bytes = Data(base64Encoded: padded), bytes.count == otp.utf8.count else {
            throw CommandFault.local("the token and the one-time password do not belong together")
        }
        let token = String(decoding: zip(bytes, otp.utf8).map { $0 ^ $1 }, as: UTF8.self)
        try session.printer.show(["token": .string(token)], rows: [["Root Token", token]])
    }
}
