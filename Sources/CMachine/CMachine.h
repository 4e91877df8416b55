// What Swift has no word for. Static functions of a header are compiled into each module that calls them, under no
// symbol, so that no instruction set can leak from one of the kernels' modules into another.

#ifndef CMACHINE_H
#define CMACHINE_H

/// The square root as the instruction gives it, correctly rounded (IEEE 754). Swift's own `squareRoot()` keeps a
/// call for C's `errno` beside the instruction, which stops the compiler from vectorising the loop around it.
static inline __attribute__((always_inline)) float correctlyRoundedSquareRoot(float x) {
  return __builtin_elementwise_sqrt(x);
}

// The vectors of the kernels' instruction set, `Vector`, `Bits` and `Bytes` in `Sources/Kernels/Vector.swift`: a module
// sees those that it is compiled for.
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float Vector __attribute__((ext_vector_type(LANES)));
typedef int Bits __attribute__((ext_vector_type(LANES)));
typedef unsigned char Bytes __attribute__((ext_vector_type(LANES)));

/// Whole numbers of 32 bits as bytes. Swift's own conversions of vectors are calls that go number by number.
static inline __attribute__((always_inline)) Bytes vectorBytes(Bits numbers) {
  return __builtin_convertvector(numbers, Bytes);
}

/// Bytes as whole numbers of 32 bits.
static inline __attribute__((always_inline)) Bits vectorNumbers(Bytes bytes) {
  return __builtin_convertvector(bytes, Bits);
}

// The average of a 2×2 window's elements after a ReLU, and which of them are above zero. Sums of what was selected, in
// Swift's own vectors, are taken apart lane by lane where a tile surrounds them.

/// `x < 0 ? 0 : x`: NaN stays NaN.
static inline __attribute__((always_inline)) Vector vectorRectified(Vector x) {
  return (Vector)((Bits)x & ~(x < 0.0f));
}

/// The average of a 2×2 window's elements, rows before columns: the columns' sums, the first column's first, times ¼.
static inline __attribute__((always_inline)) Vector vectorAverage(Vector first, Vector second, Vector third,
                                                                  Vector fourth) {
  return ((first + third) + (second + fourth)) * 0.25f;
}

/// Bits 0 to 3: which of a 2×2 window's elements are above zero.
static inline __attribute__((always_inline)) Bits vectorPassing(Vector first, Vector second, Vector third,
                                                                Vector fourth) {
  return ((first > 0.0f) & 1) | ((second > 0.0f) & 2) | ((third > 0.0f) & 4) | ((fourth > 0.0f) & 8);
}

// Two rows shuffled perfectly: the lower or the upper halves of both, lane by lane in turn.
#define SHUFFLE4(a, b, at) __builtin_shufflevector(a, b, at, at + 4, at + 1, at + 5)
#define SHUFFLE8(a, b, at)                                                                                    \
  __builtin_shufflevector(a, b, at, at + 8, at + 1, at + 9, at + 2, at + 10, at + 3, at + 11)
#define SHUFFLE16(a, b, at)                                                                                   \
  __builtin_shufflevector(a, b, at, at + 16, at + 1, at + 17, at + 2, at + 18, at + 3, at + 19, at + 4,        \
                          at + 20, at + 5, at + 21, at + 6, at + 22, at + 7, at + 23)
#if LANES == 16
#define SHUFFLE SHUFFLE16
#elif LANES == 8
#define SHUFFLE SHUFFLE8
#else
#define SHUFFLE SHUFFLE4
#endif

/// A square of as many rows as a vector has lanes, transposed in registers. `stride` and `targetStride` are from a row to
/// the next, in floats. After each perfect shuffle of the rows (first half, second half) a lane's number has moved by one
/// binary digit from the row's to the column's. Swift has no shuffles.
static inline __attribute__((always_inline)) void transposeSquare(const float *source, long stride, float *target,
                                                                  long targetStride) {
  Vector rows[LANES], shuffled[LANES];
  _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++)
      __builtin_memcpy(&rows[i], source + i * stride, sizeof rows[i]);
  _Pragma("clang loop unroll(full)") for (int step = 1; step < LANES; step *= 2) {
    _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES / 2; i++) {
      shuffled[2 * i] = SHUFFLE(rows[i], rows[i + LANES / 2], 0);
      shuffled[2 * i + 1] = SHUFFLE(rows[i], rows[i + LANES / 2], LANES / 2);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) rows[i] = shuffled[i];
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++)
      __builtin_memcpy(target + i * targetStride, &rows[i], sizeof rows[i]);
}

/// The same address, of which the compiler does not know that it is. Otherwise it keeps a pointer for each of a tile's
/// rows, more than there are registers, where the processor adds a multiple of the stride in the same instruction.
static inline __attribute__((always_inline)) const float *unrelated(const float *address) {
  __asm__("" : "+r"(address));
  return address;
}

/// Asks for a cache line that will be read, in the second-level cache: the first has enough to do.
static inline __attribute__((always_inline)) void fetchLine(const float *address) {
  __builtin_prefetch(address, 0, 2);
}

/// Asks for a cache line that will be written.
static inline __attribute__((always_inline)) void fetchLineForWriting(const float *address) {
#if defined(__x86_64__)
  // All processors with AVX2 take it, the oldest as one that does nothing. The builtin would ask for reading.
  __asm__ volatile("prefetchw (%0)" ::"r"(address));
#else
  __builtin_prefetch(address, 1);
#endif
}

/// Tells the processor that this is a waiting loop.
static inline void spinHint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

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
