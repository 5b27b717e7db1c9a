internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// A client of the HTTP interface. **Concurrency** from any task; connections are kept and shared.
package final class APIClient: Sendable {
    /// What it was made with.
    package let settings: ClientSettings
    /// Where it asks.
    package let address: ServerAddress
    private let http: HTTPClient

    /// A client for those settings; nothing is connected yet. **Throws** what is wrong with the settings.
    package init(_ settings: ClientSettings) throws(ClientFault) {
        self.settings = settings
        address = try ServerAddress(settings.address)
        let isClean = { (text: String?) in text?.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ?? true }
        guard isClean(settings.token) else { throw .badToken }
        guard isClean(settings.namespace) else { throw .badSetting("namespace", "printable ASCII without spaces") }
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(Int64(min(settings.timeoutSeconds, 10)))))
        if address.kind == .https { configuration.tlsConfiguration = try TLSFiles.configuration(settings) }
        if let name = settings.serverName, !name.isEmpty { configuration.dnsOverride = [name: address.host] }
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connections
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections; the last call.
    package func shutdown() async { try? await http.shutdown() }

    /// Asks, again after a pause where that may help, and answers whatever the server said. **Throws** when there was
    /// no answer.
    package func send(_ request: ClientRequest) async throws(ClientFault) -> ClientReply {
        var attempt = 0
        while true {
            let outcome: Result<ClientReply, ClientFault>
            do throws(ClientFault) { outcome = .success(try await once(request)) } catch { outcome = .failure(error) }
            guard attempt < settings.retries, mayPass(outcome, request.verb) else { return try outcome.get() }
            let pause = settings.firstPauseMilliseconds << min(attempt, 6)
            attempt += 1
            do { try await Task.sleep(for: .milliseconds(pause + pause * Int.random(in: 0..<25) / 100)) } catch {
                return try outcome.get()
            }
        }
    }

    /// Asks, and throws `.refused` unless the answer is a success.
    package func ask(_ request: ClientRequest) async throws(ClientFault) -> ClientReply {
        let reply = try await send(request)
        guard reply.isGood else { throw .refused(reply.status, reply.errors, request.verb.rawValue, request.path) }
        return reply
    }

    /// Whether the same request may fare better in a moment. A refusal that says "sealed" will not.
    private func mayPass(_ outcome: Result<ClientReply, ClientFault>, _ verb: ClientRequest.Verb) -> Bool {
        switch outcome {
        case .success(let reply):
            switch reply.status {
            case 429, 502, 504: !reply.errors.contains { $0.contains("sealed") }
            case 503: !reply.errors.contains { $0.contains("sealed") }
            // What a handler refuses with 500 was perhaps half done: only what changes nothing is asked again.
            case 500: verb.isHarmless
            default: false
            }
        case .failure(.timedOut): verb.isHarmless
        // Nothing was sent: the server may just be starting.
        case .failure(.unreachable(_, ClientFault.connectionRefused)): true
        case .failure: false
        }
    }

    private func once(_ request: ClientRequest) async throws(ClientFault) -> ClientReply {
        let (status, bytes) = try await receive(request) { body throws in
            Array(buffer: try await body.collect(upTo: self.settings.largestReplyBytes))
        }
        return ClientReply(status: status, bytes: bytes)
    }

    /// Asks for something long and hands it on piece by piece; a refusal is thrown as one.
    package func download(
        _ request: ClientRequest, _ piece: @Sendable ([UInt8]) throws -> Void
    ) async throws -> Int {
        let total = Mutex(0)
        let (status, bytes) = try await receive(request, inTime: 24 * 3600) { body throws in
            var kept: [UInt8] = []
            for try await part in body {
                let bytes = Array(buffer: part)
                if kept.count < 4096 { kept += bytes.prefix(4096 - kept.count) }
                try piece(bytes)
                total.withLock { $0 += bytes.count }
            }
            return kept
        }
        let reply = ClientReply(status: status, bytes: bytes)
        guard reply.isGood else { throw ClientFault.refused(status, reply.errors, request.verb.rawValue, request.path) }
        return total.withLock { $0 }
    }

    private func receive(
        _ request: ClientRequest, inTime seconds: Int? = nil,
        _ read: (HTTPClientResponse.Body) async throws -> [UInt8]
    ) async throws(ClientFault) -> (Int, [UInt8]) {
        let seconds = seconds ?? settings.timeoutSeconds
        do {
            let deadline = NIODeadline.now() + .seconds(Int64(seconds))
            let response = try await http.execute(wire(request), deadline: deadline)
            return (Int(response.status.code), try await read(response.body))
        } catch {
            throw TransportFaults.fault(error, at: address.text, seconds: seconds, limit: settings.largestReplyBytes)
        }
    }

    /// The headers of a request, in the order in which they are sent.
    package func headers(_ request: ClientRequest) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = [("X-Vault-Request", "true")]
        if let token = request.token ?? settings.token, !token.isEmpty { headers.append(("X-Vault-Token", token)) }
        if let namespace = settings.namespace, !namespace.isEmpty {
            headers.append(("X-Vault-Namespace", namespace))
        }
        if let time = request.wrapTTL ?? settings.wrapTTL, !time.isEmpty { headers.append(("X-Vault-Wrap-TTL", time)) }
        if request.body != nil || request.bytes != nil { headers.append(("Content-Type", request.contentType)) }
        return headers
    }

    private func wire(_ request: ClientRequest) -> HTTPClientRequest {
        var wire = HTTPClientRequest(url: url(request.target))
        wire.method = HTTPMethod(rawValue: request.verb.rawValue)
        for header in headers(request) { wire.headers.add(name: header.name, value: header.value) }
        if let bytes = request.bytes {
            wire.body = .bytes(ByteBuffer(bytes: bytes))
        } else if let body = request.body {
            wire.body = .bytes(ByteBuffer(string: body.compact))
        }
        return wire
    }

    private func url(_ target: String) -> String {
        switch address.kind {
        case .http: return "http://\(address.authority(address.host))\(address.base)\(target)"
        case .https:
            let name = settings.serverName.flatMap { $0.isEmpty ? nil : $0 } ?? address.host
            return "https://\(address.authority(name))\(address.base)\(target)"
        case .unix(let path):
            let hidden = path.utf8.map { byte in
                let isPlain =
                    byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
                return isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "http+unix://\(hidden.joined())\(target)"
        }
    }
}
