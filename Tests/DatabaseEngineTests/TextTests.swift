import TestAids
import Testing

@testable import DatabaseEngine

struct TextTests {
    private func fill(_ text: String, _ name: String, _ dialect: StatementDialect = .postgreSQL) throws -> [String] {
        try StatementTemplate.fill(text, ["name": name, "password": "p'w\"\\"], dialect)
    }

    @Test func `Statements are cut at their semicolons, and nowhere else`() throws {
        let text = """
            CREATE ROLE "{{name}}"; -- a comment; with one
            SELECT ';', $$ ; $$, $f$ ; $$ $f$, E'\\';' /* ; /* ; */ */;
            GRANT x TO {{name}}
            """
        let statements = try fill(text, "bob")
        #expect(statements.count == 3)
        #expect(statements[0] == "CREATE ROLE \"bob\"" && statements[2] == "GRANT x TO bob")
        #expect(try fill("A `;` 'x\\';'; B # ;\n", "bob", .mySQL).count == 2)
        for open in ["'", "\"", "$$", "/*", "$a$"] {
            #expect(throws: DatabaseFault.self) { try fill("SELECT \(open) {{name}}", "bob") }
        }
        #expect(throws: DatabaseFault.self) { try fill("SELECT {{nothing}}", "bob") }
    }

    @Test func `CVE_2023_0620 a value cannot leave its place in a statement`() throws {
        let evil = "x\"; DROP TABLE t; --'"
        #expect(try fill("CREATE ROLE \"{{name}}\"", evil) == ["CREATE ROLE \"x\"\"; DROP TABLE t; --'\""])
        #expect(try fill("ALTER ROLE x PASSWORD '{{password}}'", "n") == ["ALTER ROLE x PASSWORD 'p''w\"\\'"])
        #expect(try fill("SELECT E'{{password}}'", "n") == ["SELECT E'p''w\"\\\\'"])
        #expect(try fill("SELECT '{{password}}'", "n", .mySQL) == ["SELECT 'p''w\"\\\\'"])
        for place in ["{{name}}", "$${{name}}$$", "/*{{name}}*/", "--{{name}}", "`{{name}}`"] {
            #expect(throws: DatabaseFault.self) { try fill("GRANT a TO \(place)", evil) }
        }
        #expect(try fill("GRANT a TO `{{name}}`", "a`b", .mySQL) == ["GRANT a TO `a``b`"])
        #expect(throws: DatabaseFault.self) { try fill("ACL {{name}}", "a b", .words) }
    }

    @Test func `CVE_2026_39946 random names always come out of quotes as they went in`() throws {
        for seed in Seeds.all {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<2000 {
                let name = (0..<random.int(1...12)).map { _ in
                    random.pick(["'", "\"", "\\", ";", "`", "$$", "--", "/*", "a", "é", "{{name}}", "\n"])
                }.joined()
                let single = try fill("S '{{name}}'", name)
                #expect(
                    single == [
                        "S '" + name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
                            + "'"
                    ])
                let double = try fill("S \"{{name}}\"", name)
                #expect(double.count == 1 && double[0].hasSuffix("\""))
                let my = try fill("S '{{name}}' \"{{name}}\" `{{name}}`", name, .mySQL)
                #expect(my.count == 1)
            }
        }
    }

    @Test func `Names of users follow their template`() throws {
        let facts = UsernameTemplate.Facts(displayName: "a-long-display-name", roleName: "readonly", unixSeconds: 99)
        let usual = try UsernameTemplate.fill(UsernameTemplate.usual, facts)
        let parts = usual.split(separator: "-", omittingEmptySubsequences: false)
        #expect(usual.hasPrefix("v-a-long-d-readonly-") && usual.hasSuffix("-99") && usual.utf8.count <= 63)
        #expect(parts[parts.count - 2].count == 20)
        #expect(try UsernameTemplate.fill("x_{{.RoleName | uppercase}}_{{unix_time}}", facts) == "x_READONLY_99")
        #expect(try UsernameTemplate.fill("{{ .DisplayName | replace \"-\" \"_\" | truncate 6 }}", facts) == "a_long")
        #expect(try UsernameTemplate.fill("{{ printf \"%s%%%d\" (.RoleName | truncate 2) 7 }}", facts) == "re%7")
        #expect(try UsernameTemplate.fill("{{ .DisplayName | truncate_sha256 12 }}", facts).utf8.count == 12)
        for bad in [
            "", "{{", "{{ }}", "{{ nothing }}", "{{ .Nothing }}", "{{ random 0 }}", "{{ random }}", "{{ (((( }}",
            "{{ \"x }}", "{{ printf \"%s\" }}", "{{ printf \"%x\" 1 }}", "{{ replace \"\" \"a\" \"b\" }}",
            String(repeating: "{{ (", count: 500), String(repeating: "a", count: 300),
        ] {
            #expect(throws: UsernameTemplate.Fault.self, "\(bad.prefix(20))") { try UsernameTemplate.fill(bad, facts) }
        }
    }

    @Test func `A schedule names its next time`() throws {
        func next(_ text: String, _ after: Int) -> Int? { RotationSchedule(text)?.next(after: after) }
        // 2026-11-27 05:20:00 UTC, a Friday.
        let now = 1_795_756_800
        #expect(next("* * * * *", now) == now + 60)
        #expect(next("30 * * * *", now) == now + 600)
        #expect(next("0 0 * * SAT", now) == 1_795_824_000)
        #expect(next("0 0 1 jan *", now) == 1_798_761_600)
        #expect(next("*/15 6-7 * * 1-5", now) == now + 2400)
        #expect(next("0 0 29 2 *", now) == 1_835_395_200)
        #expect(next("@daily", now) == 1_795_824_000)
        for bad in [
            "", "* * * *", "60 * * * *", "* 24 * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 31 2 *",
            "-1 * * * *",
        ] {
            #expect(RotationSchedule(bad) == nil, "\(bad)")
        }
    }

    @Test func `Passwords have some of each kind, and a URL is shown without its own`() throws {
        for _ in 0..<200 {
            let password = try #require(RandomText.password())
            #expect(password.count == 20 && password.contains("-") && !password.hasPrefix("-"))
            #expect(password.contains(where: \.isUppercase) && password.contains(where: \.isNumber))
        }
        let masked = DatabaseSecrets.masked
        #expect(
            masked("postgresql://{{username}}:{{password}}@h:1/d") == "postgresql://{{username}}:{{password}}@h:1/d")
        #expect(masked("postgresql://u:secret@h:1/d") == "postgresql://u:*****@h:1/d")
        #expect(masked("u:se/c@ret@tcp(h:1)/d") == "u:*****@tcp(h:1)/d")
        #expect(masked("host=h password=secret user=x") == "host=h password=***** user=x")
    }
}
