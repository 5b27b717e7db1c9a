/// Words that Sources and Tests do without.
enum Wording {
    /// Ways to crash on a surprise: `try!`, `as!`, `fatalError`, a forced unwrap, an implicitly unwrapped optional.
    static func crashes(in file: SourceFile) -> [Finding] {
        file.findings { line in
            if line.contains(#/\btry!/#) { return "try! in Sources" }
            if line.contains(#/\bas!/#) { return "as! in Sources" }
            if line.contains(#/\bfatalError\s*\(/#) { return "fatalError in Sources: throw, or use precondition" }
            guard line.contains("!"), line.contains(#/[\])}>"`\w?]!(?!=)/#) else { return nil }
            return "a forced unwrap in Sources"
        }
    }

    /// `public` and `open`: the product is an executable, `package` is the widest access.
    static func wideAccess(in file: SourceFile) -> [Finding] {
        file.findings { line in
            guard line.contains("public") || line.contains("open") else { return nil }
            let declaration =
                #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+\s+)*?(?:public|open)(?:\(set\))?\s+[a-z@]/#
            return line.contains(declaration) ? "public or open: package is the widest access here" : nil
        }
    }

    /// Work left for later, in code or comment.
    static func leftovers(in file: SourceFile) -> [Finding] {
        zip(1..., file.text).compactMap { number, line in
            line.contains(#/\b(?:TODO|FIXME)\b/#) ? file.finding(number, "work left for later") : nil
        }
    }

    /// Promises about sharing that the compiler does not check and no comment on the line above explains.
    static func unexplainedSharing(in file: SourceFile) -> [Finding] {
        zip(1..., file.code).compactMap { number, line in
            guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)"),
                !file.commented.contains(number - 1)
            else { return nil }
            return file.finding(number, "needs a comment on the line above that names the guard")
        }
    }

    /// Tests that are switched off, and XCTest, which the test command does not run.
    static func switchedOffTests(in file: SourceFile) -> [Finding] {
        file.findings { line in
            if line.contains(".disabled(") || line.contains("XCTSkip") { return "a test that is switched off" }
            return Floors.importedModule(line) == "XCTest" ? "XCTest is not run: use Swift Testing" : nil
        }
    }
}
