import Testing

@testable import TokenAuth

@Suite("Policies of new tokens")
struct PolicyChoiceTests {
    private static func choose(
        _ asked: [String], parent: [String] = ["a", "b", "default"], root: Bool = false, sudo: Bool = false,
        wantsDefault: Bool = true, role: TokenRole? = nil
    ) throws(TokenAuthError) -> [String] {
        try PolicyChoice(
            asked: asked, parent: root ? ["root"] : parent, isParentRoot: root, isSudo: sudo || root,
            wantsDefault: wantsDefault, role: role
        ).policies()
    }

    @Test("Nothing asked gives the parent's, and default only when the parent has it")
    func inherited() throws {
        #expect(try Self.choose([]) == ["a", "b", "default"])
        #expect(try Self.choose([], wantsDefault: false) == ["a", "b"])
        #expect(try Self.choose([], parent: ["a"]) == ["a"])
        #expect(try Self.choose([], root: true) == ["root"])
    }

    @Test("A child has no policy that its parent lacks, not even default, unless the parent has sudo")
    func subset() throws {
        #expect(try Self.choose(["A", " b "]) == ["a", "b", "default"])
        #expect(throws: TokenAuthError.notSubsetOfParent) { try Self.choose(["a", "c"]) }
        #expect(try Self.choose(["a", "c"], sudo: true) == ["a", "c", "default"])
        #expect(try Self.choose(["a"], parent: ["a"]) == ["a"])
        #expect(throws: TokenAuthError.notSubsetOfParent) { try Self.choose(["default"], parent: ["a"]) }
    }

    @Test("CVE-2025-5999: root by any spelling is for children of root alone", arguments: ["root", " root", "ROOT"])
    func root(name: String) throws {
        #expect(throws: TokenAuthError.notSubsetOfParent) { try Self.choose([name]) }
        #expect(throws: TokenAuthError.needsRootParent) { try Self.choose([name], sudo: true) }
        #expect(try Self.choose(["x", name], root: true) == ["root"])
        var role = TokenRole(name: "r")
        role.allowedGlobs = ["*"]
        #expect(throws: TokenAuthError.needsRootParent) { try Self.choose([name], role: role) }
    }

    @Test("Nobody gives away the policy of wrapping tokens")
    func unassignable() {
        #expect(throws: TokenAuthError.unassignable("response-wrapping")) {
            try Self.choose(["Response-Wrapping"], root: true)
        }
    }

    @Test("A role's lists decide instead of the parent's policies")
    func roles() throws {
        var role = TokenRole(name: "r")
        #expect(throws: TokenAuthError.notSubsetOfParent) { try Self.choose(["p1"], role: role) }
        (role.allowed, role.allowedGlobs) = (["p1", "p2"], ["team-*"])
        #expect(try Self.choose([], role: role) == ["default", "p1", "p2"])
        #expect(try Self.choose(["p1", "team-x"], role: role) == ["default", "p1", "team-x"])
        let fault = TokenAuthError.notSubsetOfRole(asked: ["p9"], allowed: ["p1", "p2", "team-*"])
        #expect(throws: fault) { try Self.choose(["p9"], role: role) }
        role.disallowed = ["p2", "default"]
        #expect(throws: TokenAuthError.disallowedByRole("p2")) { try Self.choose([], role: role) }
        #expect(try Self.choose(["p1"], role: role) == ["p1"])
        (role.allowed, role.allowedGlobs) = ([], [])
        #expect(try Self.choose(["anything"], role: role) == ["anything"])
    }

    @Test("The sentences are those that clients know")
    func sentences() {
        #expect(
            TokenAuthError.notSubsetOfRole(asked: ["p9"], allowed: ["p1", "p2"]).wireText
                == "token policies ([\"p9\"]) must be subset of the role's allowed policies ([\"p1\" \"p2\"])")
        #expect(TokenAuthError.disallowedByRole("p3").wireText == "token policy \"p3\" is disallowed by this role")
        #expect(TokenAuthError.batchWith("period").wireText == "batch tokens cannot have \"period\" set")
    }
}

@Suite("Token roles")
struct TokenRoleTests {
    @Test("A role survives its record; a cut record gives none")
    func record() {
        var role = TokenRole(name: "r")
        (role.allowed, role.boundCIDRs, role.type) = (["a"], ["10.0.0.0/8"], "batch")
        (role.periodSeconds, role.numUses, role.isOrphan) = (5, 6, true)
        let record = role.record
        #expect(TokenRole(name: "r", record: record) == role)
        for length in 0..<record.count { #expect(TokenRole(name: "r", record: Array(record.prefix(length))) == nil) }
    }

    @Test("Names and suffixes are words; globs have a star at either end")
    func words() {
        for good in ["a", "a-b", "a.b_c", "9"] { #expect(TokenRole.isWord(good), "\(good)") }
        for bad in ["", "-a", "a-", "a/b", "a b", ".", "..", "ä"] { #expect(!TokenRole.isWord(bad), "\(bad)") }
        #expect(TokenRole.matches("team-a", glob: "team-*") && !TokenRole.matches("tea", glob: "team-*"))
        #expect(TokenRole.matches("x-ro", glob: "*-ro") && TokenRole.matches("axb", glob: "*x*"))
        #expect(TokenRole.matches("", glob: "*") && !TokenRole.matches("ab", glob: "a"))
    }
}
