// What Swift has no word for. Static functions of a header are compiled into each module that calls them, under no
// symbol, so that no instruction set can leak from one of the kernels' modules into another.

#ifndef CMACHINE_H
#define CMACHINE_H

/// The square root as the instruction gives it, correctly rounded (IEEE 754). Swift's own `squareRoot()` keeps a
/// call for C's `errno` beside the instruction, which stops the compiler from vectorising the loop around it.
static inline __attribute__((always_inline)) float correctlyRoundedSquareRoot(float x) {
  return __builtin_elementwise_sqrt(x);
}

// Whole numbers of 32 bits as bytes and back. Swift's own conversions of vectors are calls that go number by number.
#define VECTOR(type, count) type __attribute__((ext_vector_type(count)))
#define CONVERSIONS(count)                                                                                    \
  static inline __attribute__((always_inline)) VECTOR(unsigned char, count)                                   \
      bytes##count(VECTOR(int, count) numbers) {                                                              \
    return __builtin_convertvector(numbers, VECTOR(unsigned char, count));                                    \
  }                                                                                                           \
  static inline __attribute__((always_inline)) VECTOR(int, count)                                             \
      numbers##count(VECTOR(unsigned char, count) bytes) {                                                    \
    return __builtin_convertvector(bytes, VECTOR(int, count));                                                \
  }
CONVERSIONS(4)
CONVERSIONS(8)
CONVERSIONS(16)

// The average of a 2×2 window's elements after a ReLU, and which of them are above zero. Sums of what was selected, in
// Swift's own vectors, are taken apart lane by lane where a tile surrounds them.
#define AVERAGES(count)                                                                                       \
  static inline __attribute__((always_inline)) VECTOR(float, count)                                           \
      rectified##count(VECTOR(float, count) x) {                                                              \
    return (VECTOR(float, count))((VECTOR(int, count))x & ~(x < 0.0f));                                       \
  }                                                                                                           \
  static inline __attribute__((always_inline)) VECTOR(float, count)                                           \
      average##count(VECTOR(float, count) first, VECTOR(float, count) second, VECTOR(float, count) third,     \
                     VECTOR(float, count) fourth) {                                                           \
    return ((first + third) + (second + fourth)) * 0.25f;                                                     \
  }                                                                                                           \
  static inline __attribute__((always_inline)) VECTOR(int, count)                                             \
      passing##count(VECTOR(float, count) first, VECTOR(float, count) second, VECTOR(float, count) third,     \
                     VECTOR(float, count) fourth) {                                                           \
    return ((first > 0.0f) & 1) | ((second > 0.0f) & 2) | ((third > 0.0f) & 4) | ((fourth > 0.0f) & 8);       \
  }
AVERAGES(4)
AVERAGES(8)
AVERAGES(16)

// A square of as many rows as a vector has lanes, transposed in registers: after each perfect shuffle of the rows (first
// half, second half) a lane's number has moved by one binary digit from the row's to the column's. Swift has no shuffles.
#define SHUFFLE4(a, b, at) __builtin_shufflevector(a, b, at, at + 4, at + 1, at + 5)
#define SHUFFLE8(a, b, at)                                                                                    \
  __builtin_shufflevector(a, b, at, at + 8, at + 1, at + 9, at + 2, at + 10, at + 3, at + 11)
#define SHUFFLE16(a, b, at)                                                                                   \
  __builtin_shufflevector(a, b, at, at + 16, at + 1, at + 17, at + 2, at + 18, at + 3, at + 19, at + 4,        \
                          at + 20, at + 5, at + 21, at + 6, at + 22, at + 7, at + 23)
#define TRANSPOSITION(count)                                                                                  \
  static inline __attribute__((always_inline)) void transpose##count(                                         \
      const float *source, long stride, float *target, long targetStride) {                                   \
    VECTOR(float, count) rows[count], shuffled[count];                                                        \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)                                        \
        __builtin_memcpy(&rows[i], source + i * stride, sizeof rows[i]);                                      \
    _Pragma("clang loop unroll(full)") for (int step = 1; step < count; step *= 2) {                          \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < count / 2; i++) {                                \
        shuffled[2 * i] = SHUFFLE##count(rows[i], rows[i + count / 2], 0);                                    \
        shuffled[2 * i + 1] = SHUFFLE##count(rows[i], rows[i + count / 2], count / 2);                        \
      }                                                                                                       \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) rows[i] = shuffled[i];               \
    }                                                                                                         \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)                                        \
        __builtin_memcpy(target + i * targetStride, &rows[i], sizeof rows[i]);                                \
  }
TRANSPOSITION(4)
TRANSPOSITION(8)
TRANSPOSITION(16)

/// The same address, of which the compiler does not know that it is. Otherwise it keeps a pointer for each of a tile's
/// rows, more than there are registers, where the processor adds a multiple of the stride in the same instruction.
static inline __attribute__((always_inline)) const float *unrelated(const float *address) {
  __asm__("" : "+r"(address));
  return address;
}

/// Tells the processor that this is a waiting loop.
static inline void spinHint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__linux__)
/// glibc declares it for `_GNU_SOURCE` alone, which Swift's view of glibc lacks.
extern int sched_getaffinity(int process, unsigned long size, void *mask);

/// How many processors this process may run on; 0 if the system does not say.
static inline int affinityCount(void) {
  unsigned long mask[128];
  for (int i = 0; i < 128; i++) mask[i] = 0;
  if (sched_getaffinity(0, sizeof mask, mask) != 0) return 0;
  int count = 0;
  for (int i = 0; i < 128; i++) count += __builtin_popcountl(mask[i]);
  return count;
}
#endif

#if defined(__x86_64__)
#include <cpuid.h>

/// The processor's x86-64 level, 1 to 4, as the System V psABI numbers them (3 has AVX2 and fused multiply-add, 4
/// has AVX-512F, BW, CD, DQ and VL); 1 stands for everything below 3. A level counts only if the operating system
/// saves its registers.
static inline int x86Level(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
  const unsigned leaf1 = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C | bit_POPCNT | bit_SSE4_2;
  if ((c & leaf1) != leaf1) return 1;
  unsigned saved, high;
  __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  if ((saved & 0x6) != 0x6) return 1;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
  const unsigned leaf7 = bit_AVX2 | bit_BMI | bit_BMI2;
  if ((b & leaf7) != leaf7) return 1;
  const unsigned wide = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  const unsigned features = b;
  if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(c & bit_LZCNT)) return 1;
  return (features & wide) == wide && (saved & 0xe6) == 0xe6 ? 4 : 3;
}
#endif

#endif
