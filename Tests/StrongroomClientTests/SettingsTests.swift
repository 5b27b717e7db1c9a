import StrongroomClient
import Testing

@Suite struct ClientSettingsTests {
    @Test func `the house's own variables win over the field's`() throws {
        let settings = try ClientSettings(environment: [
            "VAULT_ADDR": "http://a:1", "STRONGROOM_ADDR": "http://b:2", "VAULT_TOKEN": "t", "STRONGROOM_TOKEN": "",
            "VAULT_SKIP_VERIFY": "true", "VAULT_CLIENT_TIMEOUT": "2m", "VAULT_MAX_RETRIES": "0",
        ])
        #expect(settings.address == "http://b:2")
        #expect(settings.token == "t")
        #expect(settings.skipsVerification)
        #expect(settings.timeoutSeconds == 120)
        #expect(settings.retries == 0)
    }

    @Test(arguments: [["VAULT_SKIP_VERIFY": "maybe"], ["STRONGROOM_CLIENT_TIMEOUT": "-1"], ["VAULT_MAX_RETRIES": "x"]])
    func `a variable that means nothing is named`(environment: [String: String]) {
        #expect {
            try ClientSettings(environment: environment)
        } throws: { error in
            guard case .badSetting(let name, _) = error as? ClientFault else { return false }
            return environment[name] != nil
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8200", "http://127.0.0.1:8200"), ("https://h", "https://h:443"),
        ("https://h/base/", "https://h:443/base"), ("http://[::1]:1", "http://[::1]:1"),
        ("unix:///run/s", "unix:///run/s"),
    ])
    func `an address is read`(text: String, shown: String) throws {
        #expect(try ServerAddress(text).text == shown)
    }

    @Test(arguments: ["", "127.0.0.1:8200", "ftp://h", "http://", "unix://run", "http://u:p@h", "http://h?x"])
    func `an address that cannot be used is refused`(text: String) {
        #expect(throws: ClientFault.self) { try ServerAddress(text) }
    }

    @Test func `paths are encoded byte by byte and lose what stands before them`() {
        #expect(ClientRequest(.get, "/v1/secret/a b%/ü").target == "/v1/secret/a%20b%25/%C3%BC")
        var request = ClientRequest(.list, "x")
        request.query = [("after", "a&b")]
        #expect(request.target == "/v1/x?after=a%26b")
    }
}
