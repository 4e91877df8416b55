// The emulated program: it maps the tests' memory at the address that the tests have it at, and then computes what it is
// asked for, one call after another. A call comes on standard input, its number, the size of its operands and the operands
// themselves, pointers and all; a byte on standard output says that it is done.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// The table of calls, in Swift; false for operands of another size than they have here.
extern _Bool compute(uint32_t number, uint32_t size, const void *operands);

static int read_whole(void *target, size_t size) {
  while (size > 0) {
    ssize_t count = read(0, target, size);
    if (count <= 0) return 0;
    target = (char *)target + count;
    size -= (size_t)count;
  }
  return 1;
}

// Arguments: the memory's file, its address and its size.
int main(int count, char **arguments) {
  if (count != 4) return 64;
  void *address = (void *)strtoull(arguments[2], 0, 10);
  int file = open(arguments[1], O_RDWR);
  void *memory = mmap(address, strtoull(arguments[3], 0, 10), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
  if (memory != address) {
    perror("the tests' memory can't be mapped");
    return 1;
  }
  static _Alignas(64) char operands[4096];
  uint32_t header[2];
  while (read_whole(header, sizeof header)) {
    if (header[1] > sizeof operands || !read_whole(operands, header[1])) return 65;
    if (!compute(header[0], header[1], operands)) {
      fprintf(stderr, "call %u has operands of another size than %u\n", header[0], header[1]);
      return 65;
    }
    if (write(1, "", 1) != 1) return 1;
  }
  return 0;
}
