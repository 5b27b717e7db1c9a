/// How to reach a server, and as whom.
package struct ClientSettings: Sendable {
    /// Where it is.
    package var address = "http://127.0.0.1:8200"
    /// The token to show; nil or empty for none.
    package var token: String?
    /// The namespace to ask in.
    package var namespace: String?
    /// Wrap every answer for that long.
    package var wrapTTL: String?
    /// A PEM file of certificates to trust instead of the system's.
    package var authorityFile: String?
    /// A folder of PEM files of certificates to trust.
    package var authorityFolder: String?
    /// A PEM file with our certificate and its chain.
    package var certificateFile: String?
    /// A PEM file with the private key of our certificate.
    package var keyFile: String?
    /// The name to ask for and to expect in the certificate, when it is not that of the address.
    package var serverName: String?
    /// Trust any certificate.
    package var skipsVerification = false
    /// Seconds that one request may take.
    package var timeoutSeconds = 60
    /// How often a request is sent again after a failure that may pass.
    package var retries = 2
    /// Milliseconds of the first pause between two tries; each next one is twice as long.
    package var firstPauseMilliseconds = 250
    /// Largest answer in bytes.
    package var largestReplyBytes = 256 * 1024 * 1024
    /// Requests at once.
    package var connections = 8

    /// The defaults.
    package init() {}

    /// What the environment says, `STRONGROOM_` before `VAULT_`. **Throws** `.badSetting`.
    package init(environment: [String: String]) throws(ClientFault) {
        self.init(environment: environment, ())
        let variables = ClientEnvironment(environment)
        skipsVerification = try variables.flag("SKIP_VERIFY") ?? false
        if let seconds = try variables.seconds("CLIENT_TIMEOUT"), seconds > 0 { timeoutSeconds = seconds }
        if let count = try variables.count("MAX_RETRIES") { retries = count }
    }

    private init(environment: [String: String], _: Void) {
        let variables = ClientEnvironment(environment)
        if let text = variables["ADDR"] { address = text }
        token = variables["TOKEN"]
        namespace = variables["NAMESPACE"]
        wrapTTL = variables["WRAP_TTL"]
        authorityFile = variables["CACERT"]
        authorityFolder = variables["CAPATH"]
        certificateFile = variables["CLIENT_CERT"]
        keyFile = variables["CLIENT_KEY"]
        serverName = variables["TLS_SERVER_NAME"]
    }
}
