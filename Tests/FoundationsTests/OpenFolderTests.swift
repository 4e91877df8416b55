import Foundations
import Platform
import TestSupport
import Testing

@Suite struct OpenFolderTests {
  @Test func linksAreNeitherFollowedNorTakenForFolders() throws {
    try withTemporaryFolder { folder in
      try makeFolders("\(folder)/a/b")
      try makeFolders("\(folder)/elsewhere")
      try write("kept", to: "\(folder)/elsewhere/x")
      try write("gone", to: "\(folder)/a/b/x")
      symlink("../elsewhere", "\(folder)/a/link")
      symlink("nowhere", "\(folder)/a/dangling")
      mkfifo("\(folder)/a/pipe", 0o600)
      let open = try OpenFolder("\(folder)/a")
      #expect(try open.names() == ["b", "dangling", "link", "pipe"])
      #expect(open.kind(of: "b") == .folder && open.kind(of: "link") == .link)
      #expect(open.kind(of: "dangling") == .link && open.kind(of: "pipe") == .other)
      #expect(open.kind(of: "none") == nil && open.folder("link") == nil && open.folder("pipe") == nil)
      #expect(open.folder("b")?.kind(of: "x") == .file)
      try open.removeFile("link/x")
      try open.removeFile("none/x")
      try open.removeEmptyFolder("b")
      #expect(try files(in: "\(folder)/elsewhere").keys.sorted() == ["x"])
      #expect(open.folder("b")?.kind(of: "x") == .file)
      try open.removeFile("b/x")
      try open.removeFile("b/x")
      try open.removeEmptyFolder("b")
      #expect(try open.names() == ["dangling", "link", "pipe"])
      #expect(message(of: .missingInput) { try OpenFolder("\(folder)/none") }.contains("no such file"))
    }
  }

  /// A slash before a combining mark, with which it is one Character, parts names as any other.
  @Test func namesOfAPath() throws {
    let paths = [
      ("a", ["a"]), ("a/b", ["a", "b"]), ("/runs//a/", ["runs", "a"]), ("/", []), ("", []),
      ("a/\u{301}b/c", ["a", "\u{301}b", "c"]),
    ]
    for (path, names) in paths {
      #expect(pathNames(path) == names)
      #expect(lastName(path) == names.last ?? path)
    }
    try withTemporaryFolder { folder in
      try makeFolders("\(folder)/a/\u{301}b/c")
      #expect(isFolder("\(folder)/a/\u{301}b/c"))
    }
  }

  @Test func theEnclosingFolder() {
    for (path, folder) in [("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b", "/a"), ("a/\u{301}b", "a")] {
      #expect(enclosingFolder(path) == folder)
    }
    #expect(withoutFinalSlash("-a/") == "./-a" && withoutFinalSlash("/") == "/")
    #expect(withoutFinalSlash("-\u{301}a/") == "./-\u{301}a" && withoutFinalSlash("a") == "a")
    #expect(isAbsolute("/\u{301}a") && isAbsolute("/") && !isAbsolute("a/b") && !isAbsolute(""))
  }
}
