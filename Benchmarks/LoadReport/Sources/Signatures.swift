internal import Foundation

/// Signatures under keys of one type: over HTTP, single and in batches, and by the library alone.
struct SignatureRow: Codable {
    let name: String
    /// One signature a request, on 16 connections.
    let single: Sample
    /// Several signatures a request, on 4 connections.
    let batch: Sample
    /// How many they are.
    let batchItems: Int
    /// The library's signatures per processor second, message hashed where the scheme wants it.
    let libraryPerProcessorSecond: Double
    /// Signatures per processor second over the library's, the better of single and batch: medians of the rounds.
    let share: Double
    /// The same for single requests alone.
    let singleShare: Double
}

extension Measuring {
    /// Server and library in turns, for each type that has a target. Batches have so many signatures that the request
    /// itself does not count, and so few that wrk sees answers on a busy machine.
    func signatures(_ wrk: Wrk, _ server: Server) throws -> [SignatureRow] {
        let types = [
            ("ed25519", 100, "{\"type\":\"ed25519\"}"), ("ecdsa-p256", 100, "{\"type\":\"ecdsa-p256\"}"),
            ("rsa-2048", 10, "{\"type\":\"rsa-2048\"}"),
            ("ml-dsa-65", 10, "{\"type\":\"ml-dsa\",\"parameter_set\":\"65\"}"),
        ]
        return try types.map { name, batchItems, creation in
            note("sign \(name)")
            let created = server.client.request(
                "POST", "/v1/transit/keys/sign-\(name)", token: token, body: creation)
            guard let created, (200...204).contains(created.0) else { throw LoadFault.unanswered("creating \(name)") }
            return try signatures(name, batchItems, wrk, server)
        }
    }

    private func signatures(
        _ name: String, _ batchItems: Int, _ wrk: Wrk, _ server: Server
    ) throws -> SignatureRow {
        let input = Data(repeating: 0x5A, count: 64).base64EncodedString()
        let item = "{\"input\":\"\(input)\"}"
        let items = Array(repeating: item, count: batchItems).joined(separator: ",")
        let path = "/v1/transit/sign/sign-\(name)"
        let (one, many) = (Shot(path: path, body: item), Shot(path: path, body: "{\"batch_input\":[\(items)]}"))
        _ = try wrk.drive(server, one, connections: 4, seconds: 1)
        var (singles, batches, loops): ([Sample], [Sample], [Double]) = ([], [], [])
        var (shares, singleShares): ([Double], [Double]) = ([], [])
        for _ in 1...rounds {
            let single = try wrk.drive(server, one, connections: 16, seconds: seconds)
            let library: LoopRates = try loop(["--sign", name, "--seconds", "\(seconds)", "--threads", "2"], nil)
            let batch = try wrk.drive(server, many, connections: 4, seconds: seconds)
            let ceiling = library.itemsPerProcessorSecond
            let singleShare = 1e6 / single.processorMicroseconds / ceiling
            singles.append(single)
            batches.append(batch)
            loops.append(ceiling)
            singleShares.append(singleShare)
            shares.append(max(singleShare, Double(batchItems) * 1e6 / batch.processorMicroseconds / ceiling))
        }
        return SignatureRow(
            name: name, single: singles.median, batch: batches.median, batchItems: batchItems,
            libraryPerProcessorSecond: loops.median,
            share: shares.median, singleShare: singleShares.median)
    }
}

extension Report {
    /// Signatures per processor second, and what HTTP leaves of the library's.
    var signatureTable: String {
        var table = Table(
            "signatures of 64 B", "single req/s", "CPU us/req", "share", "in batches: sig/s", "sig/CPU s", "library",
            "share")
        for row in signatures {
            let batchRate = Double(row.batchItems) * 1e6 / row.batch.processorMicroseconds
            table.add(
                row.name, row.single.requestsPerSecond.short, row.single.processorMicroseconds.text(1),
                (row.singleShare * 100).text(0) + " %",
                (row.batch.requestsPerSecond * Double(row.batchItems)).short, batchRate.short,
                row.libraryPerProcessorSecond.short, (row.share * 100).text(0) + " %")
        }
        return table.text
    }
}
