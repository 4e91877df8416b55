@testable import Platform
import Testing

/// What the system tells of a folder's file system.
@Suite struct FileSystemTests {
  private static let mounts = """
    22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
    30 22 0:26 / /shared rw,relatime shared:2 - nfs4 server:/export rw,vers=4.2,local_lock=none
    31 22 0:27 / /shared/old rw,relatime - nfs server:/old rw,vers=3,nolock,local_lock=all
    32 22 0:28 / /scratch rw - lustre mds@tcp:/scratch rw,localflock
    33 22 0:29 / /with\\040blank rw - tmpfs tmpfs rw
    34 30 0:30 / /shared rw - ceph mon:/ rw
    broken line
    """

  @Test(arguments: [
    ("/", "ext4", false, false), ("/home/me", "ext4", false, false), ("/sharedness", "ext4", false, false),
    ("/shared", "ceph", true, false), ("/shared/cv", "ceph", true, false),
    ("/shared/old/cv", "nfs", true, true), ("/scratch/cv", "lustre", true, true),
    ("/with blank/cv", "tmpfs", false, false),
  ])
  func mountOfAPath(path: String, type: String, isShared: Bool, locksAreLocal: Bool) {
    let system = fileSystem(ofFileAt: path, mounts: Self.mounts)
    #expect(system?.type == type)
    #expect(system?.isShared == isShared)
    #expect(system?.locksAreLocal == locksAreLocal)
  }

  @Test func nothingIsKnownWithoutMounts() {
    #expect(fileSystem(ofFileAt: "/x", mounts: "") == nil)
    #expect(fileSystem(ofFileAt: "/x", mounts: "1 2 3 / /\n - - - - - - - -") == nil)
    #expect(fileSystem(ofFileAt: "/") != nil)
  }

  /// The affinity mask has a comma after every 32 processors.
  @Test func processorsOfTheAffinityMask() {
    let lines = "Name:\tx\nCpus_allowed:\tf,00000000,ffffffff\nCpus_allowed_list:\t0-31,64-67\n"
    #expect(allowedProcessors(status: lines) == 36)
    #expect(allowedProcessors(status: "Cpus_allowed:\t1\n") == 1)
    #expect(allowedProcessors(status: "Cpus_allowed:\t0\n") == nil)
    #expect(allowedProcessors(status: "Name:\tx\n") == nil)
  }
}
